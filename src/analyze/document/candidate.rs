//! One strategy that was tried in the simulation.

use serde::{Deserialize, Serialize};

/// What one strategy would bring. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// In words, as in the manifest.
    pub strategy: String,
    /// Kept connections.
    pub connections: usize,
    /// Most requests an exchange may carry.
    pub batch: usize,
    /// Median; `null` where only a range is known.
    pub p50_ms: Option<f64>,
    /// 95th percentile, likewise.
    pub p95_ms: Option<f64>,
    /// 99th percentile, likewise.
    pub p99_ms: Option<f64>,
    /// Answers a second, likewise.
    pub throughput_rps: Option<f64>,
    /// From the fastest to the slowest that the calibration's uncertainty leaves possible; `null` where it has no part in it.
    pub range: Option<Range>,
    /// `simulation`, or `range` where nothing tells what a batch saves.
    pub method: Method,
}

/// How a prediction came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A discrete-event simulation of client and server.
    Simulation,
    /// The same at both ends of what a batch may cost.
    Range,
    /// Nothing is predicted.
    #[default]
    None,
}

/// Two ends, in milliseconds: lower first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// What the ends are.
    pub between: String,
    /// Median.
    pub p50_ms: [f64; 2],
    /// 95th percentile.
    pub p95_ms: [f64; 2],
    /// 99th percentile.
    pub p99_ms: [f64; 2],
}
