//! The command line.

mod telemetry;

pub use telemetry::{ExportArgs, TelemetryArgs, TraceArgs};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::jaeger::JaegerUrl;
use crate::mock;
use crate::sample::Phase;
use crate::scenario::{Overrides, ScenarioError};

/// Runs the same load before and after a client-side optimisation and proves what it bought.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  spanload prove                                     the default scenario against the embedded mock
  spanload prove --target http://127.0.0.1:8000      the same load against your own server
  spanload prove --sla p95=500ms --set after.batch=4 another limit, another optimisation
  spanload analyze results/latest                    the comparison again, from the logs
  spanload report results/latest                     the page again, from the logs

Exit codes: 0 SLA met, 99 SLA missed after the optimisation, 98 met but in doubt (with
--strict only), 1 the run failed, 2 wrong usage or scenario, 130 or 143 interrupted.";

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run both phases, compare, judge
    Prove(ProveArgs),
    /// Compare and judge again, from the logs of a finished run
    Analyze(AnalyzeArgs),
    /// Write the page of a finished run, from its logs
    Report(ReportArgs),
    /// Send the load of one phase once and write its log
    Load(LoadArgs),
    /// Prove each variant of an ablation file and print their table
    Ablate(AblateArgs),
    /// Send the spans of a finished run to an OTLP endpoint, from its logs
    Export(ExportArgs),
    /// Serve the mock inference API
    Mock(mock::Options),
}

/// What changes a scenario.
#[derive(Clone, Debug, Default, Args)]
pub struct ScenarioArgs {
    /// Requests of one repetition
    #[arg(short = 'n', long, value_name = "N")]
    requests: Option<u64>,
    /// Callers of the closed loop
    #[arg(short = 'c', long = "concurrency", value_name = "N")]
    workers: Option<usize>,
    /// Repetitions of each phase
    #[arg(long, value_name = "N")]
    repetitions: Option<u32>,
    /// URL of your own server instead of the embedded mock
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// Extra header of every request; its value is never written down
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Time from due after which a request has failed, in milliseconds
    #[arg(long, value_name = "MS")]
    timeout: Option<u64>,
    /// Line of the SLA, such as p95=800ms, error_rate=1% or throughput=100rps; repeatable
    #[arg(long, value_name = "METRIC=LIMIT")]
    sla: Vec<String>,
    /// Any key of the scenario, such as mock.backlog=64; repeatable, wins over the file
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// 200 requests, one repetition: still shows the effect, for CI
    #[arg(long)]
    quick: bool,
}

impl ScenarioArgs {
    /// As what they lay over the file. Specific flags win over `--quick`, `--set` over all.
    pub fn overrides(&self) -> Result<Overrides, ScenarioError> {
        let mut overrides = Overrides::default();
        if self.quick {
            overrides.set("--quick", "load.requests", 200);
            overrides.set("--quick", "runs.repetitions", 1);
        }
        let numbers = [
            ("-n", "load.requests", self.requests),
            ("-c", "load.workers", self.workers.map(|workers| workers as u64)),
            ("--repetitions", "runs.repetitions", self.repetitions.map(u64::from)),
            ("--timeout", "target.timeout_ms", self.timeout),
        ];
        for (flag, key, value) in numbers {
            if let Some(value) = value {
                let value = i64::try_from(value).map_err(|_| ScenarioError::too_large(flag, value))?;
                overrides.set(flag, key, value);
            }
        }
        if let Some(url) = &self.target {
            overrides.set("--target", "target.url", url.as_str());
        }
        self.headers.iter().try_for_each(|header| overrides.set_header(header))?;
        self.sla.iter().try_for_each(|line| overrides.set_sla(line))?;
        self.set.iter().try_for_each(|assignment| overrides.set_text(assignment))?;
        Ok(overrides)
    }
}

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
    /// What changes telemetry.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
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

/// `spanload analyze`
#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    /// Folder of the run
    #[arg(default_value = "results/latest", value_name = "RUN")]
    pub run: PathBuf,
    /// Exit with 98 if the SLA is met but its interval holds the limit, or there is a caveat; the files
    /// keep the exit code of the run
    #[arg(long)]
    pub strict: bool,
    /// Colour nothing
    #[arg(long)]
    pub no_color: bool,
}

/// `spanload report`
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Folder of the run
    #[arg(default_value = "results/latest", value_name = "RUN")]
    pub run: PathBuf,
    /// Where the page goes, in place of report.html in the folder of the run
    #[arg(short = 'o', long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Address of Jaeger, such as http://127.0.0.1:16686, so that every request opens its trace; in place of
    /// telemetry.jaeger_url of the run
    #[arg(long, value_name = "URL", value_parser = JaegerUrl::new)]
    pub jaeger_url: Option<JaegerUrl>,
}

/// `spanload load`
#[derive(Debug, Args)]
pub struct LoadArgs {
    /// Scenario file
    #[arg(default_value = "scenarios/default.toml", value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// How to send
    #[arg(long, value_enum, default_value_t = PhaseArg::Before)]
    pub phase: PhaseArg,
    /// Where the log goes
    #[arg(short = 'o', long, default_value = "load.csv", value_name = "FILE")]
    pub log: PathBuf,
    /// What changes the scenario.
    #[command(flatten)]
    pub changes: ScenarioArgs,
    /// What changes telemetry.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
    /// Print no progress
    #[arg(short, long)]
    pub quiet: bool,
}

/// A phase on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PhaseArg {
    /// As it is sent today
    Before,
    /// With the optimisation
    After,
}

impl From<PhaseArg> for Phase {
    fn from(phase: PhaseArg) -> Phase {
        match phase {
            PhaseArg::Before => Phase::Before,
            PhaseArg::After => Phase::After,
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
