//! What was asked of a server whose load does not wait for it, and what came back.

use serde::Serialize;

use crate::stats::Interval;

/// A load of arrivals that do not wait, over all repetitions of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OfferedLoad {
    /// Requests due a second, from the first that is due to the last.
    pub offered_rps: f64,
    /// Requests that ended with a success a second, from the first that is due to the last end.
    pub achieved_rps: Option<f64>,
    /// The most requests that were due and had not ended at the same time.
    pub backlog_most: u64,
    /// By how many requests a second that number grew while requests came; below zero it shrank. `null` where there are too
    /// few requests to tell.
    pub backlog_growth_rps: Option<f64>,
    /// Of that, 95 %, by Student's t over blocks of equal time.
    pub backlog_growth_ci95_rps: Option<Interval>,
    /// Whether it grew for as long as requests came: then the load has no steady state, and every percentile of latency is
    /// one of the length of the run.
    pub overloaded: bool,
}
