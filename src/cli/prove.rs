//! `spanload prove`.

use std::path::PathBuf;

use clap::Args;

use super::ScenarioArgs;

/// `spanload prove`
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// Scenario file
    #[arg(default_value = "scenarios/default.toml", value_name = "SCENARIO")]
    scenario: PathBuf,
    /// Scenario file, in place of the one before it
    #[arg(long = "scenario", value_name = "FILE")]
    scenario_flag: Option<PathBuf>,
    /// What changes the scenario.
    #[command(flatten)]
    pub changes: ScenarioArgs,
    /// Folder of all runs
    #[arg(long, default_value = "results", value_name = "FOLDER", overrides_with = "out")]
    pub out: PathBuf,
    /// Then add the optimisations one at a time and show what each bought
    #[arg(long)]
    pub ladder: bool,
    /// Exit with 98 if the SLA is met but its interval holds the limit, or there is a caveat
    #[arg(long)]
    pub strict: bool,
    /// Print no progress
    #[arg(short, long)]
    pub quiet: bool,
    /// Colour nothing
    #[arg(long)]
    pub no_color: bool,
}

impl ProveArgs {
    /// The scenario file.
    pub fn scenario(&self) -> &PathBuf {
        self.scenario_flag.as_ref().unwrap_or(&self.scenario)
    }
}
