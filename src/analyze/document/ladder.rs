//! What each optimisation brought, one added at a time.

use serde::Serialize;

use super::quality::Quality;
use crate::model::Verdict;

/// Times are in milliseconds, over all planned requests; `null` is a rank that no success has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LadderRung {
    /// In words.
    pub strategy: String,
    /// Requests × passes.
    pub planned: u64,
    /// With a usable answer.
    pub succeeded: u64,
    /// Never sent.
    pub unsent: u64,
    /// Its answers beside the first rung's, request by request.
    pub quality: Quality,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// Succeeded ÷ sum over passes of (last end − first due).
    pub throughput_rps: Option<f64>,
    /// What it bought: its P95 against that of the rung before; `null` of the first rung.
    pub bought: Option<Bought>,
    /// As of the after phase: every line of the SLA, the same answers, every planned request sent.
    pub verdict: Verdict,
    /// Whether it may send batches and none was ever formed, so that it bought nothing; absent where not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub never_batched: bool,
}

/// A rung's P95 against another one's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bought {
    /// This rung − the one before; negative where it is faster. `null` where either has none.
    pub p95_ms: Option<f64>,
    /// This rung ÷ the one before.
    pub p95_ratio: Option<f64>,
}
