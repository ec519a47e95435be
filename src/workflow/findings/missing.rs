//! The files that a run should have by its manifest and that are gone: what cannot be said without each.
//!
//! The logs of the phases are not among them (`logs.rs`): without these there is little to say at all.

use crate::analyze::Doubt;
use crate::model::manifest::Manifest;
use crate::model::run_files::{ANSWERS, SCRIPT_LOG};
use crate::model::{CaveatKind, Part, Phase};
use crate::runlog::Results;
use crate::workflow::truth_file::TruthFile;

/// Of the server's own logs: so many are named.
const NAMED: usize = 6;

/// A doubt for each file that is gone; one for all of the server's own logs that no figure comes from.
pub(super) fn doubts(results: &Results, manifest: &Manifest) -> Vec<Doubt> {
    // What cannot even be looked for is not gone: whoever reads it says why.
    let gone = |file: &str| matches!(results.path(file).try_exists(), Ok(false));
    let missing = |file: &str, without| Doubt::MissingFile { file: file.to_string(), without };
    let mut doubts: Vec<Doubt> = expected(manifest)
        .into_iter()
        .filter(|(file, _)| gone(file))
        .map(|(file, without)| missing(&file, without))
        .collect();
    let unread: Vec<String> = unread_truth(manifest).into_iter().filter(|file| gone(file)).collect();
    if !unread.is_empty() {
        let more = unread.len().saturating_sub(NAMED);
        let names = unread[..unread.len() - more].join(", ");
        let file = if more == 0 { names } else { format!("{names} and {more} more") };
        doubts.push(missing(&file, "what the server received and when can no longer be looked into"));
    }
    doubts
}

/// Whether the given load test was run and left a log. One that failed may have left none, and a caveat of the run says so.
pub(super) fn script_left_a_log(manifest: &Manifest) -> bool {
    manifest.baseline_script.is_some()
        && manifest.caveats.iter().all(|caveat| caveat.kind != CaveatKind::BaselineScriptFailed)
}

/// With what is lost without each.
fn expected(manifest: &Manifest) -> Vec<(String, &'static str)> {
    let ran = |part: Part| manifest.repetitions.iter().any(|one| one.phase == part);
    // Another tool's log has no answers.
    let phases = manifest.imported.is_none() && Phase::BOTH.iter().any(|phase| ran((*phase).into()));
    let script = script_left_a_log(manifest);
    let served = manifest.payloads.is_some() && script;
    let joined = "what the server did with the given load test's requests is not known";
    let files = [
        (
            script,
            SCRIPT_LOG.to_string(),
            "the given load test's own figures are not known, nor whether the before phase is a faithful replica of it",
        ),
        (
            ran(Part::Calibration),
            Part::Calibration.log(),
            "what a call costs the idle server is not known, and nothing that hangs on it is predicted",
        ),
        (
            !manifest.single_calls.is_empty(),
            Part::SingleCalls.log(),
            "the single calls beside the repetitions cannot tell whether equal work took equal time in both phases",
        ),
        (ran(Part::Warmup), Part::Warmup.log(), "how the warm-up went can no longer be looked into"),
        (
            phases,
            ANSWERS.to_string(),
            "answers are compared by their digests alone, and those that differ cannot be shown",
        ),
        (served, TruthFile::Script.name(), joined),
        (served && ran(Phase::Before.into()), first_truth(), joined),
    ];
    files.into_iter().filter(|(there, ..)| *there).map(|(_, file, without)| (file, without)).collect()
}

/// The payload of each request number comes from there.
fn first_truth() -> String {
    TruthFile::Repetition(Phase::Before, 1).name()
}

/// The mock's logs of the repetitions from which no figure is made.
fn unread_truth(manifest: &Manifest) -> Vec<String> {
    if manifest.payloads.is_none() {
        return Vec::new();
    }
    let read = if script_left_a_log(manifest) { Some(first_truth()) } else { None };
    let ran = manifest.repetitions.iter().filter_map(|one| Some((one.phase.phase()?, one.repetition)));
    let files = ran.map(|(phase, repetition)| TruthFile::Repetition(phase, repetition).name());
    files.filter(|file| Some(file) != read.as_ref()).collect()
}
