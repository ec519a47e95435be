//! The step that sends one repetition of a phase.

use std::sync::Arc;

use crate::model::Phase;
use crate::workflow::sending::{PartLoad, Run, Shown, patience};
use crate::workflow::truth_file::TruthFile;

/// Whether there is a point in going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workflow) enum Progressed {
    /// To the next repetition.
    Further,
    /// Nothing but failures ended: another repetition would cost time and tell the same.
    NoFurther,
}

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
        think: settings.load.think(),
        title: format!("{} {repetition}/{}", phase.name(), settings.repetitions),
        shown: Shown::AsLoad,
        truth: Some(run.results.path(&TruthFile::Repetition(phase, repetition).name())),
    };
    let Some(given_up) = run.send(&load).await? else { return Ok(Progressed::Further) };
    run.ended_early(&load, given_up);
    Ok(Progressed::NoFurther)
}
