//! One phase, one log: the load of a scenario without the proof around it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use super::sending::{PartLoad, Ready, Runner, Session, Shown, conditions, patience, telemetry};
use super::steps::{expected, warmup};
use crate::analyze::{Doubt, FailureGroup, mostly_failed};
use crate::host::console::{self, STDOUT};
use crate::host::{Anchor, Interrupt, aside};
use crate::model::run_files;
use crate::model::{Caveat, Mask, Phase, RunEnd};
use crate::plan::{Plan, Survey};
use crate::report;
use crate::report::{Progress, failed_load};
use crate::runlog::{Answers, FailureLog, Live, LogFile, LogWriter, Recording};
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
    let Ready { plan, server, prepared, probe } =
        Ready::make(settings, &[settings.strategy(phase)], quiet, interrupt).await?;
    let anchor = Anchor::now();
    let run_id = conditions::run_id(&anchor);
    let file = if log == Path::new(STDOUT) { LogFile::stdout() } else { LogFile::start(log) };
    let file = file.with_context(|| format!("--log {}: cannot write there", log.display()))?;
    let recording = Recording {
        log: LogWriter::new(file, &run_id, phase.name())?,
        log_path: log.into(),
        answers: Answers::new(Box::new(std::io::sink()), Mask::default(), settings.quality.view()),
        answers_path: run_files::ANSWERS.into(),
        failures: FailureLog::new(Box::new(std::io::sink()), settings.mask()),
        failures_path: run_files::FAILURES.into(),
        part: phase.name().to_string(),
    };
    let telemetry = Telemetry::start(prepared, &run_id, &settings.sla)?;
    let progress = Progress::new(quiet, expected::of_phase(settings, plan.requests(), phase));
    let mut runner = Runner { settings, run_id, server, telemetry, anchor, progress, interrupt };
    runner.say_destination(&[settings.strategy(phase)])?;
    runner.say_arrivals(&plan);
    runner.say_probe(&probe);
    let load = PartLoad {
        part: phase.into(),
        repetition: 1,
        plan,
        strategy: settings.strategy(phase),
        workers: settings.load.workers,
        patience: patience(settings),
        at_most: None,
        think: settings.load.think(),
        title: phase.name().to_string(),
        shown: Shown::AsLoad,
        truth: None,
    };
    if runner.server.trusts_anyone() {
        runner.progress.note(&format!("warning: {}", Caveat::from(Doubt::Insecure).message));
    }
    let session = runner.server.open(None).await?;
    warm_up(&mut runner, &load.plan, &session).await?;
    let ran = runner.run(&load, &session, recording).await?;
    session.close().await?;
    let stopped = runner.server.stopped();
    if let Some(losses) = telemetry::flush(&mut runner.telemetry, stopped, &runner.progress).await.losses {
        runner.progress.note(&format!("warning: {}", Caveat::from(losses).message));
    }
    telemetry::last_scrape(&runner.telemetry, interrupt).await;
    if let Some(given_up) = ran.given_up {
        let doubt = Doubt::EndedEarly {
            part: phase.name().to_string(),
            repetition: 1,
            at: given_up.at,
            mostly: given_up.mostly,
        };
        runner.progress.note(&format!("warning: {}", Caveat::from(doubt).message));
    }
    let (groups, notes) = (FailureGroup::of(ran.live.failures.clone()), ran.recording.failures.notes());
    for line in report::failed(&groups, &notes) {
        runner.progress.note(&format!("failed: {line}"));
    }
    Ok(match interrupt.signal() {
        Some(signal) => RunEnd::Interrupted(signal),
        None if ran.live.latency.is_empty() => {
            console::fail(&failed_load(&ran.live, &settings.sla, &notes, &conditions::sent_by(settings)));
            RunEnd::Failed
        }
        None if ran.given_up.is_some() => RunEnd::Failed,
        None => match failed_mostly(&ran.live, settings) {
            Some(why) => {
                console::fail(&format!("error: {why}"));
                RunEnd::Failed
            }
            None => RunEnd::Completed,
        },
    })
}

/// Fewer failures in a row are chance, unless there are more callers.
const IN_A_ROW: u64 = 10;

/// Why a load with some successes has failed all the same; `None` if it has not. Where somebody says what share may fail, that
/// alone counts.
fn failed_mostly(live: &Live, settings: &Settings) -> Option<String> {
    let (failed, sent) = (live.failed, live.ended);
    let share = failed as f64 / sent.max(1) as f64;
    let percent = share * 100.0;
    if let Some(most) = settings.load.max_error_rate {
        let most_percent = most * 100.0;
        return (share > most).then(|| {
            format!("{failed} of {sent} requests failed ({percent:.1} %), more than the {most_percent} % of load.max_error_rate")
        });
    }
    const OR: &str = "correct what the lines above name, or say how many may fail with --max-error-rate";
    if mostly_failed(sent - failed, failed) {
        return Some(format!("{failed} of {sent} requests failed ({percent:.1} %); {OR}"));
    }
    let callers = if settings.load.arrival.is_some() { 1 } else { settings.load.workers as u64 };
    let since = live.last_success.unwrap_or_default().as_micros() as f64 / 1e6;
    (live.failed_since >= callers.max(IN_A_ROW)).then(|| {
        format!(
            "nothing but errors came after {since:.1} s: the last {} of {sent} requests failed; {OR}",
            live.failed_since
        )
    })
}

/// Sends a warm-up where one is asked for by name: a single load has no other phase to be fair to. Its rows are not kept, for
/// there is one log.
async fn warm_up(runner: &mut Runner<'_>, plan: &Arc<Plan>, session: &Session) -> anyhow::Result<()> {
    let settings = runner.settings;
    if settings.load.warmup.is_none() {
        return Ok(());
    }
    let (looked_at, first) = (Arc::clone(plan), warmup::surveyed(settings, plan.requests()));
    let look = move || Survey::of(&looked_at, first, warmup::BODIES_MOST, 0);
    let survey = aside("survey", look).await??;
    let Some(load) = warmup::load(settings, plan, &survey, 1) else { return Ok(()) };
    let part = load.part.to_string();
    let nowhere = Path::new("/dev/null");
    let recording = Recording {
        log: LogWriter::new(LogFile::start(nowhere)?, &runner.run_id, &part)?,
        log_path: nowhere.into(),
        answers: Answers::new(Box::new(std::io::sink()), settings.mask(), settings.quality.view()),
        answers_path: nowhere.into(),
        failures: FailureLog::new(Box::new(std::io::sink()), settings.mask()),
        failures_path: nowhere.into(),
        part,
    };
    let ran = runner.run(&load, session, recording).await?;
    for line in report::failed(&FailureGroup::of(ran.live.failures), &ran.recording.failures.notes()) {
        runner.progress.note(&format!("failed in the warm-up: {line}"));
    }
    Ok(())
}
