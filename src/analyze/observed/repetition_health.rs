//! How the client fared while it measured.

use crate::model::{Micros, Phase, Releases};

/// How the client fared in one repetition, as the manifest has it.
#[derive(Clone, Debug)]
pub struct RepetitionHealth {
    /// Its phase.
    pub phase: Phase,
    /// Counted from 1.
    pub repetition: u32,
    /// 99th percentile of the loop's lateness.
    pub lag_p99: Option<Micros>,
    /// The greatest lateness.
    pub lag_max: Option<Micros>,
    /// Length of the repetition.
    pub wall: Micros,
    /// Processor time of the engine's thread.
    pub engine_cpu: Option<Micros>,
    /// Processor time of the process.
    pub process_cpu: Option<Micros>,
    /// Wall clock − monotonic clock at its end, in microseconds.
    pub wall_drift_us: i64,
    /// Connections that delivered bytes that nobody had asked for.
    pub surplus_connections: u64,
    /// How punctually requests were let go; `None` in a closed loop.
    pub releases: Option<Releases>,
}
