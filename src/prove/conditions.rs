//! Under which conditions a run takes place: its name and its manifest.

use jiff::Timestamp;

use crate::clock::Anchor;
use crate::digest::Digest;
use crate::engine::Health;
use crate::plan::Plan;
use crate::record::{HealthRecord, Machine, Manifest, PlanRecord};
use crate::scenario::Settings;

/// A name that sorts by time and that two runs of one second do not share.
pub(super) fn run_id(anchor: &Anchor) -> String {
    let micros = anchor.unix_micros_at_anchor();
    let tail = Digest::of(format!("{micros}/{}", std::process::id()).as_bytes()).to_string();
    format!("{}-{}", timestamp(micros).strftime("%Y%m%dT%H%M%SZ"), &tail[..4])
}

fn timestamp(micros: u64) -> Timestamp {
    i64::try_from(micros).ok().and_then(|micros| Timestamp::from_microsecond(micros).ok()).unwrap_or_default()
}

/// The manifest as it stands before the first request.
pub(super) fn manifest(
    settings: &Settings,
    plan: &Plan,
    anchor: &Anchor,
    run_id: String,
    command: Vec<String>,
) -> Manifest {
    let micros = anchor.unix_micros_at_anchor();
    Manifest {
        schema: 1,
        run_id,
        version: env!("CARGO_PKG_VERSION").to_string(),
        command,
        started_at: timestamp(micros).to_string(),
        started_unix_us: micros,
        interrupted: None,
        scenario: serde_json::to_value(settings).expect("settings are plain data"),
        plan: PlanRecord {
            digest: plan.digest().to_string(),
            requests: plan.requests(),
            repetitions: settings.repetitions,
            workers: settings.load.workers,
            before: settings.before.to_string(),
            after: settings.after.to_string(),
        },
        sla: settings.sla.clone(),
        repetitions: Vec::new(),
        baseline_script: None,
        payloads: None,
        merged_stages: Vec::new(),
        machine: Machine::look(),
        caveats: Vec::new(),
    }
}

/// How the client fared in a repetition that has just ended.
pub(super) fn health(health: Health, anchor: &Anchor) -> HealthRecord {
    HealthRecord {
        ticks: health.ticks,
        lag_p50_us: health.lag.map(|lag| lag.p50.0),
        lag_p99_us: health.lag.map(|lag| lag.p99.0),
        lag_max_us: health.lag.map(|lag| lag.max.0),
        wall_us: health.wall.0,
        engine_cpu_us: health.engine_cpu.map(|time| time.0),
        process_cpu_us: health.process_cpu.map(|time| time.0),
        wall_drift_us: anchor.drift_micros(),
    }
}
