//! One line of the SLA, judged.

use serde::Serialize;

use super::no_result::NoResult;
use crate::model::{Confidence, Metric, Unit, Verdict};
use crate::stats::Interval;

/// One line of the SLA.
#[derive(Clone, Debug, Serialize)]
pub struct SlaResult {
    /// `p95`, `mean`, `error_rate`.
    pub metric: Metric,
    /// Only of a length of time.
    #[serde(flatten)]
    pub times: Option<SlaTimes>,
    /// Of the four figures below: `ms`, `share` (of 1) or `requests/s`.
    pub unit: Unit,
    /// Inclusive; the least throughput, the most of all else.
    pub limit: f64,
    /// The before phase.
    pub before: Option<f64>,
    /// The after phase, which is judged.
    pub after: Option<f64>,
    /// Its 95 % interval.
    pub after_ci95: Option<Interval>,
    /// By the point estimate.
    pub verdict: Verdict,
    /// By the interval.
    pub confidence: Confidence,
    /// Why the line is missed whatever the figure of the after phase says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_result: Option<NoResult>,
    /// Why the before phase does not keep it whatever its figure says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_no_result: Option<NoResult>,
}

/// The figures of a line once more, under names that say their unit.
#[derive(Clone, Debug, Serialize)]
pub struct SlaTimes {
    /// Inclusive.
    pub limit_ms: f64,
    /// The before phase.
    pub before_ms: Option<f64>,
    /// The after phase, which is judged.
    pub after_ms: Option<f64>,
}
