//! `spanload analyze`.

use std::path::PathBuf;

use clap::Args;

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
