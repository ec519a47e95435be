//! A load whose arrivals do not wait: whether the server kept up with it.

mod growth;

use growth::Growth;

use super::document::{OfferedLoad, Untold};
use super::observed::{Observation, PhaseData};
use crate::model::{ArrivalRecord, HeldRate, Micros, Moment};
use crate::stats::{StepFunction, rounded};

/// What a phase was offered, and whether it kept up; `None` of a closed loop, and where nothing was due.
pub(super) fn offered_load(phase: &PhaseData) -> Option<OfferedLoad> {
    let held = phase.held_rates()?;
    let time = ArrivalTime::of(phase);
    let offered = ArrivalRecord::rate(time.gaps, time.length)?;
    let (growth, kept_up) = judged(phase, held);
    let backlog = |one| StepFunction::new(phase.repetition(one).filter_map(span)).most();
    Some(OfferedLoad {
        offered_rps: rounded(offered, 3),
        achieved_rps: rounded(time.succeeded as f64 / time.length.0 as f64 * 1e6, 3),
        backlog_most: (1..=phase.repetitions()).map(backlog).max().map_or(0, u64::from),
        backlog_growth_rps: growth.map(|growth| rounded(growth.per_second, 3)),
        backlog_growth_ci95_rps: growth.map(|growth| growth.interval.rounded(3)),
        overloaded: kept_up.ok().map(|kept_up| !kept_up),
        untold: kept_up.err(),
    })
}

