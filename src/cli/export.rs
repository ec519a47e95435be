//! `spanload export`.

use std::path::PathBuf;

use clap::Args;

use super::TraceArgs;
use crate::telemetry::LogFormat;

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
