//! The mock's own log of the script's run, and which payload each request number had.

use std::collections::HashMap;
use std::io::ErrorKind;

use crate::analyze::{Doubt, ScriptRows, Truth, TruthRow, truth_rows};
use crate::model::Digest;
use crate::model::Phase;
use crate::model::manifest::Manifest;
use crate::plan::TraceIds;
use crate::runlog::Results;
use crate::workflow::truth_file::TruthFile;

/// `None` where the server was not the mock, or a log of it is gone or cannot be read: the analysis then does without, and a doubt
/// says which one could not be read.
///
/// The payloads come from the before phase, which sent the request of the same number with a trace id that derives
/// from it, so that neither the scenario nor a file of payloads is needed. Only the numbers that the script's log has are
/// looked up: what the manifest says of their count may be damaged.
pub(super) fn of_script(
    results: &Results,
    manifest: &Manifest,
    rows: &ScriptRows,
    doubts: &mut Vec<Doubt>,
) -> Option<Truth> {
    let served = read(results, TruthFile::Script, doubts)?;
    let before = read(results, TruthFile::Repetition(Phase::Before, 1), doubts)?;
    let ids = TraceIds::new(&manifest.run_id, Phase::Before.name(), 1);
    let alone = before.iter().filter(|row| row.batch_size == 1);
    let by_trace: HashMap<_, Digest> = alone.filter_map(|row| Some((row.trace?, row.payload))).collect();
    let numbers = rows.rows().iter().filter_map(|row| row.request);
    let planned = numbers.filter(|seq| *seq < manifest.plan.requests);
    let payloads = planned.filter_map(|seq| Some((seq, *by_trace.get(&ids.trace(seq))?))).collect();
    Some(Truth { served, payloads })
}

fn read(results: &Results, log: TruthFile, doubts: &mut Vec<Doubt>) -> Option<Vec<TruthRow>> {
    let name = log.name();
    let problem = match results.read(&name) {
        Ok(file) => match truth_rows(file) {
            Ok(rows) => return Some(rows),
            Err(problem) => problem,
        },
        // What is gone is told with all that is.
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => error.to_string(),
    };
    doubts.push(Doubt::UnreadLog { problem: format!("{name} cannot be read: {problem}") });
    None
}
