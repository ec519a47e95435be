//! `spanload ablate`.

use std::path::PathBuf;

use clap::Args;

use super::{ColourArgs, ComparisonArgs};

const EXAMPLES: &str = "\
Examples:
  spanload ablate                                  scenarios/ablation.toml, about ten minutes
  spanload ablate my.toml --repetitions 1 > table.md

The table is Markdown. With --target give a file whose variants leave mock.* alone. Exit codes: 0 all variants ran,
whatever their verdicts, 1 one failed, 2 wrong usage or scenario, 130 or 143 interrupted.";

/// `spanload ablate`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AblateArgs {
    /// File of variants
    #[arg(default_value = "scenarios/ablation.toml", value_name = "FILE")]
    pub file: PathBuf,
    /// What changes every variant's scenario.
    #[command(flatten)]
    pub changes: ComparisonArgs,
    /// Folder of all runs and of ablation.md
    #[arg(long, default_value = "results/ablation", value_name = "FOLDER", help_heading = "Output")]
    pub out: PathBuf,
    /// Print no progress
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
    #[command(flatten)]
    pub colour: ColourArgs,
}
