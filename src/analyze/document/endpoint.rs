//! The requests to one of several endpoints in figures.

use serde::Serialize;

/// One endpoint in one phase, pooled over its repetitions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndpointFigures {
    /// What the log calls it.
    pub path: String,
    /// Its requests; those without a row are not among them.
    pub planned: u64,
    /// Of these, with a usable answer.
    pub succeeded: u64,
    /// Median latency over these requests, as that of the whole phase: `null` where the rank is no success.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
}
