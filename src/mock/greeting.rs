//! What the mock and its parent say to each other, a line of JSON each.

use serde::{Deserialize, Serialize};

use crate::telemetry::SpanTotals;

/// The one line that the mock prints when both ports listen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub pid: u32,
    /// Base URL of the inference API.
    pub infer: String,
    /// Base URL of `/healthz` and `/metrics`.
    pub control: String,
    /// The zero of the truth log's instants, on the wall clock.
    pub started_unix_us: u64,
}

/// The line that it prints when it has stopped, where there is something to account for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Farewell {
    /// What became of its spans; `None` without traces.
    pub spans: Option<SpanTotals>,
    /// Rows that the truth log lacks, because the disk was too slow for them or refused them.
    pub truth_rows_lost: u64,
}
