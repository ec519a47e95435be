//! The step that makes a few single calls to the idle server before and after each repetition, part of neither phase:
//! whether equal work takes it equal time in both.
//!
//! They go to a server that is idle: before a repetition has begun, or after it has ended. The embedded mock gets them
//! in a process of their own, with the same settings and on the same ports, so that each repetition meets a fresh one
//! and the mock's log of it holds its requests alone.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Patience;
use crate::model::manifest::SingleCallsRecord;
use crate::model::{Part, Phase, Strategy};
use crate::workflow::sending::{PartLoad, Run, Shown};

/// One that opens the connection and two on the warm one: these count where the server reports no times.
const CALLS: u64 = 3;

/// At which end of a repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workflow) enum End {
    Before,
    After,
}

/// Makes one set of them, beside a repetition of a phase.
pub(in crate::workflow) async fn single_calls(
    run: &mut Run<'_>,
    phase: Phase,
    repetition: u32,
    end: End,
) -> anyhow::Result<()> {
    if run.stopped() || run.calls_given_up {
        return Ok(());
    }
    let set = run.manifest.single_calls.len() as u32 + 1;
    let load = PartLoad {
        part: Part::SingleCalls,
        repetition: set,
        plan: Arc::new(run.plan.of_next_seed(CALLS)),
        strategy: Strategy { http: run.settings().after.http, ..Strategy::pool(1) },
        workers: 1,
        patience: Some(Patience::of_calls(1)),
        think: Duration::ZERO,
        title: "single calls".to_string(),
        shown: Shown::InPassing,
        truth: None,
    };
    if let Some(given_up) = run.send(&load).await? {
        run.give_calls_up(1, given_up);
    }
    let at_end = end == End::After;
    run.manifest.single_calls.push(SingleCallsRecord { set, phase, repetition, at_end });
    Ok(())
}
