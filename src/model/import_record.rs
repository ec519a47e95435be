//! Where the rows of an imported run come from.

use serde::{Deserialize, Serialize};

use super::Equivalence;

/// What the manifest says of an imported log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRecord {
    /// Name of the file that was read.
    pub file: String,
    /// Tool and format.
    pub format: String,
    /// Rows that were left out, in words; the start of a run, say.
    pub left_out: Option<String>,
    /// What stands for what.
    pub equivalence: Equivalence,
}

/// A log that stands for the before phase of a run whose after phase was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeforeLogRecord {
    /// Its requests, which are not those of the plan.
    pub requests: u64,
    /// Where they come from.
    pub import: ImportRecord,
}
