//! `spanload ablate`.

use std::path::PathBuf;

use clap::Args;

use super::ScenarioArgs;

/// `spanload ablate`
#[derive(Debug, Args)]
pub struct AblateArgs {
    /// File of variants
    #[arg(default_value = "scenarios/ablation.toml", value_name = "FILE")]
    pub file: PathBuf,
    /// What changes every variant's scenario.
    #[command(flatten)]
    pub changes: ScenarioArgs,
    /// Folder of all runs and of ablation.md
    #[arg(long, default_value = "results/ablation", value_name = "FOLDER")]
    pub out: PathBuf,
}
