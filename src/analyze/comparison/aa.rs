//! The judgement of an A/A run: whether there is a difference where none should be.

use crate::analyze::document::{AaResult, Difference, Differences};
use crate::model::{Caveat, CaveatKind};

/// A ratio that is closer to 1 is none that anybody would act on.
const MARGIN: f64 = 0.05;

/// By the intervals of the ratios at P50 and P95, and by a first repetition that is slow: with a few repetitions it makes every
/// interval so wide that it holds 1, and is no less of a difference for that.
pub(super) fn judge(difference: &Differences, caveats: &[Caveat]) -> AaResult {
    let differ = [("p50", &difference.p50), ("p95", &difference.p95)];
    let mut shown_by: Vec<&str> =
        differ.into_iter().filter(|(_, one)| differs(one)).map(|(name, _)| name).collect();
    if caveats.iter().any(|caveat| caveat.kind == CaveatKind::FirstRepetitionSlow) {
        shown_by.push("first_repetition_slow");
    }
    let settled = difference.p95.ci95_ratio.is_some();
    AaResult { difference_found: !shown_by.is_empty(), shown_by, margin: MARGIN, settled }
}

fn differs(one: &Difference) -> bool {
    let known = one.ratio.zip(one.ci95_ratio);
    known.is_some_and(|(ratio, interval)| (ratio - 1.0).abs() > MARGIN && !interval.holds(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Interval;

    fn ratio(ratio: f64, lo: f64, hi: f64) -> Difference {
        Difference { ratio: Some(ratio), ci95_ratio: Some(Interval { lo, hi }), ..Difference::of(None, None) }
    }

    fn judged(p50: Difference, p95: Difference, caveats: &[Caveat]) -> AaResult {
        judge(&Differences { p50, p95, p99: ratio(3.0, 2.0, 4.0), mean: ratio(1.0, 0.9, 1.1) }, caveats)
    }

    #[test]
    fn a_difference_is_beyond_chance_and_beyond_the_margin() {
        let none = || ratio(1.2, 0.9, 1.5);
        assert_eq!(judged(none(), none(), &[]).shown_by, [""; 0], "the intervals hold 1");
        assert_eq!(judged(ratio(1.04, 1.03, 1.05), none(), &[]).shown_by, [""; 0], "within the margin");
        let found = judged(ratio(0.8, 0.7, 0.9), ratio(1.2, 1.1, 1.3), &[]);
        assert_eq!((found.shown_by.as_slice(), found.difference_found), (&["p50", "p95"][..], true));
        let slow = Caveat::new(CaveatKind::FirstRepetitionSlow, String::new());
        let found = judged(none(), none(), &[slow]);
        assert_eq!(
            (found.shown_by.as_slice(), found.difference_found),
            (&["first_repetition_slow"][..], true)
        );
    }

    #[test]
    fn without_an_interval_nothing_is_settled() {
        let unknown = || Difference::of(Some(100.0), Some(300.0));
        let found = judged(unknown(), unknown(), &[]);
        assert_eq!((found.difference_found, found.settled), (false, false));
        assert!(judged(unknown(), ratio(1.0, 0.9, 1.1), &[]).settled);
    }
}
