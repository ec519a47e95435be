//! The command line as a whole: every command with its flags.

use clap::{Parser, Subcommand};

use super::ablate::AblateArgs;
use super::analyze::AnalyzeArgs;
use super::capacity::CapacityArgs;
use super::compare::CompareArgs;
use super::explain::ExplainArgs;
use super::export::ExportArgs;
use super::import::ImportArgs;
use super::load::LoadArgs;
use super::prove::ProveArgs;
use super::report::ReportArgs;
use crate::mock;

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
  spanload capacity                                  the highest rate at which the SLA holds, before and after
  spanload explain --slowest 5                       where the time of the slowest requests went
  spanload compare results/old results/new           two stored runs, release against release
  spanload import k6.csv --run results/k6            another tool's log, as a run to compare with
  spanload analyze results/latest                    the comparison again, from the logs
  spanload report results/latest                     the page again, from the logs

`spanload <COMMAND> --help` has the flags and examples of each command.

Exit codes: 0 SLA met, 99 SLA missed after the optimisation, 98 met but in doubt (with
--strict only), 1 the run failed, 2 wrong usage or scenario, 129, 130 or 143 interrupted.";

const MOCK_EXAMPLES: &str = "\
Examples:
  spanload mock --port 8000                         until Ctrl-C; its addresses are the one line it prints
  spanload mock --port 8000 --replicas 4 --error-rate 0.01
  curl -d '{\"prompt\":\"hello\"}' http://127.0.0.1:8000/v1/infer";

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run both phases, compare, judge
    Prove(ProveArgs),
    /// Compare and judge again, from the logs of a finished run
    Analyze(AnalyzeArgs),
    /// Write the page of a finished run, from its logs
    Report(ReportArgs),
    /// Compare two finished runs, release against release
    Compare(CompareArgs),
    /// Show where the time of one request went, or of the slowest ones
    Explain(ExplainArgs),
    /// Send the load of one phase once and write its log
    Load(LoadArgs),
    /// Find the highest rate at which the SLA holds, before and after
    Capacity(CapacityArgs),
    /// Prove each variant of an ablation file and print their table
    Ablate(AblateArgs),
    /// Send the spans of a finished run to an OTLP endpoint, from its logs
    Export(ExportArgs),
    /// Make a run of another tool's log, to compare with
    Import(ImportArgs),
    /// Serve the mock inference API
    #[command(after_help = MOCK_EXAMPLES)]
    Mock(mock::Options),
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
