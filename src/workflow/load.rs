//! One phase, one log: the load of a scenario without the proof around it.

use std::fs::File;
use std::path::Path;

use anyhow::Context;

use super::sending::{PartLoad, Ready, Runner, Shown, conditions, telemetry};
use super::steps::expected;
use crate::host::{Anchor, Interrupt};
use crate::model::run_files;
use crate::model::{Caveat, Phase, RunEnd};
use crate::report::Progress;
use crate::runlog::{Answers, LogWriter, Recording};
use crate::scenario::Settings;
use crate::telemetry::Telemetry;

/// Sends the load of one phase once and writes its log.
pub async fn load(
    settings: &Settings,
    phase: Phase,
    log: &Path,
    quiet: bool,
    interrupt: &Interrupt,
) -> anyhow::Result<RunEnd> {
    let Ready { plan, server, prepared } = Ready::make(settings).await?;
    let anchor = Anchor::now();
    let run_id = conditions::run_id(&anchor);
    let file = File::create(log).with_context(|| format!("--log {}: cannot write there", log.display()))?;
    let recording = Recording {
        log: LogWriter::new(file, &run_id, phase.name())?,
        log_path: log.into(),
        answers: Answers::new(Box::new(std::io::sink())),
        answers_path: run_files::ANSWERS.into(),
    };
    let telemetry = Telemetry::start(prepared, &run_id, &settings.sla)?;
    let progress = Progress::new(quiet, expected::of_phase(settings, phase));
    let mut runner = Runner { settings, run_id, server, telemetry, anchor, progress, interrupt };
    let load = PartLoad {
        part: phase.into(),
        repetition: 1,
        plan,
        strategy: settings.strategy(phase),
        workers: settings.load.workers,
        think: settings.load.think(),
        title: phase.name().to_string(),
        shown: Shown::AsLoad,
        truth: None,
    };
    let session = runner.server.open(None).await?;
    let ran = runner.run(&load, &session, recording).await?;
    session.close().await?;
    let stopped = runner.server.stopped();
    if let Some(losses) = telemetry::flush(&mut runner.telemetry, stopped, &runner.progress).await.losses {
        runner.progress.note(&format!("warning: {}", Caveat::from(losses).message));
    }
    telemetry::last_scrape(&runner.telemetry, interrupt).await;
    Ok(match interrupt.signal() {
        Some(signal) => RunEnd::Interrupted(signal),
        None if ran.live.latency.is_empty() => RunEnd::Failed,
        None => RunEnd::Completed,
    })
}
