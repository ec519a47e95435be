//! A load whose arrivals do not wait: whether the server kept up with it.

mod growth;

use growth::Growth;

use super::document::OfferedLoad;
use super::observed::{Observation, PhaseData};
use crate::model::{Micros, Moment};
use crate::stats::{StepFunction, rounded};

/// Growth by less of what is offered is none to speak of: it would take a hundred times as long as the run to be as much as
/// came in it.
const SLIGHT: f64 = 0.01;

/// What a phase was offered, and whether it kept up; `None` of a closed loop, and where nothing was due.
pub(super) fn offered_load(phase: &PhaseData) -> Option<OfferedLoad> {
    if !phase.is_open() {
        return None;
    }
    let offered = per_second(phase)?;
    let growth = Growth::of(&requests(phase), phase.repetitions() as usize);
    let backlog = |one| StepFunction::new(phase.repetition(one).filter_map(span)).most();
    Some(OfferedLoad {
        offered_rps: rounded(offered, 3),
        achieved_rps: phase.throughput(),
        backlog_most: (1..=phase.repetitions()).map(backlog).max().map_or(0, u64::from),
        backlog_growth_rps: growth.map(|growth| rounded(growth.per_second, 3)),
        backlog_growth_ci95_rps: growth.map(|growth| growth.interval.rounded(3)),
        overloaded: growth
            .is_some_and(|growth| growth.interval.lo > 0.0 && growth.per_second > growth.offered * SLIGHT),
    })
}

/// What was sent in all repetitions, in the order of due, and how long each took, however it ended.
fn requests(phase: &PhaseData) -> Vec<(Moment, Micros)> {
    let mut requests: Vec<_> =
        phase.rows().iter().filter_map(span).map(|(due, end)| (due, end.since(due))).collect();
    requests.sort_by_key(|(due, _)| *due);
    requests
}

fn span(row: &Observation) -> Option<(Moment, Moment)> {
    row.due().zip(row.end())
}

/// Requests due a second, the first one as the start of the time.
fn per_second(phase: &PhaseData) -> Option<f64> {
    let of = |one| {
        let due = || phase.repetition(one).filter_map(Observation::due);
        Some(((due().count() as u64).checked_sub(1)?, due().max()?.since(due().min()?)))
    };
    let (gaps, time) = (1..=phase.repetitions())
        .filter_map(of)
        .fold((0, Micros(0)), |(gaps, time), (more, longer)| (gaps + more, time + longer));
    (time > Micros(0)).then(|| gaps as f64 / time.0 as f64 * 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::observed::PhaseCollector;
    use crate::analyze::observed::fixtures::{phase_of, sample};
    use crate::model::Sample;

    /// One request each 10 ms on a single server that takes so long for each.
    fn one_after_the_other(takes: u64) -> OfferedLoad {
        let mut free = 0;
        let rows = (0..600).map(|seq| {
            let due = seq * 10_000;
            free = free.max(due) + takes;
            Sample { due: Some(Moment::from_micros(due)), ..sample(seq, free - due) }
        });
        let mut collector = PhaseCollector::new(600, 1).open(true);
        rows.for_each(|row| collector.take(1, &row).expect("planned"));
        offered_load(&collector.finish()).expect("requests were due")
    }

    #[test]
    fn a_server_that_keeps_up_is_not_overloaded() {
        let found = one_after_the_other(9_000);
        assert_eq!((found.offered_rps, found.backlog_most, found.overloaded), (100.0, 1, false));
        assert!(found.backlog_growth_rps.is_some_and(|growth| growth.abs() < 1.0), "{found:?}");
    }

    #[test]
    fn one_that_falls_behind_is_and_by_how_much() {
        let found = one_after_the_other(12_500);
        assert!(found.overloaded && found.offered_rps == 100.0, "{found:?}");
        assert_eq!(found.achieved_rps, Some(80.0));
        assert!(found.backlog_growth_rps.is_some_and(|growth| (growth - 20.0).abs() < 0.5), "{found:?}");
        assert!((120..=121).contains(&found.backlog_most), "a fifth of 600: {found:?}");
    }

    #[test]
    fn nothing_due_is_nothing_offered_and_a_closed_loop_offers_what_is_taken() {
        assert_eq!(offered_load(&PhaseCollector::new(9, 1).open(true).finish()), None);
        assert_eq!(offered_load(&phase_of(9, (0..9).map(|seq| sample(seq, 5)))), None);
    }
}
