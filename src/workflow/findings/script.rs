//! What the given load test's own log comes to, whichever tool wrote it.

use std::io::ErrorKind;
use std::path::Path;

use super::missing;
use crate::analyze::{BaselineScript, Doubt, ScriptLog, ScriptRow, ScriptRows};
use crate::baseline::foreign::{self, ForeignRow, Imported, Mapping};
use crate::model::LatencyStart;
use crate::model::Micros;
use crate::model::manifest::{Manifest, ScriptRecord};
use crate::model::run_files::SCRIPT_LOG;
use crate::runlog::Results;

/// Its figures and its rows; `None` where it was not run, or its log is gone.
pub(super) fn read(
    results: &Results,
    manifest: &Manifest,
    doubts: &mut Vec<Doubt>,
) -> Option<(BaselineScript, ScriptRows)> {
    let record = manifest.baseline_script.as_ref()?;
    // What cannot be looked at is not absent.
    let is_there =
        !matches!(results.path(SCRIPT_LOG).metadata(), Err(error) if error.kind() == ErrorKind::NotFound);
    let rows = match is_there {
        true => rows(results, record).unwrap_or_else(|problem| {
            doubts.push(Doubt::ScriptLogUnreadable { problem });
            ScriptRows::default()
        }),
        // No figure is better than one of no request; a doubt names the file.
        false if missing::script_left_a_log(manifest) => return None,
        // A script that failed leaves no log; the manifest has a caveat for that.
        false => ScriptRows::default(),
    };
    let summary = BaselineScript {
        path: record.path.clone(),
        sha256: record.sha256.clone(),
        exit_code: record.exit_code,
        requests: rows.requests(),
        succeeded: rows.succeeded(),
        failed: rows.requests() - rows.succeeded(),
        latency_ms: rows.percentiles(),
        name: record.name.clone(),
        log: record.log.as_ref().map(ScriptLog::from),
    };
    Some((summary, rows))
}

/// By the same reader as an import.
fn rows(results: &Results, record: &ScriptRecord) -> Result<ScriptRows, String> {
    let mapping = Mapping::of(&record.map, record.latency_from.unwrap_or(LatencyStart::Start))?;
    let read = foreign::read_as(&results.path(SCRIPT_LOG), Path::new(SCRIPT_LOG), mapping.as_ref());
    let Imported { format, equivalence, rows, .. } = read.map_err(|error| error.to_string())?;
    // Other tools count in an order of their own.
    let by_plan = format == foreign::INPUT_PY;
    let row = |row: &ForeignRow| ScriptRow {
        request: by_plan.then(|| row.number()),
        started_s: row.start().map(|micros| micros as f64 / 1e6),
        latency: (!row.failed()).then(|| Micros(row.stages().latency().0)),
    };
    Ok(ScriptRows::new(rows.iter().map(row).collect(), equivalence))
}
