//! A failure and what the server said of it, as the run's folder has it: a line of `failures.jsonl`, safe to show.

use serde::{Deserialize, Serialize};

/// One of the first failures of its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureNote {
    /// The part of the run: `before`.
    pub part: String,
    /// Counted from 1.
    pub repetition: u32,
    /// The request.
    pub seq: u64,
    /// Its word in the column `error`.
    pub error: String,
    /// HTTP status, if a head came.
    pub status: Option<u16>,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// When the server wants to be asked again: seconds or a date.
    pub retry_after: Option<String>,
    /// Why the answer cannot be understood.
    pub reason: Option<String>,
    /// The first bytes of the content as printable text; secrets are masked.
    pub body: Option<String>,
}

impl FailureNote {
    /// Whether two say the same, whichever requests they are of.
    pub fn says_the_same(&self, other: &FailureNote) -> bool {
        let said = |note: &FailureNote| {
            (note.location.clone(), note.retry_after.clone(), note.reason.clone(), note.body.clone())
        };
        said(self) == said(other)
    }
}
