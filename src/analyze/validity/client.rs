//! Whether the client itself, not the server, made the tail.

use super::doubt::Doubt;
use crate::analyze::observed::{PhaseData, RepetitionHealth};
use crate::model::Micros;
use crate::model::Phase;

/// Lateness at P99 that is part of the tail: this share of the phase's P95 …
const LATE_SHARE: f64 = 0.10;
/// … but no less than this; below it the kernel's scheduler is at work on any machine.
const LATE_LEAST: Micros = Micros(10_000);
/// One long standstill hits all callers at once: this share of the phase's P95 …
const STANDSTILL_SHARE: f64 = 0.50;
/// … but no less than this.
const STANDSTILL_LEAST: Micros = Micros(50_000);
/// Use of a processor beyond which waiting for it shows.
const BUSY: f64 = 0.80;
/// A repetition that is shorter says nothing about the use of a processor.
const LONG_ENOUGH: Micros = Micros(500_000);
/// The wall clock may be slewed by 500 ppm (adjtimex); twice that, and a little for the reading …
const SLEW: f64 = 0.001;
/// … is a step.
const STEP_LEAST_US: f64 = 100_000.0;

/// At most one doubt of each kind a phase, about its worst repetition, and one about the clock.
/// `health` is in the order in which the repetitions ran.
pub(super) fn doubts(
    health: &[RepetitionHealth],
    processors: Option<usize>,
    before: &PhaseData,
    after: &PhaseData,
) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    for (phase, data) in [(Phase::Before, before), (Phase::After, after)] {
        let of_phase = || health.iter().filter(|health| health.phase == phase);
        doubts.extend(late(of_phase(), data.latency().percentile(950)));
        doubts.extend(released_late(of_phase()));
        doubts.extend(busy(of_phase(), processors));
    }
    doubts.extend(stepped(health));
    doubts
}

fn late<'a>(health: impl Iterator<Item = &'a RepetitionHealth>, p95: Option<Micros>) -> Option<Doubt> {
    // Where the rank failed, the failures are the story, and only the least bounds count.
    let tail = p95.unwrap_or_default().0 as f64;
    let late = (tail * LATE_SHARE).max(LATE_LEAST.0 as f64);
    let standstill = (tail * STANDSTILL_SHARE).max(STANDSTILL_LEAST.0 as f64);
    let is_late = |health: &&RepetitionHealth| {
        health.lag_p99.is_some_and(|lag| lag.0 as f64 >= late)
            || health.lag_max.is_some_and(|lag| lag.0 as f64 >= standstill)
    };
    let worst = health.filter(is_late).max_by_key(|health| health.lag_max)?;
    Some(Doubt::ClientLate {
        phase: worst.phase,
        repetition: worst.repetition,
        p99: worst.lag_p99.unwrap_or_default(),
        max: worst.lag_max.unwrap_or_default(),
    })
}

fn released_late<'a>(health: impl Iterator<Item = &'a RepetitionHealth>) -> Option<Doubt> {
    let releases = health.filter_map(|health| Some((health, health.releases?)));
    let late = releases.filter(|(_, releases)| !releases.are_punctual());
    let (worst, releases) =
        late.min_by(|(_, one), (_, other)| one.share_on_time().total_cmp(&other.share_on_time()))?;
    Some(Doubt::ReleasedLate { phase: worst.phase, repetition: worst.repetition, releases })
}

fn busy<'a>(health: impl Iterator<Item = &'a RepetitionHealth>, processors: Option<usize>) -> Option<Doubt> {
    let share = |used: Option<Micros>, wall: Micros, of: f64| {
        used.map_or(0.0, |used| used.0 as f64 / (wall.0.max(1) as f64 * of))
    };
    let uses = health.filter(|health| health.wall >= LONG_ENOUGH).flat_map(|health| {
        let process = processors.map_or(0.0, |all| share(health.process_cpu, health.wall, all.max(1) as f64));
        [
            (share(health.engine_cpu, health.wall, 1.0), "the one processor that its loop can use", health),
            (process, "all processors", health),
        ]
    });
    let worst = uses.max_by(|(one, ..), (other, ..)| one.total_cmp(other));
    let (share, of, health) = worst.filter(|(share, ..)| *share >= BUSY)?;
    Some(Doubt::ClientBusy { phase: health.phase, repetition: health.repetition, share, of })
}

