//! The step that sends one repetition of a phase.

use std::sync::Arc;

use crate::model::Phase;
use crate::workflow::sending::{PartLoad, Run, Shown};
use crate::workflow::truth_file::TruthFile;

/// One repetition of one phase against a fresh server.
pub(in crate::workflow) async fn repetition(
    run: &mut Run<'_>,
    phase: Phase,
    repetition: u32,
) -> anyhow::Result<()> {
    if run.stopped() {
        return Ok(());
    }
    let settings = run.settings();
    let load = PartLoad {
        part: phase.into(),
        repetition,
        plan: Arc::clone(&run.plan),
        strategy: settings.strategy(phase),
        workers: settings.load.workers,
        think: settings.load.think(),
        title: format!("{} {repetition}/{}", phase.name(), settings.repetitions),
        shown: Shown::AsLoad,
        truth: Some(run.results.path(&TruthFile::Repetition(phase, repetition).name())),
    };
    run.send(&load).await
}
