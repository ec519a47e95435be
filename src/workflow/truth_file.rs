//! The embedded mock's own logs of what it served: one for the given script, one for each repetition of a phase.

use crate::model::Phase;

/// One of them, by whose requests it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TruthFile {
    /// Those of the given load test.
    Script,
    /// Those of a repetition, which counts from 1.
    Repetition(Phase, u32),
}

impl TruthFile {
    /// Its name in the folder of the run.
    pub(super) fn name(self) -> String {
        match self {
            TruthFile::Script => "truth_input_py.csv".to_string(),
            TruthFile::Repetition(phase, repetition) => format!("truth_{}-{repetition}.csv", phase.name()),
        }
    }
}
