//! A phase on the command line.

use clap::ValueEnum;

use crate::model::Phase;

/// A phase on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PhaseArg {
    /// As it is sent today
    Before,
    /// With the optimisation
    After,
}

impl From<PhaseArg> for Phase {
    fn from(phase: PhaseArg) -> Phase {
        match phase {
            PhaseArg::Before => Phase::Before,
            PhaseArg::After => Phase::After,
        }
    }
}
