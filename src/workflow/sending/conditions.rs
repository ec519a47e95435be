//! Under which conditions a run takes place: its name and its manifest.

use std::path::Path;

use anyhow::bail;
use jiff::Timestamp;
use serde_json::Value;

use super::transports;
use crate::analyze::SentBy;
use crate::host::Anchor;
use crate::model::manifest::{Manifest, PlanRecord, Strategies};
use crate::model::{Digest, Stage};
use crate::plan::Plan;
use crate::runlog::Results;
use crate::scenario::Settings;

/// Names that may be taken.
const MOST_TAKEN: u32 = 100;

/// A name that sorts by time and that two runs of one second hardly share.
pub(in crate::workflow) fn run_id(anchor: &Anchor) -> String {
    nth_run_id(anchor, 0)
}

/// Another one for each number.
fn nth_run_id(anchor: &Anchor, number: u32) -> String {
    let micros = anchor.unix_micros_at_anchor();
    let tail = Digest::of(format!("{micros}/{}/{number}", std::process::id()).as_bytes()).to_string();
    format!("{}-{}", timestamp(micros).strftime("%Y%m%dT%H%M%SZ"), &tail[..4])
}

/// The folder of a new run below `out`, which is this run's alone, and its name.
pub(in crate::workflow) fn folder(anchor: &Anchor, out: &Path) -> anyhow::Result<(String, Results)> {
    for number in 0..MOST_TAKEN {
        let run_id = nth_run_id(anchor, number);
        if let Some(results) = Results::create_new(out, &run_id)? {
            return Ok((run_id, results));
        }
    }
    bail!("--out {}: other runs have taken all names of this second; start it again", out.display())
}

/// In UTC.
pub(in crate::workflow) fn timestamp(micros: u64) -> Timestamp {
    i64::try_from(micros).ok().and_then(|micros| Timestamp::from_microsecond(micros).ok()).unwrap_or_default()
}

/// How requests are sent, as far as a remedy depends on it.
pub(in crate::workflow) fn sent_by(settings: &Settings) -> SentBy {
    SentBy::of(&scenario(settings))
}

fn scenario(settings: &Settings) -> Value {
    let mut scenario = serde_json::to_value(settings).expect("settings are plain data");
    // A command may repeat the target's token.
    let mask = settings.mask();
    match &mut scenario["baseline"]["script"] {
        Value::String(line) => *line = mask.apply(line, false),
        Value::Array(words) => words.iter_mut().for_each(|word| {
            *word = mask.apply(word.as_str().unwrap_or_default(), false).into();
        }),
        _ => {}
    }
    scenario
}

/// The stages that the transport does not see.
pub(in crate::workflow) fn merged_stages(settings: &Settings) -> Vec<Stage> {
    transports::observes(settings.target.via.transport).missing().collect()
}

/// The manifest as it stands before the first request.
pub(in crate::workflow) fn manifest(
    settings: &Settings,
    plan: &Plan,
    plan_digest: Digest,
    anchor: &Anchor,
    run_id: String,
    command: Vec<String>,
) -> Manifest {
    let micros = anchor.unix_micros_at_anchor();
    let record = PlanRecord {
        digest: plan_digest.to_string(),
        requests: plan.requests(),
        repetitions: settings.repetitions,
        workers: if plan.arrivals().is_some() { 0 } else { settings.load.workers },
        think_ms: settings.load.think_ms,
        before: settings.before.to_string(),
        after: settings.after.to_string(),
        strategies: Some(Strategies { before: settings.before, after: settings.after }),
        arrival: plan.arrivals().map(|arrivals| arrivals.record().clone()),
    };
    Manifest {
        command,
        started_at: timestamp(micros).to_string(),
        started_unix_us: micros,
        scenario: scenario(settings),
        sla: settings.sla.clone(),
        transport: settings.target.via.transport,
        merged_stages: merged_stages(settings),
        machine: crate::host::machine::look(),
        ..Manifest::new(run_id, record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_that_start_at_once_have_a_folder_each() {
        let out = tempfile::tempdir().expect("a folder");
        let anchor = Anchor::now();
        let made = [0; 3].map(|_| folder(&anchor, out.path()).expect("there are more names"));
        let names: std::collections::BTreeSet<_> = made.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), 3, "{names:?}");
        assert!(
            made.iter().all(|(name, results)| results.folder().is_dir() && results.folder().ends_with(name))
        );
        assert_eq!(*made[0].0, run_id(&anchor), "the usual one comes first");
    }
}
