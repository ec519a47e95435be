//! Parses the command line and runs the command.

use std::process::ExitCode;

use clap::Parser;
use spanload::cli::{Cli, execute};

fn main() -> ExitCode {
    execute(Cli::parse().command)
}
