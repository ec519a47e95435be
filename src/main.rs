//! Parses the command line and calls what it asks for.
use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(version, about)]
enum Command {
    Mock(spanload::mock::Options),
}

fn main() -> ExitCode {
    let Command::Mock(options) = Command::parse();
    match spanload::mock::serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
