//! `spanload analyze`.

use std::path::PathBuf;

use clap::Args;

use super::output::OutputArgs;
use super::{deliver, summary};
use crate::model::Exit;
use crate::runlog::Results;
use crate::workflow;

const EXAMPLES: &str = "\
Examples:
  spanload analyze                                the newest run
  spanload analyze results/reference --strict     only what is beyond doubt passes
  spanload analyze --format json | jq .verdict    one JSON document on standard output

Exit codes are those of `spanload prove`.";

/// `spanload analyze`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AnalyzeArgs {
    /// Folder of the run
    #[arg(default_value = "results/latest", value_name = "RUN")]
    pub run: PathBuf,
    /// Exit with 98 if the SLA is met but its interval holds the limit, or there is a caveat; the files
    /// keep the exit code of the run
    #[arg(long, help_heading = "Verdict")]
    pub strict: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Judges once more, and says what came of it.
pub(super) fn run(args: &AnalyzeArgs) -> anyhow::Result<Exit> {
    deliver::prepare(&args.output)?;
    let results = Results::open(&args.run);
    let findings = workflow::analyze(&results)?;
    let comparison = &findings.comparison;
    let exit = if args.strict { comparison.exit_for(true) } else { comparison.exit };
    summary::deliver(&findings, exit, &results, &args.output)
}
