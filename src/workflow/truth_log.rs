//! The embedded mock's own logs of what it served: one for the given script, one for each repetition of a phase.

use crate::model::Phase;

/// One of them, by whose requests it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TruthLog {
    /// Those of the given load test.
    Script,
    /// Those of a repetition, which counts from 1.
    Repetition(Phase, u32),
}

impl TruthLog {
    /// The log's name in the folder of the run.
    pub(super) fn file(self) -> String {
        match self {
            TruthLog::Script => "truth_input_py.csv".to_string(),
            TruthLog::Repetition(phase, repetition) => format!("truth_{}-{repetition}.csv", phase.name()),
        }
    }
}