/// Connections that delivered what nobody had asked for.
pub(super) fn surplus(health: &[RepetitionHealth]) -> Vec<Doubt> {
    let of = |phase| health.iter().filter(move |health| health.phase == phase);
    let counted = [Phase::Before, Phase::After]
        .map(|phase| (phase, of(phase).map(|health| health.surplus_connections).sum()));
    let found = counted.into_iter().filter(|(_, connections)| *connections > 0);
    found.map(|(phase, connections)| Doubt::SurplusAnswers { phase, connections }).collect()
}

/// A step shows as a drift that grew by more than slewing explains within one repetition.
fn stepped(health: &[RepetitionHealth]) -> Option<Doubt> {
    let drifts = std::iter::once(0).chain(health.iter().map(|health| health.wall_drift_us));
    let steps = drifts.zip(health).map(|(earlier, health)| {
        let step = health.wall_drift_us.saturating_sub(earlier) as f64;
        (step, STEP_LEAST_US + SLEW * health.wall.0 as f64)
    });
    let (step, _) = steps.into_iter().find(|(step, allowed)| step.abs() > *allowed)?;
    Some(Doubt::ClockStepped { step_ms: step / 1e3 })
}

#[cfg(test)]
mod tests {
    use super::super::message::message;
    use super::*;
    use crate::analyze::fixtures::phase;
    use crate::model::{CaveatKind, Releases};

    fn healthy(phase: Phase, repetition: u32) -> RepetitionHealth {
        RepetitionHealth {
            phase,
            repetition,
            lag_p99: Some(Micros(2_000)),
            lag_max: Some(Micros(8_000)),
            wall: Micros(5_000_000),
            engine_cpu: Some(Micros(200_000)),
            process_cpu: Some(Micros(300_000)),
            wall_drift_us: -40,
            surplus_connections: 0,
            releases: None,
        }
    }

    fn kinds(change: impl Fn(&mut RepetitionHealth)) -> Vec<CaveatKind> {
        let mut worse = healthy(Phase::After, 2);
        change(&mut worse);
        let health = [healthy(Phase::Before, 1), healthy(Phase::After, 1), worse];
        let data = phase(&[&[500_000; 200]]);
        let found = doubts(&health, Some(2), &data, &data);
        for doubt in &found {
            assert!(
                message(doubt).contains("repetition 2 of the after phase")
                    || doubt.kind() == CaveatKind::ClockStepped
            );
        }
        found.iter().map(Doubt::kind).collect()
    }

    #[test]
    fn a_healthy_client_raises_nothing() {
        assert_eq!(kinds(|_| {}), []);
    }

    #[test]
    fn a_late_loop_is_named() {
        assert_eq!(kinds(|health| health.lag_p99 = Some(Micros(49_000))), [], "under 10 % of 500 ms");
        assert_eq!(kinds(|health| health.lag_p99 = Some(Micros(50_000))), [CaveatKind::ClientLate]);
        assert_eq!(
            kinds(|health| health.lag_max = Some(Micros(250_000))),
            [CaveatKind::ClientLate],
            "a standstill"
        );
    }

    #[test]
    fn requests_that_are_not_let_go_when_they_are_due_are_named() {
        let of = |on_time| Some(Releases { all: 1_000, on_time, lag_p99_us: 5_000, lag_max_us: 6_000 });
        assert_eq!(kinds(|health| health.releases = of(990)), []);
        assert_eq!(kinds(|health| health.releases = of(989)), [CaveatKind::ReleasedLate]);
    }

    #[test]
    fn a_busy_client_is_named() {
        assert_eq!(kinds(|health| health.engine_cpu = Some(Micros(4_100_000))), [CaveatKind::ClientBusy]);
        assert_eq!(kinds(|health| health.process_cpu = Some(Micros(8_100_000))), [CaveatKind::ClientBusy]);
        let short = |health: &mut RepetitionHealth| {
            (health.engine_cpu, health.wall) = (Some(Micros(100_000)), Micros(100_000));
        };
        assert_eq!(kinds(short), [], "too short to tell");
    }

    #[test]
    fn a_step_of_the_wall_clock_is_told_from_its_slewing() {
        assert_eq!(kinds(|health| health.wall_drift_us = -2_000_000), [CaveatKind::ClockStepped]);
        assert_eq!(kinds(|health| health.wall_drift_us = 4_000), []);
    }
}
