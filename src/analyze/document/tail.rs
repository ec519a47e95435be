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

/// A part of a mean latency; absent times count as none, so that the parts add up.
#[derive(Clone, Debug, Serialize)]
pub struct Contribution {
    /// Over all requests in question.
    pub mean_ms: f64,
    /// Of their latency; negative in an excess where the tail has less of it. `null` if there is no latency.
    pub share: Option<f64>,
}
