//! Which rate to try next: a search for the highest one that holds, by one pattern of arrivals.
//!
//! The pattern is the same at every rate, only faster or slower, so that what holds at a rate mostly holds at every lower one
//! too. A single measurement may be wrong all the same: the two rates that a search comes to are measured once more, and a third
//! time where the two disagree. A rate that turns out to lie on the other side moves the search there, upwards as well as down.

use super::tried::{RateOutcome, Tried};
use crate::analyze::document::{BracketEnd, RateBracket};

/// By how much the first steps go up or down while only one side is known.
const STRIDE: f64 = 2.0;
/// Measurements that confirm or refute another one, in one search at most: where nothing is settled by then, nothing will be.
const AGAIN_MOST: usize = 12;

/// What is known so far, of one phase and one pattern of arrivals.
#[derive(Clone, Debug)]
pub struct Search {
    start: f64,
    /// A bracket this narrow ends the search: its upper end ÷ its lower one.
    precision: f64,
    /// Rates that can be asked for.
    least: f64,
    most: f64,
    /// Whether the start is about right.
    near: bool,
    tried: Vec<Tried>,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// Measure this rate, in requests a second; perhaps once more.
    Try(f64),
    /// Nothing: what was found is in the bracket.
    End(BracketEnd),
}

impl Search {
    /// Begins at a rate about which nothing is known. Rates are positive, `precision` is above 1.
    pub fn new(start: f64, precision: f64, least: f64, most: f64) -> Self {
        Search { start: start.clamp(least, most), precision, least, most, near: false, tried: Vec::new() }
    }

    /// Begins at an end of the bracket that another pattern ended with.
    pub fn near(&self, rate: f64) -> Self {
        Search { start: rate.clamp(self.least, self.most), near: true, tried: Vec::new(), ..*self }
    }

    /// Notes what a measurement showed.
    pub fn take(&mut self, rate: f64, outcome: RateOutcome, repetition: u32) {
        let known = self.tried.iter_mut().find(|tried| tried.rate == rate);
        match known {
            Some(tried) => tried.take(outcome, repetition),
            None => {
                let mut tried = Tried::new(rate);
                tried.take(outcome, repetition);
                self.tried.push(tried);
            }
        }
    }

    /// The rate to try next, or the end.
    pub fn next(&self) -> Next {
        let may_again = self.tried.iter().map(Tried::again).sum::<usize>() < AGAIN_MOST;
        if let Some(open) = self.tried.iter().find(|tried| tried.says().is_none()) {
            return if may_again { Next::Try(open.rate) } else { Next::End(BracketEnd::Unsettled) };
        }
        let (lower, upper) = self.ends();
        let end = match (lower, upper) {
            (None, None) => return Next::Try(self.start),
            (Some(lower), Some(upper)) if !self.is_narrow(lower, upper) => {
                return Next::Try((lower.rate * upper.rate).sqrt());
            }
            (Some(_), Some(_)) => BracketEnd::Precision,
            (Some(lower), None) if lower.rate < self.most => {
                return Next::Try((lower.rate * self.step(true)).min(self.most));
            }
            (Some(_), None) => BracketEnd::Highest,
            (None, Some(upper)) if upper.rate > self.least => {
                return Next::Try((upper.rate / self.step(false)).max(self.least));
            }
            (None, Some(_)) => BracketEnd::Lowest,
        };
        let unsure = [upper, lower].into_iter().flatten().find(|end| !end.is_sure());
        let both_confirmed = [upper, lower].into_iter().flatten().all(Tried::is_confirmed);
        match unsure {
            Some(unsure) if may_again => Next::Try(unsure.rate),
            Some(_) => Next::End(BracketEnd::Unsettled),
            None if upper.is_some_and(|upper| upper.says() == Some(RateOutcome::ClientLate)) => {
                Next::End(BracketEnd::ClientLate)
            }
            None if end == BracketEnd::Precision && !both_confirmed => Next::End(BracketEnd::Unconfirmed),
            None => Next::End(end),
        }
    }