/// By the stretches in which the rate is held, whether the server kept up with all of them; with the growth that says so. One
/// that keeps up with the highest rate does with the others.
fn judged(phase: &PhaseData, held: &[HeldRate]) -> (Option<Growth>, Result<bool, Untold>) {
    if !phase.is_whole() {
        return (None, Err(Untold::NotWhole));
    }
    let requests = requests(phase);
    let growth = |one: &HeldRate| {
        let place = |moment| requests.partition_point(|(due, _)| *due < moment);
        let within = &requests[place(one.from)..place(one.until)];
        Growth::of(within, phase.repetitions() as usize)
    };
    let found: Vec<(&HeldRate, Option<Growth>)> = held.iter().map(|one| (one, growth(one))).collect();
    let growing = found.iter().filter_map(|(_, growth)| growth.filter(Growth::is_shown));
    if let Some(most) = growing.max_by(|one, other| one.per_second.total_cmp(&other.per_second)) {
        return (Some(most), Ok(false));
    }
    let mut at_highest = found.iter().filter(|(one, _)| one.highest).map(|(_, growth)| *growth);
    let excluded = at_highest.clone().flatten().find(Growth::is_excluded);
    match (excluded, at_highest.clone().flatten().next()) {
        (Some(growth), _) => (Some(growth), Ok(true)),
        (None, Some(growth)) => (Some(growth), Err(Untold::TooUncertain)),
        (None, None) if at_highest.next().is_some() => (None, Err(Untold::TooFew)),
        (None, None) => (None, Err(Untold::RateChanges)),
    }
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

/// Sums over the repetitions, each from the first request that is due to the last.
#[derive(Default)]
struct ArrivalTime {
    gaps: u64,
    length: Micros,
    /// Successes that ended meanwhile.
    succeeded: u64,
}

impl ArrivalTime {
    fn of(phase: &PhaseData) -> Self {
        let mut sums = ArrivalTime::default();
        for repetition in 1..=phase.repetitions() {
            let due = || phase.repetition(repetition).filter_map(Observation::due);
            let (Some(first), Some(last)) = (due().min(), due().max()) else { continue };
            let meanwhile = |row: &&Observation| row.succeeded() && row.end().is_some_and(|end| end <= last);
            sums.gaps += due().count() as u64 - 1;
            sums.length = sums.length + last.since(first);
            sums.succeeded += phase.repetition(repetition).filter(meanwhile).count() as u64;
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::observed::PhaseCollector;
    use crate::analyze::observed::fixtures::{phase_of, sample};
    use crate::model::{ArrivalProcess, RateStep, Sample};

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
        assert_eq!((found.offered_rps, found.backlog_most, found.overloaded), (100.0, 1, Some(false)));
        assert!(found.backlog_growth_rps.is_some_and(|growth| growth.abs() < 1.0), "{found:?}");
    }

    #[test]
    fn one_that_falls_behind_is_and_by_how_much() {
        let found = one_after_the_other(12_500);
        assert_eq!((found.overloaded, found.offered_rps), (Some(true), 100.0));
        assert!((found.achieved_rps - 80.0).abs() < 0.2, "one each 12.5 ms: {found:?}");
        assert!(found.backlog_growth_rps.is_some_and(|growth| (growth - 20.0).abs() < 0.5), "{found:?}");
        assert!((120..=121).contains(&found.backlog_most), "a fifth of 600: {found:?}");
    }

    /// Arrivals by steps, even ones, each of which takes what it takes by its due second.
    fn in_steps(steps: &[(u64, f64, f64)], takes: impl Fn(f64) -> f64) -> OfferedLoad {
        let step = |(seconds, from, to): &(u64, f64, f64)| RateStep {
            lasts_us: seconds * 1_000_000,
            from: *from,
            to: *to,
        };
        let process = ArrivalProcess::Steps { steps: steps.iter().map(step).collect(), shape: None };
        let (mut dues, mut at) = (Vec::new(), 0.0);
        for (seconds, from, to) in steps {
            let mut now = 0.0;
            while now < *seconds as f64 {
                dues.push(((at + now) * 1e6) as u64);
                now += 1.0 / (from + (to - from) * now / *seconds as f64);
            }
            at += *seconds as f64;
        }
        let last_due_us = dues.last().copied().unwrap_or(0);
        let record = ArrivalRecord { process, last_due_us, offered_rps: None, read: None };
        let mut collector = PhaseCollector::new(dues.len() as u64, 1).of_arrivals(Some(&record));
        for (seq, due) in (0..).zip(dues) {
            let row = sample(seq, (takes(due as f64 / 1e6) * 1e6) as u64);
            collector.take(1, &Sample { due: Some(Moment::from_micros(due)), ..row }).expect("planned");
        }
        offered_load(&collector.finish()).expect("requests were due")
    }

    #[test]
    fn a_rate_that_rises_is_no_overload_and_none_that_is_held_says_nothing() {
        // 500 ms each, whatever comes: the backlog rises from 25 to 100 with the rate.
        let ramp = in_steps(&[(30, 50.0, 200.0)], |_| 0.5);
        assert_eq!((ramp.overloaded, ramp.untold), (None, Some(Untold::RateChanges)), "{ramp:?}");
        let steps = in_steps(&[(10, 50.0, 50.0), (10, 100.0, 100.0), (10, 200.0, 200.0)], |_| 0.5);
        assert_eq!((steps.overloaded, steps.untold), (Some(false), None), "{steps:?}");
        let held = in_steps(&[(30, 50.0, 200.0), (10, 200.0, 200.0)], |_| 0.5);
        assert_eq!(held.overloaded, Some(false), "the end of the ramp is held: {held:?}");
    }

    #[test]
    fn a_step_at_twice_of_what_it_can_do_is_named_though_it_recovers() {
        // At 200/s on a server that can do 100: latency rises by a second each second, and falls by half of one afterwards.
        let late = |at: f64| (at - 10.0).clamp(0.0, 10.0).min((40.0 - at) / 2.0).max(0.0) + 0.05;
        let found = in_steps(&[(10, 50.0, 50.0), (10, 200.0, 200.0), (30, 50.0, 50.0)], late);
        assert_eq!(found.overloaded, Some(true), "{found:?}");
        assert!(found.backlog_growth_rps.is_some_and(|growth| (growth - 100.0).abs() < 5.0), "{found:?}");
    }

    #[test]
    fn what_cannot_be_told_is_not_denied() {
        let few = in_steps(&[(1, 100.0, 100.0)], |_| 0.01);
        assert_eq!((few.overloaded, few.untold), (None, Some(Untold::TooFew)));
        // From a tenth of a second to five in no order.
        let varied =
            in_steps(&[(10, 30.0, 30.0)], |at| 0.1 + (at * 7_919.0).fract() * (at * 0.7).sin().abs() * 9.0);
        assert_eq!((varied.overloaded, varied.untold), (None, Some(Untold::TooUncertain)), "{varied:?}");
        let mut cut = PhaseCollector::new(600, 1).open(true);
        (0..500).for_each(|seq| {
            let row = Sample { due: Some(Moment::from_micros(seq * 10_000)), ..sample(seq, 5_000) };
            cut.take(1, &row).expect("planned");
        });
        let cut = offered_load(&cut.finish()).expect("requests were due");
        assert_eq!((cut.overloaded, cut.untold), (None, Some(Untold::NotWhole)));
    }

    #[test]
    fn a_straggler_does_not_change_what_was_achieved() {
        let mut collector = PhaseCollector::new(101, 1).open(true);
        for seq in 0..101 {
            let latency = if seq == 7 { 60_000_000 } else { 1_000 };
            let row = Sample { due: Some(Moment::from_micros(seq * 10_000)), ..sample(seq, latency) };
            collector.take(1, &row).expect("planned");
        }
        let found = offered_load(&collector.finish()).expect("requests were due");
        assert_eq!(
            (found.offered_rps, found.achieved_rps),
            (100.0, 99.0),
            "the last one and the straggler are not in it"
        );
    }

    #[test]
    fn nothing_due_is_nothing_offered_and_a_closed_loop_offers_what_is_taken() {
        assert_eq!(offered_load(&PhaseCollector::new(9, 1).open(true).finish()), None);
        assert_eq!(offered_load(&phase_of(9, (0..9).map(|seq| sample(seq, 5)))), None);
    }
}
