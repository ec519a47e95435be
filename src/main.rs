//! Parses the command line and runs the command.

use std::process::ExitCode;

use spanload::cli::{execute, parse};

fn main() -> ExitCode {
    match parse(std::env::args_os()) {
        Ok(cli) => execute(cli.command),
        Err(code) => code,
    }
}
