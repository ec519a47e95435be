//! `spanload load`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ScenarioArgs;
use crate::sample::Phase;

/// `spanload load`
#[derive(Debug, Args)]
pub struct LoadArgs {
    /// Scenario file
    #[arg(default_value = "scenarios/default.toml", value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// How to send
    #[arg(long, value_enum, default_value_t = PhaseArg::Before)]
    pub phase: PhaseArg,
    /// Where the log goes
    #[arg(short = 'o', long, default_value = "load.csv", value_name = "FILE")]
    pub log: PathBuf,
    /// What changes the scenario.
    #[command(flatten)]
    pub changes: ScenarioArgs,
    /// Print no progress
    #[arg(short, long)]
    pub quiet: bool,
}

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
