//! Where the time of one phase went, and why.

use serde::Serialize;

use super::cause::Cause;
use super::endpoint::EndpointFigures;
use super::finding::CauseFinding;
use super::reuse::Reuse;
use super::saturation::Saturation;
use super::table::Table;
use super::tail::{Contribution, Tail};
use super::utilisation::Utilisation;
use super::way::Way;
use crate::model::{ErrorKind, Stage};

/// Where the time of one phase went, and why. Over its successes, if not said otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct PhaseAnalysis {
    /// Requests × repetitions.
    pub planned: u64,
    /// With a usable answer.
    pub succeeded: u64,
    /// Mean latency.
    pub mean_ms: Option<f64>,
    /// Where connections led, and how; the way of most requests first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<Way>,
    /// Each stage that occurs.
    pub stages: Table<Stage, StageFigures>,
    /// Each cause of all latency.
    pub causes_of_all: Table<Cause, Contribution>,
    /// The slowest requests.
    pub tail: Tail,
    /// Why the slowest requests are slow, the weightiest cause first.
    pub causes: Vec<CauseFinding>,
    /// Failures by word.
    pub failures: Table<ErrorKind, FailureFigures>,
    /// Whether the server had all the work it can do; `null` where the load has no fixed number of callers.
    pub saturation: Option<Saturation>,
    /// The same of a load whose arrivals do not wait; absent in a closed loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilisation: Option<Utilisation>,
    /// What keeping connections would buy; `null` where they are kept.
    pub reuse: Option<Reuse>,
    /// Each endpoint, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<EndpointFigures>,
}

impl PhaseAnalysis {
    /// Whether the slowest are hardly slower than the rest, so that no cause of theirs is worth a remedy. Where the server is full
    /// all are slow, and that has one.
    pub fn has_no_tail(&self) -> bool {
        let closed = self.saturation.as_ref().and_then(|found| found.saturated);
        let full = closed.or(self.utilisation.as_ref().and_then(|found| found.saturated));
        self.tail.is_even() && full != Some(true)
    }
}

/// A stage over all requests.
#[derive(Clone, Debug, Serialize)]
pub struct StageFigures {
    /// Requests that had it.
    pub n: u64,
    /// Mean over these.
    pub mean_ms: f64,
    /// Median over these.
    pub p50_ms: f64,
    /// 95th percentile over these.
    pub p95_ms: f64,
    /// 99th percentile over these.
    pub p99_ms: f64,
    /// Its sum ÷ the sum of all latencies.
    pub share_of_total: Option<f64>,
}

/// Failures of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct FailureFigures {
    /// Requests.
    pub n: u64,
    /// Their mean time until they failed.
    pub mean_ms: f64,
    /// What took most of that time.
    pub mostly: Cause,
}