    /// What is known when it ends, or has to.
    pub fn bracket(&self, pattern: u32, ended_by: BracketEnd) -> RateBracket {
        let (lower, upper) = self.ends();
        let lowest = |outcome| {
            self.saying(outcome).reduce(|one, other| if one.rate < other.rate { one } else { other })
        };
        let fails = lowest(RateOutcome::Fails);
        let late = upper.filter(|upper| upper.says() == Some(RateOutcome::ClientLate));
        RateBracket {
            pattern,
            holds_rps: lower.map(|lower| lower.rate),
            fails_rps: fails.map(|fails| fails.rate),
            holds_repetitions: lower.map_or_else(Vec::new, |lower| lower.holds.clone()),
            fails_repetitions: fails.map_or_else(Vec::new, |fails| fails.fails.clone()),
            client_late_rps: late.map(|late| late.rate),
            ended_by,
        }
    }

    fn saying(&self, outcome: RateOutcome) -> impl Iterator<Item = &Tried> {
        self.tried.iter().filter(move |tried| tried.says() == Some(outcome))
    }

    /// The highest rate that holds below every one that does not, and the lowest that does not or that the client cannot send.
    fn ends(&self) -> (Option<&Tried>, Option<&Tried>) {
        let beyond = self.saying(RateOutcome::Fails).chain(self.saying(RateOutcome::ClientLate));
        let upper = beyond.reduce(|one, other| if one.rate < other.rate { one } else { other });
        let below = |tried: &&Tried| upper.is_none_or(|upper| tried.rate < upper.rate);
        let holding = self.saying(RateOutcome::Holds).filter(below);
        (holding.reduce(|one, other| if one.rate > other.rate { one } else { other }), upper)
    }

    fn is_narrow(&self, lower: &Tried, upper: &Tried) -> bool {
        upper.rate / lower.rate <= self.precision * (1.0 + 1e-9)
    }

    /// A step outwards. From where something is known each is the square of the one before, for nothing is near where the last
    /// one was wrong.
    fn step(&self, up: bool) -> f64 {
        let contested = self.tried.iter().filter(|tried| tried.is_contested()).map(|tried| tried.rate);
        let contested = if up { contested.reduce(f64::max) } else { contested.reduce(f64::min) };
        if contested.is_none() && !self.near {
            return STRIDE;
        }
        let from = contested.unwrap_or(self.start);
        let beyond =
            self.tried.iter().filter(|one| if up { one.rate > from } else { one.rate < from }).count();
        self.precision.powi(1 << beyond.min(8)).min(STRIDE)
    }
}

#[cfg(test)]
mod tests {
    use RateOutcome::{ClientLate, Fails, Holds};
    use proptest::prelude::*;

    use super::*;

    /// Follows a search on a server that answers as it is told to; what came of it, and after how many measurements.
    fn follow(mut search: Search, mut says: impl FnMut(f64) -> RateOutcome) -> (RateBracket, u32) {
        for repetition in 1..200 {
            match search.next() {
                Next::Try(rate) => search.take(rate, says(rate), repetition),
                Next::End(end) => return (search.bracket(1, end), repetition - 1),
            }
        }
        panic!("no end after two hundred measurements");
    }

    fn up_to(truth: f64) -> impl FnMut(f64) -> RateOutcome {
        move |rate| if rate <= truth { Holds } else { Fails }
    }

    fn fresh() -> Search {
        Search::new(50.0, 1.05, 0.1, 100_000.0)
    }

    fn ends(bracket: &RateBracket) -> (f64, f64) {
        bracket.holds_rps.zip(bracket.fails_rps).unwrap_or_else(|| panic!("{bracket:?}"))
    }

    proptest! {
        #[test]
        fn the_bracket_holds_the_truth_and_is_as_narrow_as_asked(start in 0.2_f64..5_000.0, truth in 1.0_f64..10_000.0) {
            let search = Search::new(start, 1.05, 0.1, 100_000.0);
            let (found, measured) = follow(search.clone(), up_to(truth));
            let (holds, fails) = ends(&found);
            prop_assert!(holds <= truth && truth < fails && fails / holds <= 1.05 * 1.000_001, "{holds} {fails}");
            prop_assert!(found.ended_by == BracketEnd::Precision && measured <= 26, "{found:?} {measured}");
            prop_assert_eq!((found.holds_repetitions.len(), found.fails_repetitions.len()), (2, 2));
            // What one pattern has shown spares the next one most of its measurements.
            let (again, few) = follow(search.near(holds), up_to(truth));
            prop_assert!(again.ended_by == BracketEnd::Precision && few <= 5, "{again:?} after {few}");
        }

        #[test]
        fn a_pattern_that_differs_a_little_is_found_in_a_few_steps(truth in 10.0_f64..1_000.0, other in 0.8_f64..1.25) {
            let (found, few) = follow(fresh().near(truth), up_to(truth * other));
            let (holds, fails) = ends(&found);
            prop_assert!(holds <= truth * other && truth * other < fails);
            prop_assert!(few <= 9, "{few}");
        }

        #[test]
        fn one_wrong_measurement_moves_nothing(truth in 10.0_f64..1_000.0, wrong in 1_u32..25) {
            let (mut n, mut right) = (0, up_to(truth));
            let (found, _) = follow(fresh(), |rate| {
                n += 1;
                match (n == wrong, right(rate)) {
                    (true, Holds) => Fails,
                    (true, _) => Holds,
                    (false, right) => right,
                }
            });
            let (holds, fails) = ends(&found);
            prop_assert!(holds <= truth && truth < fails && fails / holds <= 1.05 * 1.000_001, "{found:?} {truth}");
        }
    }

