//! The client's health on its way from the engine into the manifest.

use crate::engine::Health;
use crate::host::Anchor;
use crate::model::manifest::HealthRecord;

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
        surplus_connections: health.surplus_connections,
        releases: health.releases,
    }
}
