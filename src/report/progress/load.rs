//! What the progress of a run is told beforehand.

use crate::model::{Micros, Part};

/// A percentile that the SLA judges, for the eye while the load is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// In tenths of a percent.
    pub permille: u64,
    /// Inclusive.
    pub limit: Micros,
}

/// What is to come, as far as the progress shows it.
#[derive(Clone, Debug, Default)]
pub struct ExpectedLoad {
    /// Percentiles of the SLA.
    pub judged: Vec<Judged>,
    /// The loads in the order in which they come: of which part, and their requests.
    pub parts: Vec<(Part, u64)>,
}
