//! The step that sends one repetition of a phase.

use std::sync::Arc;

use super::progressed::Progressed;
use super::warmup::warm_up_session;
use crate::model::Phase;
use crate::workflow::sending::{PartLoad, Run, Shown, patience};
use crate::workflow::truth_file::TruthFile;

/// One repetition of one phase against a fresh server.
pub(in crate::workflow) async fn repetition(
    run: &mut Run<'_>,
    phase: Phase,
    repetition: u32,
) -> anyhow::Result<Progressed> {
    if run.stopped() {
        return Ok(Progressed::Further);
    }
    let settings = run.settings();
    let load = PartLoad {
        part: phase.into(),
        repetition,
        plan: Arc::clone(&run.plan),
        strategy: settings.strategy(phase),
        workers: settings.load.workers,
        patience: patience(settings),
        at_most: None,
        think: settings.load.think(),
        title: format!("{} {repetition}/{}", phase.name(), settings.repetitions),
        shown: Shown::AsLoad,
        truth: Some(run.results.path(&TruthFile::Repetition(phase, repetition).name())),
    };
    let session = run.runner.server.open(load.truth.as_deref()).await?;
    // What is fresh in each repetition gets warm in each.
    if run.runner.server.is_mock() && warm_up_session(run, &session).await? == Progressed::NoFurther {
        session.close().await?;
        return Ok(Progressed::NoFurther);
    }
    let given_up = run.send_to(&session, &load).await?;
    session.close().await?;
    let Some(given_up) = given_up else { return Ok(Progressed::Further) };
    run.ended_early(&load, given_up);
    Ok(Progressed::NoFurther)
}
