//! What a strategy will bring, and what it brought.

use serde::{Deserialize, Serialize};

use super::candidate::{Candidate, Method, Range};

/// The prediction for the after phase, and all other strategies that were tried.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Prediction {
    /// How the after phase sends, in words; `null` where the manifest does not say.
    pub strategy: Option<String>,
    /// Median in milliseconds; `null` where nothing or only a range is predicted.
    pub p50_ms: Option<f64>,
    /// 95th percentile, likewise.
    pub p95_ms: Option<f64>,
    /// 99th percentile, likewise.
    pub p99_ms: Option<f64>,
    /// Answers a second, likewise.
    pub throughput_rps: Option<f64>,
    /// Both ends of what is possible, where batches go out.
    pub range: Option<Range>,
    /// How it came about.
    pub method: Method,
    /// What must hold for it to come true.
    pub assumptions: Vec<String>,
    /// The server that was inferred; `null` where nothing tells what a call costs.
    pub server: Option<ServerFigures>,
    /// Every strategy that was tried; batches after reuse, few connections first.
    pub candidates: Vec<Candidate>,
    /// P95 of the after phase; `null` where there is none.
    pub measured_p95_ms: Option<f64>,
    /// (predicted − measured) ÷ measured, of the P95.
    pub error: Option<f64>,
}

/// A P95 that is shorter is mostly the machine's own: its scheduler and its timers are late by a millisecond now and then, so that
/// two such figures differ by a large share for no reason.
const MATERIAL_MS: f64 = 5.0;

impl Prediction {
    /// Whether the P95 that is predicted or the one that was measured is long enough for their difference to say something.
    pub fn is_material(&self) -> bool {
        let ends = self.range.as_ref().map(|range| range.p95_ms[1]);
        let figures = [self.p95_ms, self.measured_p95_ms, ends];
        figures.into_iter().flatten().any(|p95| p95 >= MATERIAL_MS)
    }
}

/// The server as the before log and the calibration show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerFigures {
    /// Exchanges that it computes at the same time.
    pub replicas: usize,
    /// Whether requests waited for one, so that there are no more; else there may be more.
    pub saturated: bool,
    /// Callers of the closed loop; `null` where requests were due whatever became of others.
    pub callers: Option<usize>,
    /// Mean time of a call with one item, in milliseconds.
    pub call_ms: f64,
    /// Time of an exchange outside the server, in milliseconds.
    pub round_trip_ms: f64,
}
