//! `spanload explain`.

use std::path::PathBuf;

use clap::Args;

use super::deliver;
use super::output::ColourArgs;
use super::phase_arg::PhaseArg;
use super::whole_number::whole_number;
use crate::host::console;
use crate::model::Exit;
use crate::report;
use crate::runlog::Results;
use crate::workflow;
use crate::workflow::Wanted;

const EXAMPLES: &str = "\
Examples:
  spanload explain 17                               request 17 of the first before repetition, and the same one after
  spanload explain 17 --phase after --repetition 2  the same request of another repetition
  spanload explain --slowest 5                      the five slowest requests of the before phase
  spanload explain --slowest 3 --run results/old    of another run

A request without an answer ranks slower than every success; one that was never sent has nothing to show.";

/// `spanload explain`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// Sequence number of the request, as in the column seq of before.csv and after.csv
    #[arg(value_name = "SEQ", required_unless_present = "slowest", conflicts_with = "slowest")]
    pub seq: Option<u64>,
    /// The slowest so many requests of the phase instead
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000), help_heading = "Which request")]
    pub slowest: Option<u32>,
    /// Folder of the run
    #[arg(long, default_value = "results/latest", value_name = "FOLDER", help_heading = "Which request")]
    pub run: PathBuf,
    /// Phase of the request, before or after; the same request of the other phase is shown beside it
    #[arg(long, value_enum, default_value_t = PhaseArg::Before, hide_possible_values = true, help_heading = "Which request")]
    pub phase: PhaseArg,
    /// Repetition, from 1; without it the first, or all of them with --slowest
    #[arg(long, value_name = "N", value_parser = whole_number::<u32>, help_heading = "Which request")]
    pub repetition: Option<u32>,
    #[command(flatten)]
    pub colour: ColourArgs,
}

/// Prints the requests that were asked for.
pub(super) fn run(args: &ExplainArgs) -> anyhow::Result<Exit> {
    args.colour.apply();
    let results = Results::open(&args.run);
    let wanted = match (args.seq, args.slowest) {
        (Some(seq), _) => Wanted::One { seq, repetition: args.repetition.unwrap_or(1) },
        (None, count) => Wanted::Slowest { count: count.unwrap_or(1) as usize, repetition: args.repetition },
    };
    let requests = workflow::explain(&results, args.phase.into(), wanted)?;
    console::print(&report::explain(&results.manifest()?.run_id, &requests, deliver::colour_of_results()))?;
    Ok(Exit::Success)
}
