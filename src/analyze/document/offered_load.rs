//! What was asked of a server whose load does not wait for it, and what came back.

use serde::Serialize;

use crate::stats::Interval;

/// A load of arrivals that do not wait, over all repetitions of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OfferedLoad {
    /// Requests due a second: the gaps between them ÷ the time from the first that is due to the last.
    pub offered_rps: f64,
    /// Successes a second that ended within that time. What ends after the last is due is none of it: one straggler would
    /// change it.
    pub achieved_rps: f64,
    /// The most requests that were due and had not ended at the same time.
    pub backlog_most: u64,
    /// By how many requests a second that number grew while requests came at one rate; below zero it shrank. Of several
    /// rates that at which it grew most, else the highest. `null` where there are too few requests to tell, or no rate is held.
    pub backlog_growth_rps: Option<f64>,
    /// Of that, 95 %, by Student's t over blocks of requests.
    pub backlog_growth_ci95_rps: Option<Interval>,
    /// Whether it grew for as long as requests came: then the load has no steady state, and every percentile of latency
    /// depends on how long the run was. `null` where that cannot be told.
    pub overloaded: Option<bool>,
    /// Why it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untold: Option<Untold>,
}

/// Why it cannot be told whether a server kept up with a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Untold {
    /// Requests were not sent, or did not end by themselves.
    NotWhole,
    /// The highest rate is not held: it rises, falls, or is a trace's.
    RateChanges,
    /// Too few requests at the highest rate.
    TooFew,
    /// Growth is not shown, and one that matters is not excluded.
    TooUncertain,
}
