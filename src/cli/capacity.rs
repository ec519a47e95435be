//! `spanload capacity`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use clap::Args;

use super::duration::milliseconds;
use super::output::{ColourArgs, FormatArg};
use super::scenario_args::ScenarioArgs;
use super::telemetry::TelemetryArgs;
use super::whole_number::whole_number;
use crate::host::{Interrupt, aside, console};
use crate::model::Exit;
use crate::report::capacity_summary;
use crate::scenario;
use crate::scenario::DEFAULT;
use crate::telemetry::logs;
use crate::workflow::invocation::{self, UsageError};
use crate::workflow::{self, CapacityFound, CapacityJob};

const EXAMPLES: &str = "\
Examples:
  spanload capacity                                    the embedded mock, before and after, about eight minutes
  spanload capacity --target http://127.0.0.1:8000/v1/infer --sla p95=500ms -d 20s
  spanload capacity --patterns 1 --precision 1.1       a first look: one arrival sequence, no interval
  spanload capacity --least 100                        exit with 99 unless after holds 100 requests/s

A measurement is as many requests as arrive in -d at its rate, and no fewer than a judged percentile needs.
Exit codes: 0 found, 99 after is not shown to hold --least, 98 nor to miss it, for the client itself was late, 1 no rate
holds or the run failed, 2 wrong usage or scenario, 129, 130 or 143 interrupted, after writing what there is.";

/// `spanload capacity`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CapacityArgs {
    /// Scenario file
    #[arg(default_value = DEFAULT, value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// What changes the scenario; -q is the first rate that is tried, -d the time of a measurement.
    #[command(flatten)]
    pub changes: ScenarioArgs,
    /// What changes telemetry.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
    /// Arrival sequences, each searched by itself; the interval is over these
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = whole_number::<u32>, help_heading = "Search")]
    pub patterns: u32,
    /// A search ends when the rate that fails is at most so many times the one that holds
    #[arg(long, value_name = "FACTOR", default_value_t = 1.05, help_heading = "Search")]
    pub precision: f64,
    /// No measurement begins after this time: 30s, 20m
    #[arg(long, value_name = "TIME", default_value = "20m", value_parser = milliseconds, help_heading = "Search")]
    pub time: u64,
    /// What the after phase must hold, in requests a second
    #[arg(long, value_name = "RATE", help_heading = "Verdict")]
    pub least: Option<f64>,
    /// Folder of all runs
    #[arg(long, default_value = "results", value_name = "FOLDER", help_heading = "Output")]
    pub out: PathBuf,
    /// What goes to standard output: text or json (the document)
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub format: FormatArg,
    /// Print no progress
    #[arg(long, help_heading = "Output")]
    pub quiet: bool,
    #[command(flatten)]
    pub colour: ColourArgs,
}

/// Searches, and says what was found.
pub(super) async fn run(args: CapacityArgs, interrupt: &Interrupt) -> anyhow::Result<Exit> {
    logs::init(args.telemetry.log_format);
    args.colour.apply();
    check(&args)?;
    let mut overrides = args.changes.overrides()?;
    args.telemetry.lay_over(&mut overrides)?;
    let file = args.scenario;
    let settings =
        interrupt.or_stop(aside("scenario", move || scenario::load_open(&file, &overrides))).await??;
    let job = CapacityJob {
        each: settings.load.duration.unwrap_or_default(),
        patterns: args.patterns,
        precision: args.precision,
        time: Duration::from_millis(args.time),
        least: args.least,
        quiet: args.quiet,
        command: invocation::masked_command(&settings.mask()),
        settings,
        out: args.out,
    };
    let CapacityFound { capacity, results } = workflow::capacity(job, interrupt).await?;
    match args.format {
        FormatArg::Json => {
            let mut document = serde_json::to_vec_pretty(&capacity)?;
            document.push(b'\n');
            console::print(&document)?;
        }
        _ => {
            let summary = capacity_summary(&capacity);
            console::print(format!("{summary}files: {}\n", results.folder().display()).as_bytes())?;
        }
    }
    Ok(capacity.exit)
}

fn check(args: &CapacityArgs) -> anyhow::Result<()> {
    if !(1..=100).contains(&args.patterns) {
        bail!(UsageError(format!("--patterns {}: out of range; use 1 to 100", args.patterns)));
    }
    if !(1.005..=4.0).contains(&args.precision) {
        bail!(UsageError(format!("--precision {}: out of range; use 1.005 to 4", args.precision)));
    }
    if args.least.is_some_and(|least| !(least > 0.0 && least.is_finite())) {
        bail!(UsageError("--least: give a rate above 0, in requests a second".into()));
    }
    Ok(())
}
