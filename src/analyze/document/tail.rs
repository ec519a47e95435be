//! The slowest requests of a phase, by stage and by cause.

use serde::Serialize;

use super::cause::Cause;
use super::table::Table;
use crate::model::Stage;

/// The requests from the 95th percentile on, and what they have more than those from the 45th to the 55th.
#[derive(Clone, Debug, Serialize)]
pub struct Tail {
    /// The 95th percentile of the successes by nearest rank.
    pub threshold_ms: Option<f64>,
    /// Requests at or above it.
    pub n: u64,
    /// Their mean latency.
    pub mean_ms: Option<f64>,
    /// Requests from the 45th to the 55th percentile.
    pub middle_n: u64,
    /// Their mean latency.
    pub middle_mean_ms: Option<f64>,
    /// Planned requests without a usable answer: they rank above all of these.
    pub failed_above: u64,
    /// The tail by stage.
    pub stages: Table<Stage, Contribution>,
    /// The tail by cause.
    pub causes: Table<Cause, Contribution>,
    /// Tail − middle by stage.
    pub excess: Table<Stage, Contribution>,
    /// Tail − middle by cause.
    pub excess_causes: Table<Cause, Contribution>,
}

/// What the slowest take longer than the middle, in milliseconds and of the middle: below the larger of both nothing makes a tail.
const HARDLY_MS: f64 = 2.0;
const HARDLY_SHARE: f64 = 0.1;

impl Tail {
    /// Whether the slowest are hardly slower than the rest.
    pub fn is_even(&self) -> bool {
        let means = self.mean_ms.zip(self.middle_mean_ms);
        means.is_some_and(|(slowest, middle)| slowest - middle < HARDLY_MS.max(HARDLY_SHARE * middle))
    }
}

/// A part of a mean latency; absent times count as none, so that the parts add up.
#[derive(Clone, Debug, Serialize)]
pub struct Contribution {
    /// Over all requests in question.
    pub mean_ms: f64,
    /// Of their latency; negative in an excess where the tail has less of it. `null` if there is no latency.
    pub share: Option<f64>,
}
