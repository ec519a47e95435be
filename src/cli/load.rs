//! `spanload load`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::ColourArgs;
use super::phase_arg::PhaseArg;
use super::scenario_args::ScenarioArgs;
use super::telemetry::TelemetryArgs;
use crate::host::console::STDOUT;
use crate::host::{Interrupt, aside, console};
use crate::model::Exit;
use crate::scenario;
use crate::scenario::DEFAULT;
use crate::telemetry::logs;
use crate::workflow;

const EXAMPLES: &str = "\
Examples:
  spanload load -n 100 -o load.csv                  the before phase once, 100 requests
  spanload load --phase after --target http://127.0.0.1:8000/v1/infer --timeout 30s

Prints where the log is. Exit codes: 0 requests succeeded, 1 none did, hardly any, or none after some instant, or more than
--max-error-rate failed, 2 wrong usage or scenario, 129, 130 or 143 interrupted.";

/// `spanload load`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LoadArgs {
    /// Scenario file
    #[arg(default_value = DEFAULT, value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// How to send: as before or as after
    #[arg(long, value_enum, default_value_t = PhaseArg::Before, hide_possible_values = true, help_heading = "Load")]
    pub phase: PhaseArg,
    /// Where the log goes; - is standard output
    #[arg(short = 'o', long, default_value = "load.csv", value_name = "FILE", help_heading = "Output")]
    pub log: PathBuf,
    /// What changes the scenario.
    #[command(flatten)]
    pub changes: ScenarioArgs,
    /// What changes telemetry.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
    /// Print no progress
    #[arg(long, help_heading = "Output")]
    pub quiet: bool,
    #[command(flatten)]
    pub colour: ColourArgs,
}

/// Prints where the log is.
pub(super) async fn run(args: LoadArgs, interrupt: &Interrupt) -> anyhow::Result<Exit> {
    logs::init(args.telemetry.log_format);
    args.colour.apply();
    let mut overrides = args.changes.overrides()?;
    args.telemetry.lay_over(&mut overrides)?;
    let file = args.scenario;
    let settings =
        interrupt.or_stop(aside("scenario", move || scenario::load_unjudged(&file, &overrides))).await??;
    let end = workflow::load(&settings, args.phase.into(), &args.log, args.quiet, interrupt).await?;
    if args.log != Path::new(STDOUT) {
        console::print(format!("{}\n", args.log.display()).as_bytes())?;
    }
    Ok(Exit::from(end))
}
