//! `spanload import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::baseline::foreign::{Mapping, mapped};
use crate::host::console;
use crate::model::{Exit, LatencyStart};
use crate::report;
use crate::scenario::sla_lines;
use crate::workflow;
use crate::workflow::ImportJob;

const EXAMPLES: &str = "\
Examples:
  spanload import k6.csv                                   of k6 run --out csv=k6.csv; its own format is told by what is in it
  spanload import vegeta.csv --run results/last-week       of vegeta encode --to csv; into this folder
  spanload import requests.csv --map latency=elapsed:ms --map start=when --map status=code
                                                           any CSV with one row a request
  spanload compare results/last-week results/latest        the imported log against the after phase of a run
  spanload explain --slowest 5 --run results/last-week     its slowest requests

Known are: k6 (CSV, JSON), vegeta (CSV, JSON), oha (CSV), hey (CSV), Locust (by a listener), AIPerf (JSONL), GuideLLM
(JSON), vLLM bench (--save-detailed), the CSV of input.py; docs/import.md says how each is made and what it contains.

Prints where the run is, and on standard error what stands for what. Exit codes: 0 imported, 1 it could not be
written, 2 the file is no such log or wrong usage.";

/// `spanload import`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ImportArgs {
    /// The other tool's log
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Folder that becomes the run's; without it one below results
    #[arg(short = 'o', long, value_name = "FOLDER", help_heading = "Output")]
    pub run: Option<PathBuf>,
    /// What a column of a CSV holds, as latency=COLUMN:ms; repeatable. start, end, latency, ttfb, queue, dns, connect, tls, send,
    /// wait, receive (units s, ms, us, ns), number, status, error, success, bytes_sent, bytes_received
    #[arg(long, value_name = "WHAT=COLUMN[:UNIT]", value_parser = mapped, help_heading = "What is in it")]
    map: Vec<crate::baseline::foreign::ToolColumn>,
    /// From when the mapped latency counts: due, start (connection set-up included) or connection (without it)
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FROM",
        requires = "map",
        hide_possible_values = true,
        help_heading = "What is in it"
    )]
    latency_from: FromArg,
    /// Line of the SLA that the run is judged by, such as p95=800ms; repeatable
    #[arg(long, value_name = "METRIC=LIMIT", help_heading = "Verdict")]
    sla: Vec<String>,
}

/// From when a latency counts, on the command line.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum FromArg {
    /// When the request was due
    Due,
    /// When it started
    #[default]
    Start,
    /// When its connection was open
    Connection,
}

/// Imports a log and says what stands for what in it.
pub(super) fn run(args: ImportArgs) -> anyhow::Result<Exit> {
    let sla = if args.sla.is_empty() { Vec::new() } else { sla_lines(&args.sla)? };
    let mapping =
        (!args.map.is_empty()).then(|| Mapping { from: args.latency_from.into(), columns: args.map });
    let job = ImportJob { file: &args.file, mapping, folder: args.run, sla };
    let run = workflow::import(job)?;
    console::say(&report::imported(&run.record, run.requests, run.failed));
    console::print(format!("{}\n", run.results.folder().display()).as_bytes())?;
    Ok(Exit::Success)
}

impl From<FromArg> for LatencyStart {
    fn from(from: FromArg) -> LatencyStart {
        match from {
            FromArg::Due => LatencyStart::Due,
            FromArg::Start => LatencyStart::Start,
            FromArg::Connection => LatencyStart::Connection,
        }
    }
}
