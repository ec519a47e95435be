//! `spanload report`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::host::console::{self, STDOUT};
use crate::model::run_files::PAGE;
use crate::model::{Exit, JaegerUrl};
use crate::runlog::Results;
use crate::workflow;
use crate::workflow::Written;

const EXAMPLES: &str = "\
Examples:
  spanload report                                          results/latest/report.html
  spanload report results/old -o old.html                  elsewhere
  spanload report --jaeger-url http://127.0.0.1:16686      every request opens its trace";

/// `spanload report`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReportArgs {
    /// Folder of the run
    #[arg(default_value = "results/latest", value_name = "RUN")]
    pub run: PathBuf,
    /// Where the page goes, in place of report.html in the folder of the run; - is standard output
    #[arg(short = 'o', long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Address of Jaeger, such as http://127.0.0.1:16686, so that every request opens its trace; in place of
    /// telemetry.jaeger_url of the run
    #[arg(long, value_name = "URL", value_parser = JaegerUrl::new, help_heading = "Output")]
    pub jaeger_url: Option<JaegerUrl>,
}

/// Writes the page and prints where it is.
pub(super) fn run(args: &ReportArgs) -> anyhow::Result<Exit> {
    let results = Results::open(&args.run);
    let written = workflow::report(&results, args.out.as_deref(), args.jaeger_url.clone())?;
    let path = args.out.clone().unwrap_or_else(|| results.path(PAGE));
    if written == Written::Incomplete {
        console::warn(&format!("warning: the run is not whole; {} says what is missing", path.display()));
    }
    if path != Path::new(STDOUT) {
        console::print(format!("{}\n", path.display()).as_bytes())?;
    }
    Ok(Exit::Success)
}
