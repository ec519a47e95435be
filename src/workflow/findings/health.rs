//! The client's health on its way from the manifest into the analysis.

use crate::analyze::{ClientHealth, ClientStall, RepetitionHealth};
use crate::model::Phase;
use crate::model::manifest::{HealthRecord, Manifest};
use crate::model::{Micros, Moment};

/// Of the repetitions of both phases, in the order in which they ran; nothing for a manifest without it.
pub(in crate::workflow) fn of_repetitions(manifest: &Manifest) -> Vec<RepetitionHealth> {
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
            surplus_connections: health.surplus_connections,
            releases: health.releases,
        })
        .collect()
}

/// When the client of one phase stood still.
pub(in crate::workflow) fn stalls(manifest: &Manifest, phase: Phase) -> ClientHealth {
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
        Some((repetition.phase.phase()?, repetition.repetition, repetition.health.as_ref()?))
    })
}
