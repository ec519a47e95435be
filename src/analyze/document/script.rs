//! What the given load test's own log shows.

use serde::Serialize;

use super::clusters::Clusters;
use super::latency::LatencyMs;
use super::server_view::ServerView;

/// `baseline_script` of `analysis.json`. Times are in milliseconds, by the script's own clock.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScriptAnalysis {
    /// Rows of its log.
    pub requests: u64,
    /// Rows that it calls a success.
    pub succeeded: u64,
    /// The others.
    pub failed: u64,
    /// Over all its rows; a failure ranks slower than every success.
    pub latency_ms: LatencyMs,
    /// Slow requests by their distance from the median.
    pub clusters: Option<Clusters>,
    /// Medians by when requests started; empty where the log has no `started_at`.
    pub over_time: Vec<Window>,
    /// Joined to the server's log by payload.
    pub server: Option<ServerView>,
    /// What this log alone cannot tell.
    pub cannot_tell: Vec<String>,
}

/// Requests that started in one window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Window {
    /// Start of the window, from the first request's start, in seconds.
    pub from_s: f64,
    /// Requests that started in it.
    pub n: u64,
    /// Their median; `null` if there is none, or that rank failed.
    pub p50_ms: Option<f64>,
}
