//! Which two runs were compared, where it is not the two phases of one.

use serde::Serialize;

/// Which two phases of which runs were compared; `before` of the comparison is `a`, `after` is `b`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunsCompared {
    /// What is compared with.
    pub a: RunCompared,
    /// What is judged.
    pub b: RunCompared,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunCompared {
    /// Names the run.
    pub run_id: String,
    /// `before` or `after`.
    pub phase: &'static str,
    /// Digest of its plan.
    pub plan_digest: String,
    /// Whether somebody stopped it.
    #[serde(skip)]
    pub interrupted: bool,
}
