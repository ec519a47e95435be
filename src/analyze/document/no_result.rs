//! Why a figure is no result, whatever it says.

use serde::Serialize;

/// Why a figure is no result: then it keeps no limit, and nothing is compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoResult {
    /// Requests were not sent when they were due, so that the load was not the planned one.
    ReleasedLate,
    /// A backlog grew for as long as requests came, so that a latency says how long the run was.
    Overloaded,
}
