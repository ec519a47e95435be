//! The judgement in words that a machine reads.

use serde::Serialize;

/// Whether the SLA is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At or below the limit.
    Met,
    /// Above it, or not to be told.
    Missed,
}

/// Whether a judgement could be another one by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The 95 % interval of what was judged does not hold the limit.
    Clear,
    /// It does, or there is none.
    Straddles,
}
