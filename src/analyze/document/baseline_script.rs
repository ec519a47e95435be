//! The given load test, by its own figures.

use serde::Serialize;

use super::latency::ThreePercentiles;

/// The given load test's own figures.
#[derive(Clone, Debug, Serialize)]
pub struct BaselineScript {
    /// As given.
    pub path: String,
    /// SHA-256 of the script.
    pub sha256: String,
    /// Its exit code; `null` if a signal ended it.
    pub exit_code: Option<i32>,
    /// Rows of its log.
    pub requests: u64,
    /// Rows that it calls a success.
    pub succeeded: u64,
    /// The others.
    pub failed: u64,
    /// Over all its rows, as it measured them.
    pub latency_ms: ThreePercentiles,
}