    /// The search is as often too high as too low, where measurements near the truth are a matter of luck.
    #[test]
    fn luck_favours_neither_side() {
        let mut random = crate::stats::SplitMix64::new(7);
        let mut logs = 0.0;
        for _ in 0..400 {
            let (found, _) = follow(fresh(), |rate| {
                // Fails with a probability that rises from 0 at 90 to 1 at 110.
                let chance = random.unit();
                if (rate - 90.0) / 20.0 > chance { Fails } else { Holds }
            });
            let (holds, fails) = ends(&found);
            logs += (holds * fails).sqrt().ln();
        }
        let mean = (logs / 400.0).exp();
        assert!((98.5..101.5).contains(&mean), "{mean}");
    }

    #[test]
    fn the_ends_of_what_can_be_tried_are_ends() {
        let search = Search::new(10.0, 1.05, 1.0, 64.0);
        let (above, _) = follow(search.clone(), up_to(1e9));
        assert_eq!(
            (above.holds_rps, above.fails_rps, above.ended_by),
            (Some(64.0), None, BracketEnd::Highest)
        );
        let (below, _) = follow(search, up_to(0.1));
        assert_eq!((below.holds_rps, below.fails_rps, below.ended_by), (None, Some(1.0), BracketEnd::Lowest));
    }

    #[test]
    fn a_rate_that_fails_while_the_client_is_late_is_tried_again_and_is_no_limit_of_the_server() {
        let late_above = |most: f64, truth: f64| {
            move |rate| match rate {
                rate if rate <= truth.min(most) => Holds,
                rate if rate > most => ClientLate,
                _ => Fails,
            }
        };
        let (client, _) = follow(fresh(), late_above(300.0, 1e9));
        assert_eq!((client.fails_rps, client.ended_by), (None, BracketEnd::ClientLate), "{client:?}");
        assert!(client.holds_rps.is_some_and(|holds| (280.0..300.0).contains(&holds)), "{client:?}");
        let late = client.client_late_rps.expect("it is named");
        assert!((300.0..320.0).contains(&late), "{client:?}");
        let (server, _) = follow(fresh(), late_above(300.0, 210.0));
        assert_eq!((server.client_late_rps, server.ended_by), (None, BracketEnd::Precision));
        // Late whenever the end that fails is measured again: one measurement is all that is known of it.
        let mut tried = Vec::new();
        let (unconfirmed, _) = follow(fresh(), |rate| {
            let again = tried.contains(&rate);
            tried.push(rate);
            if again && rate > 100.0 { ClientLate } else { up_to(100.0)(rate) }
        });
        assert_eq!(unconfirmed.ended_by, BracketEnd::Unconfirmed, "{unconfirmed:?}");
        assert_eq!(unconfirmed.fails_repetitions.len(), 1, "{unconfirmed:?}");
        // Late once: what the second measurement says counts.
        let mut first = true;
        let (once, _) = follow(fresh(), |rate| {
            if rate > 100.0 && std::mem::take(&mut first) { ClientLate } else { up_to(120.0)(rate) }
        });
        assert!(ends(&once).0 <= 120.0 && ends(&once).1 > 120.0, "{once:?}");
    }

    #[test]
    fn what_never_agrees_ends_and_says_so() {
        let mut n = 0;
        let (found, measured) = follow(fresh(), |_| {
            n += 1;
            [Holds, Fails, Holds, Fails, Fails][n % 5]
        });
        assert!(measured < 60, "{measured}");
        assert!([BracketEnd::Unsettled, BracketEnd::Precision].contains(&found.ended_by), "{found:?}");
    }
}
