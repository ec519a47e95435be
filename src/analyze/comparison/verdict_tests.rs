//! Lines that are missed though their figures keep the limit.

use super::*;
use crate::analyze::document::Comparison;
use crate::analyze::fixtures::{compared, open_phase};
use crate::analyze::observed::RepetitionHealth;
use crate::model::{Micros, Releases};

fn health(on_time: u64) -> [RepetitionHealth; 1] {
    let releases = Releases { all: 1_000, on_time, lag_p99_us: 5_000, lag_max_us: 6_000 };
    [RepetitionHealth {
        phase: Phase::After,
        repetition: 1,
        lag_p99: None,
        lag_max: None,
        wall: Micros(5_000_000),
        engine_cpu: None,
        process_cpu: None,
        wall_drift_us: 0,
        surplus_connections: 0,
        releases: Some(releases),
    }]
}

fn judged(comparison: &Comparison) -> Vec<(Verdict, Option<NoResult>)> {
    comparison.sla.iter().map(|line| (line.verdict, line.no_result)).collect()
}

const LINES: [&str; 2] = ["p95=800ms", "error_rate=1%"];
const MET: (Verdict, Option<NoResult>) = (Verdict::Met, None);

#[test]
fn what_grows_with_the_length_of_the_run_keeps_no_limit() {
    let steady = open_phase(400, |seq| 100_000 + seq % 7 * 1_000);
    let growing = open_phase(400, |seq| 1_000 + seq * 1_000);
    let found = compared([&steady, &growing], &LINES, &[]);
    assert!(found.sla[0].after.is_some_and(|after| after < 800.0));
    assert_eq!(
        judged(&found),
        [(Verdict::Missed, Some(NoResult::Overloaded)), MET],
        "errors are counted all the same"
    );
    assert_eq!(
        (found.verdict, found.confidence, found.exit.code()),
        (Verdict::Missed, Confidence::Straddles, 99)
    );
    assert_eq!((found.sla[0].after_ci95, found.difference.p95.ratio), (None, None));
    // The before phase alone: what is judged is steady, and nothing is compared with what is not.
    let found = compared([&growing, &steady], &LINES, &[]);
    assert_eq!((judged(&found), found.verdict), (vec![MET, MET], Verdict::Met));
    assert_eq!((found.sla[0].before_no_result, found.difference.p50.ms), (Some(NoResult::Overloaded), None));
    assert!(
        found.caveats.iter().all(|caveat| caveat.kind != CaveatKind::NothingToFix),
        "{:?}",
        found.caveats
    );
}

#[test]
fn a_run_that_was_released_late_is_missed_in_every_line() {
    let steady = open_phase(400, |seq| 100_000 + seq % 7 * 1_000);
    let found = compared([&steady, &steady], &LINES, &health(990));
    assert_eq!((judged(&found), found.verdict), (vec![MET, MET], Verdict::Met));
    let found = compared([&steady, &steady], &LINES, &health(989));
    assert_eq!(judged(&found), [(Verdict::Missed, Some(NoResult::ReleasedLate)); 2]);
    assert_eq!((found.verdict, found.exit.code()), (Verdict::Missed, 99));
    assert!(
        found.sla.iter().all(|line| line.confidence == Confidence::Straddles && line.after_ci95.is_none())
    );
}
