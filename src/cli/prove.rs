//! `spanload prove`.

use std::path::PathBuf;

use clap::Args;

use super::output::OutputArgs;
use super::scenario_args::ComparisonArgs;
use super::telemetry::TelemetryArgs;
use super::{deliver, summary};
use crate::host::{Interrupt, aside};
use crate::model::Exit;
use crate::scenario;
use crate::scenario::DEFAULT;
use crate::telemetry::logs;
use crate::workflow;
use crate::workflow::{Job, invocation};

const EXAMPLES: &str = "\
Examples:
  spanload prove                                    the default scenario against the embedded mock
  spanload prove --quick                            a first look: 200 requests, one repetition
  spanload prove --target http://127.0.0.1:8000/v1/infer --set load.payloads=bodies.jsonl --set after.batch=1
  spanload prove --sla p95=500ms --sla error_rate=1%  two lines, both must be met
  spanload prove --set mock.backlog=64 --ladder     another server, each optimisation by itself
  spanload prove --target http://127.0.0.1:8000/v1/infer --aa   how far two phases differ that send alike
  spanload prove --target http://127.0.0.1:8000/v1/infer --set 'before.script=k6 run --out csv={log} -e URL={url} test.js'
                                                    your own load test beside the phases, whichever tool it is
  spanload prove --target http://127.0.0.1:8000/v1/infer --set before.script= --set before.log=k6.csv
                                                    the log of last week as the before phase; only the after phase is sent
  spanload prove --strict --junit junit.xml --format markdown   for CI

With --aa: 0 no difference found, 99 one is. Exit codes: 0 SLA met, 99 SLA missed after the optimisation, 98 met but in doubt (with --strict only), 1 the
run failed, 2 wrong usage or scenario, 129, 130 or 143 interrupted, after writing what there is.";

/// `spanload prove`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ProveArgs {
    /// Scenario file
    #[arg(default_value = DEFAULT, value_name = "SCENARIO")]
    scenario: PathBuf,
    /// Scenario file, in place of the one before it
    #[arg(long = "scenario", value_name = "FILE", help_heading = "Scenario")]
    scenario_flag: Option<PathBuf>,
    /// What changes the scenario.
    #[command(flatten)]
    pub changes: ComparisonArgs,
    /// What changes telemetry.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
    /// Folder of all runs
    #[arg(
        long,
        default_value = "results",
        value_name = "FOLDER",
        overrides_with = "out",
        help_heading = "Output"
    )]
    pub out: PathBuf,
    /// Then add the optimisations one at a time and show what each bought
    #[arg(long, help_heading = "Load")]
    pub ladder: bool,
    /// Send both phases as before, to see what difference there is where none should be
    #[arg(long, conflicts_with = "ladder", help_heading = "Load")]
    pub aa: bool,
    /// Exit with 98 if the SLA is met but its interval holds the limit, or there is a caveat
    #[arg(long, help_heading = "Verdict")]
    pub strict: bool,
    /// Print no progress
    #[arg(long, help_heading = "Output")]
    pub quiet: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

impl ProveArgs {
    /// The scenario file.
    fn scenario(&self) -> &PathBuf {
        self.scenario_flag.as_ref().unwrap_or(&self.scenario)
    }
}

/// Runs both phases and says what came of it.
pub(super) async fn run(args: ProveArgs, interrupt: &Interrupt) -> anyhow::Result<Exit> {
    logs::init(args.telemetry.log_format);
    deliver::prepare(&args.output)?;
    let mut overrides = args.changes.overrides()?;
    args.telemetry.lay_over(&mut overrides)?;
    let file = args.scenario().clone();
    let settings = interrupt.or_stop(aside("scenario", move || scenario::load(&file, &overrides))).await??;
    let settings = if args.aa { settings.into_aa() } else { settings };
    let command = invocation::masked_command(&settings.mask());
    let (quiet, strict) = (args.quiet, args.strict);
    let job = Job { settings, out: args.out, ladder: args.ladder, aa: args.aa, quiet, command, strict };
    let proof = workflow::prove(job, interrupt).await?;
    let exit = proof.findings.comparison.exit;
    summary::deliver(&proof.findings, exit, &proof.results, &args.output)
}
