//! What stands for equal work of the server in both phases.

use crate::model::Micros;

/// Times that a server reports have the grain of its timers; medians that are closer are equal.
const REPORTED_GRAIN: Micros = Micros(2_000);
/// In the wait of a call the client's own scheduling is, too.
const WAIT_GRAIN: Micros = Micros(5_000);

/// What stands for equal work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkBasis {
    /// What the server reports each request's item to have cost.
    ItemCosts,
    /// Compute that the server reports of single calls beside the repetitions.
    CallCompute,
    /// The wait of such calls on a warm connection.
    CallWait,
}

impl WorkBasis {
    pub(super) fn words(self) -> &'static str {
        match self {
            WorkBasis::ItemCosts => "the cost that it reports for the same item",
            WorkBasis::CallCompute => "its compute for a single call beside the repetitions",
            WorkBasis::CallWait => "the wait of a single call beside the repetitions",
        }
    }

    pub(super) fn grain(self) -> Micros {
        if self == WorkBasis::CallWait { WAIT_GRAIN } else { REPORTED_GRAIN }
    }
}
