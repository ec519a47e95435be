//! What an A/A run found: both phases sent alike, so that there should be no difference.

use serde::Serialize;

/// Whether there is one, and what shows it. The differences themselves stand beside it, with their intervals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AaResult {
    /// Whether a difference was found.
    pub difference_found: bool,
    /// What shows it: `p50`, `p95`, `first_repetition_slow`.
    pub shown_by: Vec<&'static str>,
    /// A ratio that is closer to 1 is no difference, whatever its interval.
    pub margin: f64,
    /// Whether P95 has an interval, without which it may differ by chance or not.
    pub settled: bool,
}
