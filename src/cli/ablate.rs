//! `spanload ablate`.

use std::path::PathBuf;

use clap::Args;

use super::output::ColourArgs;
use super::scenario_args::ComparisonArgs;
use crate::host::{Interrupt, console};
use crate::model::Exit;
use crate::telemetry::{LogFormat, logs};
use crate::workflow;
use crate::workflow::Ablated;

const EXAMPLES: &str = "\
Examples:
  spanload ablate                                  scenarios/ablation.toml, about ten minutes
  spanload ablate my.toml --repetitions 1 > table.md

The table is Markdown. With --target give a file whose variants leave mock.* alone. Exit codes: 0 all variants ran,
whatever their verdicts, 1 one failed, 2 wrong usage or scenario, 129, 130 or 143 interrupted.";

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
    #[arg(long, help_heading = "Output")]
    pub quiet: bool,
    #[command(flatten)]
    pub colour: ColourArgs,
}

/// Prints the table, as far as it came.
pub(super) async fn run(args: AblateArgs, interrupt: &Interrupt) -> anyhow::Result<Exit> {
    logs::init(LogFormat::default());
    args.colour.apply();
    let overrides = args.changes.overrides()?;
    let Ablated { table, end } =
        workflow::ablate(&args.file, &args.out, &overrides, args.quiet, interrupt).await?;
    console::print(table.as_bytes())?;
    Ok(Exit::from(end))
}
