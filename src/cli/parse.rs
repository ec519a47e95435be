//! From the arguments to a command; what is wrong with them is said within bounds, whatever they repeat.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use super::command::Cli;
use crate::host::console;
use crate::model::Exit;

/// The command line, or what to exit with.
///
/// # Errors
/// It was wrong, or asked for help alone; that has been said.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, ExitCode> {
    let parsed = definition().try_get_matches_from(args).and_then(|found| Cli::from_arg_matches(&found));
    parsed.map_err(|error| ExitCode::from(said(&error).code()))
}

/// A number may be negative, so that the flag it belongs to is named and not the number taken for a flag.
fn definition() -> clap::Command {
    Cli::command().mut_subcommands(|command| {
        command.mut_args(|arg| {
            let takes_numbers = arg.get_action().takes_values() && !arg.is_positional();
            if takes_numbers { arg.allow_negative_numbers(true) } else { arg }
        })
    })
}

fn said(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        // Help is a result: where it cannot be written, that is no success.
        let Err(problem) = console::print(error.render().to_string().as_bytes()) else {
            return Exit::Success;
        };
        console::fail(&format!("error: {problem:#}"));
        return Exit::Failed;
    }
    let text = error.render().to_string();
    if text.len() <= console::LONGEST {
        let _ = error.print();
    } else {
        console::fail(text.trim_end());
    }
    Exit::WrongUsage
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(args: &[&str]) -> String {
        let args = ["spanload"].iter().chain(args).map(OsString::from);
        let parsed = definition().try_get_matches_from(args).and_then(|found| Cli::from_arg_matches(&found));
        parsed.expect_err("a wrong line").to_string()
    }

    #[test]
    fn a_negative_number_is_told_with_its_flag() {
        for (args, flag) in [
            (&["prove", "-n", "-5"][..], "--requests"),
            (&["load", "-c", "-1"], "--concurrency"),
            (&["prove", "--repetitions", "-2"], "--repetitions"),
            (&["prove", "--metrics-port", "-1"], "--metrics-port"),
            (&["explain", "--slowest", "-3"], "--slowest"),
            (&["mock", "--replicas", "-4"], "--replicas"),
        ] {
            let text = complaint(args);
            assert!(text.contains(flag) && text.contains(args[args.len() - 1]), "{text}");
        }
    }
}
