//! What a search exits with: whether the after phase holds what it must.

use crate::analyze::document::{BracketEnd, HighestRate, RateBracket};
use crate::model::Exit;

/// A failure where no rate was found to hold at all. Where a rate was asked for: missed unless the after phase is shown to hold
/// it, and in doubt where nothing but the client is in the way of showing it.
pub fn exit(before: &HighestRate, after: &HighestRate, least: Option<f64>) -> Exit {
    let Some(least) = least else {
        let mut brackets = before.brackets.iter().chain(&after.brackets);
        return if brackets.any(|one| one.holds_rps.is_some()) { Exit::Success } else { Exit::Failed };
    };
    if lowest(after).is_some_and(|lowest| lowest >= least) {
        return Exit::Success;
    }
    let refuted = |one: &RateBracket| {
        one.ended_by == BracketEnd::Lowest || one.fails_rps.is_some_and(|fails| fails <= least)
    };
    let client = after.brackets.iter().any(|one| one.ended_by == BracketEnd::ClientLate);
    if client && !after.brackets.iter().any(refuted) { Exit::InDoubt } else { Exit::Missed }
}

/// What it is shown to hold: the lower end of its interval, else the least of its patterns; nothing where one holds none.
fn lowest(rate: &HighestRate) -> Option<f64> {
    let holds: Option<Vec<f64>> = rate.brackets.iter().map(|one| one.holds_rps).collect();
    let least = holds.and_then(|holds| holds.into_iter().reduce(f64::min));
    rate.ci95_rps.map(|interval| interval.lo).or(least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Interval;

    fn rate(brackets: &[(Option<f64>, Option<f64>, BracketEnd)]) -> HighestRate {
        let bracket =
            |(holds_rps, fails_rps, ended_by): &(Option<f64>, Option<f64>, BracketEnd)| RateBracket {
                pattern: 1,
                holds_rps: *holds_rps,
                fails_rps: *fails_rps,
                holds_repetitions: Vec::new(),
                fails_repetitions: Vec::new(),
                client_late_rps: None,
                ended_by: *ended_by,
            };
        HighestRate {
            strategy: String::new(),
            rate_rps: None,
            ci95_rps: None,
            at_least_rps: None,
            below_rps: None,
            knee_rps: None,
            brackets: brackets.iter().map(bracket).collect(),
        }
    }

    #[test]
    fn what_must_hold_is_shown_by_every_pattern_or_is_not() {
        use BracketEnd::{ClientLate, Lowest, Precision};
        let of = |brackets: &[(Option<f64>, Option<f64>, BracketEnd)], least| {
            exit(&rate(&[]), &rate(brackets), Some(least))
        };
        let found = (Some(100.0), Some(104.0), Precision);
        assert_eq!([of(&[found], 100.0), of(&[found], 102.0)], [Exit::Success, Exit::Missed]);
        assert_eq!(
            of(&[found, (None, Some(7.0), Lowest)], 5.0),
            Exit::Missed,
            "a pattern where nothing holds counts"
        );
        assert_eq!(of(&[], 5.0), Exit::Missed);
        let client = (Some(90.0), None, ClientLate);
        assert_eq!(of(&[client], 80.0), Exit::Success, "the client was no hindrance");
        assert_eq!(of(&[found, client], 95.0), Exit::InDoubt, "the server may hold it");
        assert_eq!(of(&[found, client], 110.0), Exit::Missed, "another pattern has shown that it does not");
        let wide = HighestRate { ci95_rps: Some(Interval { lo: 90.0, hi: 110.0 }), ..rate(&[found]) };
        assert_eq!(exit(&rate(&[]), &wide, Some(95.0)), Exit::Missed, "the interval counts");
    }

    #[test]
    fn without_a_demand_it_fails_only_where_nothing_holds() {
        let nothing = rate(&[(None, Some(7.0), BracketEnd::Lowest)]);
        let some = rate(&[(Some(7.0), None, BracketEnd::ClientLate)]);
        assert_eq!(
            [exit(&nothing, &some, None), exit(&nothing, &nothing, None)],
            [Exit::Success, Exit::Failed]
        );
    }
}
