//! Calls the command that the command line asks for; how it ended becomes the exit code.

use std::process::ExitCode;

use super::command::Command;
use super::interruptible::interruptible;
use super::{ablate, analyze, capacity, compare, explain, export, import, load, mock, prove, report};
use crate::host::{Interrupted, console, regular};
use crate::model::Exit;
use crate::plan::{ArrivalError, PayloadError};
use crate::scenario::ScenarioError;
use crate::telemetry::TelemetryError;
use crate::transport::EndpointError;
use crate::workflow::invocation::UsageError;

/// Runs one command; the exit code says what came of it.
pub fn execute(command: Command) -> ExitCode {
    console::restore_on_panic();
    let exit = run(command).unwrap_or_else(|error| {
        console::fail(&format!("error: {error:#}"));
        match error.downcast_ref() {
            Some(Interrupted(signal)) => Exit::Interrupted(*signal),
            None if is_usage(&error) => Exit::WrongUsage,
            None => Exit::Failed,
        }
    });
    ExitCode::from(exit.code())
}

fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Mock(options) => mock::run(options),
        Command::Prove(args) => interruptible(async |interrupt| prove::run(args, interrupt).await),
        Command::Analyze(args) => analyze::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Import(args) => import::run(args),
        Command::Compare(args) => compare::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Load(args) => interruptible(async |interrupt| load::run(args, interrupt).await),
        Command::Capacity(args) => interruptible(async |interrupt| capacity::run(args, interrupt).await),
        Command::Ablate(args) => interruptible(async |interrupt| ablate::run(args, interrupt).await),
    }
}

/// Whether the person at the keyboard can correct it.
fn is_usage(error: &anyhow::Error) -> bool {
    error.is::<UsageError>()
        || error.is::<ScenarioError>()
        || error.is::<PayloadError>()
        || error.is::<ArrivalError>()
        || error.is::<EndpointError>()
        || error.is::<TelemetryError>()
        || error.chain().filter_map(|cause| cause.downcast_ref()).any(regular::is_unfit)
}
