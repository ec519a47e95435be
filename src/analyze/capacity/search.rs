//! Which rate to try next: a search for the highest one that holds, by one pattern of arrivals.
//!
//! The pattern is the same at every rate, only faster or slower, so that what holds at a rate mostly holds at every lower one
//! too. Where it does not, the lowest rate that fails counts: nobody promises a rate below which the SLA is missed.

/// By how much the first steps go up or down while only one side is known.
const STRIDE: f64 = 2.0;

/// What is known so far, of one phase and one pattern of arrivals.
#[derive(Clone, Debug)]
pub struct Search {
    start: f64,
    /// A bracket this narrow ends the search: its upper end ÷ its lower one.
    precision: f64,
    /// Rates that can be asked for.
    least: f64,
    most: f64,
    /// How far the next step outwards goes.
    stride: f64,
    tried: Vec<(f64, bool)>,
}

/// What to do next, or what came of it. Rates in requests a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// Measure this rate.
    Try(f64),
    /// It lies between the two: the first one holds, the second one does not.
    Between(f64, f64),
    /// Even this rate, the lowest that can be tried, does not hold.
    Below(f64),
    /// Even this rate, the highest that can be tried, holds.
    Above(f64),
}

impl Search {
    /// Begins at a rate about which nothing is known. Rates are positive, `precision` is above 1.
    pub fn new(start: f64, precision: f64, least: f64, most: f64) -> Self {
        Search { start: start.clamp(least, most), precision, least, most, stride: STRIDE, tried: Vec::new() }
    }

    /// Begins at the bracket that another pattern ended with.
    pub fn near(&self, holds: f64) -> Self {
        let stride = self.precision;
        Search { start: holds.clamp(self.least, self.most), stride, tried: Vec::new(), ..*self }
    }

    /// Notes what a measurement showed.
    pub fn take(&mut self, rate: f64, holds: bool) {
        self.tried.push((rate, holds));
    }

    /// The rate to try next, or the end.
    pub fn next(&self) -> Next {
        let fails = self.tried.iter().filter(|(_, holds)| !holds).map(|(rate, _)| *rate).reduce(f64::min);
        let below = |rate: &f64| fails.is_none_or(|fails| *rate < fails);
        let holding = self.tried.iter().filter(|(_, holds)| *holds).map(|(rate, _)| *rate);
        match (holding.filter(below).reduce(f64::max), fails) {
            (None, None) => Next::Try(self.start),
            (Some(holds), Some(fails)) if fails / holds <= self.precision * (1.0 + 1e-9) => {
                Next::Between(holds, fails)
            }
            (Some(holds), Some(fails)) => Next::Try((holds * fails).sqrt()),
            (Some(holds), None) if holds >= self.most => Next::Above(holds),
            (Some(holds), None) => Next::Try((holds * self.step()).min(self.most)),
            (None, Some(fails)) if fails <= self.least => Next::Below(fails),
            (None, Some(fails)) => Next::Try((fails / self.step()).max(self.least)),
        }
    }

    /// What is known when time is up: the highest rate that holds, and the lowest above it that does not.
    pub fn bracket(&self) -> (Option<f64>, Option<f64>) {
        let fails = self.tried.iter().filter(|(_, holds)| !holds).map(|(rate, _)| *rate).reduce(f64::min);
        let holding =
            self.tried.iter().filter(|(rate, holds)| *holds && fails.is_none_or(|fails| *rate < fails));
        (holding.map(|(rate, _)| *rate).reduce(f64::max), fails)
    }

    /// A step outwards: each is the square of the one before, for nothing is near where the last one was wrong.
    fn step(&self) -> f64 {
        let outwards = self.tried.len().saturating_sub(1).min(8) as i32;
        if self.stride >= STRIDE { STRIDE } else { self.stride.powi(1 << outwards).min(STRIDE) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Follows a search on a server that holds up to a rate; how it ended, and after how many measurements.
    fn follow(mut search: Search, holds_to: f64) -> (Next, usize) {
        for measured in 0..100 {
            match search.next() {
                Next::Try(rate) => search.take(rate, rate <= holds_to),
                end => return (end, measured),
            }
        }
        panic!("no end after a hundred measurements");
    }

    proptest! {
        #[test]
        fn the_bracket_holds_the_truth_and_is_as_narrow_as_asked(start in 0.2_f64..5_000.0, truth in 1.0_f64..10_000.0) {
            let search = Search::new(start, 1.05, 0.1, 100_000.0);
            let (end, measured) = follow(search.clone(), truth);
            let Next::Between(holds, fails) = end else { return Err(TestCaseError::fail(format!("{end:?}"))) };
            prop_assert!(holds <= truth && truth < fails && fails / holds <= 1.05 * 1.000_001, "{holds} {fails}");
            prop_assert!(measured <= 24, "{measured}");
            // What one pattern has shown spares the next one most of its measurements.
            let (again, few) = follow(search.near(holds), truth);
            prop_assert!(matches!(again, Next::Between(..)) && few <= 3, "{again:?} after {few}");
        }

        #[test]
        fn a_pattern_that_differs_a_little_is_found_in_a_few_steps(truth in 10.0_f64..1_000.0, other in 0.8_f64..1.25) {
            let search = Search::new(50.0, 1.05, 0.1, 100_000.0);
            let (end, few) = follow(search.near(truth), truth * other);
            prop_assert!(matches!(end, Next::Between(holds, fails) if holds <= truth * other && truth * other < fails));
            prop_assert!(few <= 7, "{few}");
        }
    }

    #[test]
    fn the_ends_of_what_can_be_tried_are_ends() {
        assert_eq!(follow(Search::new(10.0, 1.05, 1.0, 64.0), 1e9).0, Next::Above(64.0));
        assert_eq!(follow(Search::new(10.0, 1.05, 1.0, 64.0), 0.1).0, Next::Below(1.0));
    }

    #[test]
    fn a_rate_that_holds_above_one_that_fails_does_not_count() {
        let mut search = Search::new(10.0, 1.5, 1.0, 64.0);
        for (rate, holds) in [(10.0, true), (20.0, false), (25.0, true), (14.0, true)] {
            search.take(rate, holds);
        }
        assert_eq!(search.next(), Next::Between(14.0, 20.0));
        assert_eq!(search.bracket(), (Some(14.0), Some(20.0)));
    }
}
