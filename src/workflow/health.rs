//! The client's health on its way from the engine into the manifest, and from there into the analysis.

use crate::analyze::{ClientHealth, ClientStall, RepetitionHealth};
use crate::engine::Health;
use crate::host::Anchor;
use crate::model::Phase;
use crate::model::manifest::{HealthRecord, Manifest};
use crate::model::{Micros, Moment};

/// How the client fared in a repetition that has just ended.
pub(super) fn record(health: Health, anchor: &Anchor) -> HealthRecord {
    HealthRecord {
        ticks: health.ticks,
        lag_p50_us: health.lag.map(|lag| lag.p50.0),
        lag_p99_us: health.lag.map(|lag| lag.p99.0),
        lag_max_us: health.lag.map(|lag| lag.max.0),
        stalls_us: health.stalls.iter().map(|(from, length)| [from.as_micros(), length.0]).collect(),
        wall_us: health.wall.0,
        engine_cpu_us: health.engine_cpu.map(|time| time.0),
        process_cpu_us: health.process_cpu.map(|time| time.0),
        wall_drift_us: anchor.drift_micros(),
    }
}

/// Of the repetitions of both phases, in the order in which they ran; nothing for a manifest without it.
pub(super) fn of_repetitions(manifest: &Manifest) -> Vec<RepetitionHealth> {
    of_phases(manifest)
        .map(|(phase, repetition, health)| RepetitionHealth {
            phase,
            repetition,
            lag_p99: health.lag_p99_us.map(Micros),
            lag_max: health.lag_max_us.map(Micros),
            wall: Micros(health.wall_us),
            engine_cpu: health.engine_cpu_us.map(Micros),
            process_cpu: health.process_cpu_us.map(Micros),
            wall_drift_us: health.wall_drift_us,
        })
        .collect()
}

/// When the client of one phase stood still.
pub(super) fn stalls(manifest: &Manifest, phase: Phase) -> ClientHealth {
    let stalls = of_phases(manifest).filter(|(of, ..)| *of == phase).flat_map(|(_, repetition, health)| {
        let stall = move |[from, length]: &[u64; 2]| ClientStall {
            repetition,
            from: Moment::from_micros(*from),
            length: Micros(*length),
        };
        health.stalls_us.iter().map(stall)
    });
    ClientHealth::new(stalls.collect())
}

fn of_phases(manifest: &Manifest) -> impl Iterator<Item = (Phase, u32, &HealthRecord)> {
    manifest.repetitions.iter().filter_map(|repetition| {
        let phase = Phase::BOTH.into_iter().find(|phase| phase.name() == repetition.phase)?;
        Some((phase, repetition.repetition, repetition.health.as_ref()?))
    })
}
