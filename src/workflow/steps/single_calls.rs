//! The step that makes a few single calls to the idle server before and after each repetition, part of neither phase:
//! whether equal work takes it equal time in both.
//!
//! They go to a server that is idle: before a repetition has begun, or after it has ended. The embedded mock gets them
//! in a process of their own, with the same settings and on the same ports, so that each repetition meets a fresh one
//! and the mock's log of it holds its requests alone.

use std::sync::Arc;
use std::time::Duration;

use crate::model::manifest::SingleCallsRecord;
use crate::model::{Connections, Part, Phase, Strategy};
use crate::workflow::sending::{PartLoad, Run, Shown, plans};

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
    if run.stopped() {
        return Ok(());
    }
    let set = run.manifest.single_calls.len() as u32 + 1;
    let load = PartLoad {
        part: Part::SingleCalls,
        repetition: set,
        plan: Arc::new(plans::of_idle_calls(run.settings(), CALLS)?),
        strategy: Strategy { connections: Connections::Pool(1), batch: 1 },
        workers: 1,
        think: Duration::ZERO,
        title: "single calls".to_string(),
        shown: Shown::InPassing,
        truth: None,
    };
    run.send(&load).await?;
    let at_end = end == End::After;
    run.manifest.single_calls.push(SingleCallsRecord { set, phase, repetition, at_end });
    Ok(())
}
