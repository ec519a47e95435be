//! The step that sends the warm-up: logged apart, never judged, and equal for both phases.
//!
//! A server that was given gets it once, before anything is measured, the given load test included. The embedded mock is
//! a fresh process in each repetition and gets it before each one.

use std::time::Duration;

use super::progressed::Progressed;
use crate::analyze::{Doubt, FailureGroup, SentBy};
use crate::model::manifest::WarmupRecord;
use crate::model::{ErrorKind, Part, Strategy};
use crate::plan::{Plan, Survey};
use crate::runlog::Live;
use crate::scenario::{Settings, Warmup};
use crate::workflow::sending::{PartLoad, Run, Session, Shown, conditions, patience};

/// Distinct bodies that are sent at most.
pub(in crate::workflow) const BODIES_MOST: usize = 10_000;
/// A warm-up of bodies sends no further ones after so long.
const AT_MOST: Duration = Duration::from_secs(60);
/// More requests than any warm-up by time has.
const WITHOUT_END: u64 = 10_000_000;

/// Sends it once to a server that was given.
pub(in crate::workflow) async fn warm_up(run: &mut Run<'_>) -> anyhow::Result<Progressed> {
    if !begin(run)? {
        return Ok(Progressed::Further);
    }
    if run.survey.cut {
        run.runner.progress.note(&format!(
            "warm-up: the plan has many distinct bodies, the first {} of them are sent; to warm up for a time use --warmup 60s",
            run.survey.distinct.len()
        ));
    }
    if run.runner.server.is_mock() {
        return Ok(Progressed::Further);
    }
    let session = run.runner.server.open(None).await?;
    let progressed = warm_up_session(run, &session).await?;
    session.close().await?;
    Ok(progressed)
}

/// Starts its log and notes it; whether there is one.
pub(in crate::workflow) fn begin(run: &mut Run<'_>) -> anyhow::Result<bool> {
    let warmup = run.settings().warmup();
    if warmup == Warmup::None || run.stopped() {
        return Ok(false);
    }
    run.recordings.add(&run.runner.run_id, Part::Warmup)?;
    run.manifest.warmup = Some(WarmupRecord {
        asked: warmup.to_string(),
        bodies: run.survey.distinct.len() as u64,
        cut: run.survey.cut,
        strategy: strategy(run.settings()).to_string(),
    });
    Ok(true)
}

/// Sends it to a server that is up, where there is one to send.
pub(in crate::workflow) async fn warm_up_session(
    run: &mut Run<'_>,
    session: &Session,
) -> anyhow::Result<Progressed> {
    Ok(send_set(run, session).await?.0)
}

/// The same, and how many of its requests were sent.
pub(in crate::workflow) async fn send_set(
    run: &mut Run<'_>,
    session: &Session,
) -> anyhow::Result<(Progressed, u64)> {
    let sent = run.manifest.repetitions.iter().filter(|one| one.phase == Part::Warmup).count();
    let Some(load) = load(run.settings(), &run.plan, &run.survey, sent as u32 + 1) else {
        return Ok((Progressed::Further, 0));
    };
    let (given_up, live) = run.send_counted(session, &load).await?;
    if let Some(failed) = failed(&live, conditions::sent_by(run.settings())) {
        run.caveat(failed);
    }
    if let Some(given_up) = given_up {
        run.ended_early(&load, given_up);
        return Ok((Progressed::NoFurther, live.ended));
    }
    let too_long = load.shown == Shown::InPassing && live.ended < load.plan.requests() && !run.stopped();
    if let Some(record) = run.manifest.warmup.as_mut().filter(|_| too_long) {
        record.cut = true;
        let (ended, planned) = (live.ended, load.plan.requests());
        run.runner.progress.note(&format!(
            "warm-up: after {} s {ended} of {planned} distinct bodies were sent, the rest is left out",
            AT_MOST.as_secs()
        ));
    }
    Ok((Progressed::Further, live.ended))
}

/// What is sent, of a plan whose distinct bodies are known; `None` where nothing is.
pub(in crate::workflow) fn load(
    settings: &Settings,
    plan: &Plan,
    survey: &Survey,
    set: u32,
) -> Option<PartLoad> {
    let bodies = survey.distinct.clone();
    let (requests, at_most, shown) = match settings.warmup() {
        Warmup::None => return None,
        Warmup::Share(_) => (bodies.len() as u64, AT_MOST, Shown::InPassing),
        Warmup::Time(time) => (WITHOUT_END, time, Shown::Uncounted),
    };
    Some(PartLoad {
        part: Part::Warmup,
        repetition: set,
        plan: Plan::picked(requests, plan, bodies).into(),
        strategy: strategy(settings),
        workers: settings.load.workers,
        patience: patience(settings),
        at_most: Some(at_most),
        think: settings.load.think(),
        title: format!("warm-up {}", settings.warmup()),
        shown,
        truth: None,
    })
}

/// As the before phase sends, one request a call: whether there is a batch endpoint is the optimisation's concern.
fn strategy(settings: &Settings) -> Strategy {
    Strategy { batch: 1, ..settings.before }
}

/// So many of a plan's requests are looked at for distinct bodies.
pub(in crate::workflow) fn surveyed(settings: &Settings, requests: u64) -> u64 {
    match settings.warmup() {
        Warmup::None => 0,
        Warmup::Share(share) => (requests as f64 * share).ceil() as u64,
        Warmup::Time(_) => requests,
    }
}

/// What failed of it; what was under way when somebody stopped it did not.
fn failed(live: &Live, sent_by: SentBy) -> Option<Doubt> {
    let failures = live.failures.iter().filter(|((error, _), _)| *error != ErrorKind::Interrupted);
    let failures = FailureGroup::of(failures.map(|(kind, n)| (*kind, *n)));
    let failed = failures.iter().map(|group| group.n).sum();
    (failed > 0).then_some(Doubt::WarmupFailed { failed, sent: live.ended, failures, sent_by })
}
