//! One phase in figures.

use serde::Serialize;

use super::latency::{LatencyMs, ThreeIntervals};
use super::offered_load::OfferedLoad;
use super::table::Table;
use crate::model::ErrorKind;

/// One phase, pooled over its repetitions.
#[derive(Clone, Debug, Serialize)]
pub struct PhaseSummary {
    /// Requests × repetitions = succeeded + failed + unsent.
    pub planned: u64,
    /// With a usable answer.
    pub succeeded: u64,
    /// Sent, without a usable answer.
    pub failed: u64,
    /// Never sent.
    pub unsent: u64,
    /// Failures by word.
    pub errors: Table<ErrorKind, u64>,
    /// Succeeded ÷ sum over repetitions of (last end − first due).
    pub throughput_rps: Option<f64>,
    /// Last response byte − due, over all planned requests.
    pub latency_ms: LatencyMs,
    /// The same over the successes alone.
    pub success_latency_ms: LatencyMs,
    /// Latency − queue, over all planned requests: what a tool that ignores waiting would report.
    pub service_latency_ms: LatencyMs,
    /// First response byte − due, over all planned requests; null where the first byte is not seen.
    pub ttfb_ms: LatencyMs,
    /// 95 % intervals of three percentiles of `latency_ms`; none where these are no result.
    pub latency_ci95_ms: ThreeIntervals,
    /// Offered and achieved; absent in a closed loop, which offers what the server takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load: Option<OfferedLoad>,
    /// Each repetition by itself.
    pub repetitions: Vec<RepetitionSummary>,
}

impl PhaseSummary {
    /// Whether more came than the server could do, so that no figure of its latency is a result. Whoever shows one asks here.
    pub fn overloaded(&self) -> bool {
        self.load.is_some_and(|load| load.overloaded == Some(true))
    }

    /// Whether so few of the requests that were sent succeeded that their times say nothing of the phase.
    pub fn mostly_failed(&self) -> bool {
        mostly_failed(self.succeeded, self.failed)
    }
}

/// Whether successes are at most a tenth of what was sent: those that come through a server that refuses nearly all are not
/// what it would do with all.
pub fn mostly_failed(succeeded: u64, failed: u64) -> bool {
    failed > 0 && succeeded * 9 <= failed
}

/// One repetition.
#[derive(Clone, Debug, Serialize)]
pub struct RepetitionSummary {
    /// Counted from 1.
    pub repetition: u32,
    /// Planned requests.
    pub n: u64,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
}
