//! `spanload compare`.

use std::path::PathBuf;

use clap::Args;

use super::deliver;
use super::output::OutputArgs;
use super::phase_arg::PhaseArg;
use crate::model::{Exit, SlaLine};
use crate::report::{FOREIGN_LATENCY, Summary};
use crate::scenario::{ScenarioError, sla_lines};
use crate::workflow;
use crate::workflow::RunsFindings;

const EXAMPLES: &str = "\
Examples:
  spanload compare results/release-1 results/release-2     after of the one against after of the other
  spanload compare old new --phase before                  how both are without the optimisation
  spanload compare old new --phase-a before --sla p95=1s   before of the one against after of the other
  spanload compare old new --format markdown --strict      for a pull request, in doubt is not passed
  spanload compare results/k6 results/latest               another tool's log, imported, against an after phase

The second run is judged: by --sla, else by the SLA in its own manifest. The runs were not interleaved, so
repetitions are not paired: the intervals are Welch's. What changed on the machine between the two runs is in
the difference, not in the interval. Of an imported log the before phase is taken, which is all that it has; then the
difference has no interval and no verdict is clear.

Exit codes: 0 the second run meets the SLA, 99 it misses it or an answer differs, 98 met but in doubt (with
--strict only), 1 a run cannot be read or has no success, 2 wrong usage,
or latencies that have nothing in common.";

/// `spanload compare`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompareArgs {
    /// Folder of the run that is compared with, such as the last release's
    #[arg(value_name = "RUN-A")]
    pub a: PathBuf,
    /// Folder of the run that is judged
    #[arg(value_name = "RUN-B")]
    pub b: PathBuf,
    #[command(flatten)]
    phases: PhasesArgs,
    /// Line of the SLA, such as p95=800ms; repeatable, in place of the SLA of RUN-B
    #[arg(long, value_name = "METRIC=LIMIT", help_heading = "Verdict")]
    sla: Vec<String>,
    /// Exit with 98 if the SLA is met but its interval holds the limit, or there is a caveat
    #[arg(long, help_heading = "Verdict")]
    pub strict: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What of each run is compared.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is compared")]
struct PhasesArgs {
    /// Phase of both runs, before or after
    #[arg(long, value_enum, default_value_t = PhaseArg::After, hide_possible_values = true)]
    phase: PhaseArg,
    /// Phase of RUN-A, if it is another
    #[arg(long, value_enum, value_name = "PHASE", hide_possible_values = true)]
    phase_a: Option<PhaseArg>,
    /// Phase of RUN-B, if it is another
    #[arg(long, value_enum, value_name = "PHASE", hide_possible_values = true)]
    phase_b: Option<PhaseArg>,
}

impl CompareArgs {
    /// The phase of each run.
    fn phases(&self) -> [PhaseArg; 2] {
        let PhasesArgs { phase, phase_a, phase_b } = self.phases;
        [phase_a.unwrap_or(phase), phase_b.unwrap_or(phase)]
    }

    /// The SLA of the command line; `None` where it has none.
    fn sla(&self) -> Result<Option<Vec<SlaLine>>, ScenarioError> {
        if self.sla.is_empty() { Ok(None) } else { sla_lines(&self.sla).map(Some) }
    }
}

/// Compares two runs and says what came of it.
pub(super) fn run(args: &CompareArgs) -> anyhow::Result<Exit> {
    deliver::prepare(&args.output)?;
    let phases = args.phases().map(Into::into);
    let RunsFindings { comparison, sides, foreign } =
        workflow::compare([&args.a, &args.b], phases, args.sla()?, args.strict)?;
    let exit = comparison.exit;
    let summary = Summary {
        names: ["run a", "run b"],
        strategies: sides,
        judged: "by run b",
        exit,
        latency: if foreign { FOREIGN_LATENCY } else { Summary::default().latency },
        ..Summary::default()
    };
    deliver::deliver(&comparison, summary, &args.output)?;
    Ok(exit)
}
