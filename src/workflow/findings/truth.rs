//! The mock's own log of the script's run, and which payload each request number had.

use crate::analyze::{Truth, TruthRow, truth_rows};
use crate::model::Digest;
use crate::model::Phase;
use crate::model::manifest::Manifest;
use crate::plan::TraceIds;
use crate::runlog::Results;
use crate::workflow::truth_file::TruthFile;

/// `None` where the server was not the mock, or a log of it cannot be read: the analysis then does without and says so.
///
/// The payloads come from the before phase, which sent the request of the same number with a trace id that derives
/// from it, so that neither the scenario nor a file of payloads is needed.
pub(super) fn of_script(results: &Results, manifest: &Manifest) -> Option<Truth> {
    let served = read(results, TruthFile::Script)?;
    let before = read(results, TruthFile::Repetition(Phase::Before, 1))?;
    let ids = TraceIds::new(&manifest.run_id, Phase::Before.name(), 1);
    let alone = before.iter().filter(|row| row.batch_size == 1);
    let payloads: std::collections::HashMap<_, Digest> =
        alone.filter_map(|row| Some((row.trace?, row.payload))).collect();
    let payloads = (0..manifest.plan.requests).map(|seq| payloads.get(&ids.trace(seq)).copied()).collect();
    Some(Truth { served, payloads })
}

fn read(results: &Results, log: TruthFile) -> Option<Vec<TruthRow>> {
    truth_rows(results.read(&log.name()).ok()?).ok()
}
