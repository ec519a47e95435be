//! The log that stands for the before phase: read and judged before anything is sent, then written as the phase's own.

use super::script;
use crate::host::Anchor;
use crate::model::manifest::Manifest;
use crate::model::{BeforeLogRecord, Phase};
use crate::report::{Progress, imported};
use crate::runlog::Results;
use crate::scenario::Settings;
use crate::workflow::definition::{self, Defined};
use crate::workflow::foreign_log::ForeignLog;
use crate::workflow::invocation::UsageError;
use crate::workflow::sending::conditions;

/// Reads it, where the scenario names one.
///
/// # Errors
/// It is no such log, or has nothing in common with what the after phase will measure.
pub(in crate::workflow) async fn read(settings: &Settings, aa: bool) -> anyhow::Result<Option<ForeignLog>> {
    let Some(path) = settings.baseline.log.clone() else { return Ok(None) };
    if aa {
        let problem = "--aa: both phases are to send alike, and before.log is a phase that nobody sends; leave one of them out \
                       (--set before.log=)";
        return Err(UsageError(problem.into()).into());
    }
    let mapping = script::mapping(&settings.baseline)?;
    // On another thread: a large log takes seconds, and this one listens for Ctrl-C.
    let read = tokio::task::spawn_blocking(move || ForeignLog::read(&path, mapping.as_ref()));
    let told = |UsageError(why)| UsageError(format!("before.log: {why} (--map is before.map here)"));
    let log = read.await?.map_err(told)?;
    let merged = conditions::merged_stages(settings);
    let after = Defined { name: Phase::After.name(), foreign: None, merged: &merged };
    definition::common([
        Defined { name: Phase::Before.name(), foreign: Some(&log.record), merged: &[] },
        after,
    ])?;
    Ok(Some(log))
}

/// Writes it as the log of the before phase, and notes where that comes from.
pub(in crate::workflow) fn stand_in(
    log: ForeignLog,
    results: &Results,
    manifest: &mut Manifest,
    anchor: &Anchor,
) -> anyhow::Result<()> {
    log.write(results, &manifest.run_id)?;
    manifest.plan.before = log.words();
    manifest
        .repetitions
        .push(log.repetition(log.started().unwrap_or_else(|| anchor.unix_micros_at_anchor())));
    manifest.before_log = Some(BeforeLogRecord { requests: log.requests(), import: log.record });
    Ok(())
}

/// Says what stands for the before phase, and what is therefore left out.
pub(in crate::workflow) fn say(log: &ForeignLog, with_ladder: bool, progress: &Progress) {
    progress.say(&imported(&log.record, log.requests(), log.failed()));
    let ladder = if with_ladder { ", and no ladder is climbed" } else { "" };
    progress.say(&format!(
        "this log stands for the before phase: only the after phase is sent; nothing is calibrated or predicted{ladder}, for that \
         needs a before phase of our own"
    ));
}
