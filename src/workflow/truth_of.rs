//! The embedded mock's own logs of what it served: one for the given script, one for each repetition of a phase.

use crate::model::Phase;

/// Whose requests a log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TruthOf {
    /// Those of the given load test.
    Script,
    /// Those of a repetition, which counts from 1.
    Repetition(Phase, u32),
}

impl TruthOf {
    /// The log's name in the folder of the run.
    pub(super) fn log(self) -> String {
        match self {
            TruthOf::Script => "truth_input_py.csv".to_string(),
            TruthOf::Repetition(phase, repetition) => format!("truth_{}-{repetition}.csv", phase.name()),
        }
    }
}
