//! `spanload export`.

use std::path::PathBuf;

use clap::Args;

use super::telemetry::TraceArgs;
use crate::host::console;
use crate::model::Exit;
use crate::runlog::Results;
use crate::scenario;
use crate::scenario::Overrides;
use crate::telemetry::{LogFormat, logs};
use crate::workflow;

const EXAMPLES: &str = "\
Examples:
  spanload export --otlp-endpoint http://127.0.0.1:4317               the newest run, over gRPC
  spanload export results/old --otlp-endpoint http://127.0.0.1:4318   over HTTP

Exit codes: 0 the collector took every span, 1 it did not, 2 wrong usage.";

/// `spanload export`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    /// Folder of the run
    #[arg(default_value = "results/latest", value_name = "RUN")]
    pub run: PathBuf,
    /// Where its spans go.
    #[command(flatten)]
    pub traces: TraceArgs,
    /// How logs look; RUST_LOG chooses which
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub log_format: LogFormat,
}

/// Sends the spans and says what became of them.
pub(super) fn run(args: &ExportArgs) -> anyhow::Result<Exit> {
    logs::init(args.log_format);
    let mut overrides = Overrides::default();
    args.traces.lay_over(&mut overrides)?;
    let settings = scenario::telemetry(&overrides)?;
    let totals = workflow::export(&Results::open(&args.run), &settings)?;
    console::say(&workflow::account(&totals));
    if totals.exported == totals.created {
        return Ok(Exit::Success);
    }
    let problem = totals.problem.as_deref().unwrap_or("the collector did not answer in time");
    console::fail(&format!("error: not all spans reached the collector: {problem}; export the run again"));
    Ok(Exit::Failed)
}
