//! Another tool's log becomes a run that can be analysed, explained, exported and compared.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::foreign_log::ForeignLog;
use super::invocation::{UsageError, masked_command};
use super::sending::conditions;
use crate::baseline::foreign::Mapping;
use crate::host::Anchor;
use crate::model::manifest::{Manifest, PlanRecord};
use crate::model::{Digest, ImportRecord, Mask, SlaLine, run_files};
use crate::runlog::{Results, write_json};

/// What is to be imported, and where to.
#[derive(Debug)]
pub struct ImportJob<'a> {
    /// The log.
    pub file: &'a Path,
    /// What its columns mean, where nobody knows the tool.
    pub mapping: Option<Mapping>,
    /// The folder of the run; without it one below `results`.
    pub folder: Option<PathBuf>,
    /// By what the run is judged.
    pub sla: Vec<SlaLine>,
}

/// What came of it.
#[derive(Debug)]
pub struct ImportedRun {
    /// The run's folder.
    pub results: Results,
    /// Where its rows come from.
    pub record: ImportRecord,
    /// Its requests.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
}

/// Reads a log and writes the folder of a run with it as its before phase.
pub fn import(job: ImportJob<'_>) -> anyhow::Result<ImportedRun> {
    let log = ForeignLog::read(job.file, job.mapping.as_ref())?;
    let anchor = Anchor::now();
    let (run_id, results) = folder(job.folder, &anchor)?;
    log.write(&results, &run_id)?;
    let started = log.started().unwrap_or_else(|| anchor.unix_micros_at_anchor());
    let (requests, failed) = (log.requests(), log.failed());
    let manifest = manifest(run_id, &log, started, job.sla);
    write_json(&results.path(run_files::MANIFEST), &manifest)?;
    Ok(ImportedRun { results, record: log.record, requests, failed })
}

/// A folder of its own: what lies in another would be taken for the run's.
fn folder(asked: Option<PathBuf>, anchor: &Anchor) -> anyhow::Result<(String, Results)> {
    let Some(folder) = asked else { return conditions::folder(anchor, Path::new("results")) };
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file() {
        bail!(UsageError(format!("--run {}: it is there already; name a new folder", folder.display())));
    }
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
        bail!(UsageError(format!("--run {}: it is no name of a folder", folder.display())));
    };
    Ok((conditions::run_id(anchor), Results::create(parent, &name.to_string_lossy())?))
}

fn manifest(run_id: String, log: &ForeignLog, started: u64, sla: Vec<SlaLine>) -> Manifest {
    let plan = PlanRecord {
        // Nobody knows what was sent.
        digest: Digest::of(run_id.as_bytes()).to_string(),
        requests: log.requests(),
        repetitions: 1,
        workers: 0,
        think_ms: 0,
        before: log.words(),
        after: "not sent".into(),
        strategies: None,
        arrival: None,
    };
    Manifest {
        command: masked_command(&Mask::default()),
        started_at: conditions::timestamp(started).to_string(),
        started_unix_us: started,
        scenario: serde_json::json!({}),
        sla,
        repetitions: vec![log.repetition(started)],
        merged_stages: log.record.equivalence.merged.iter().map(|merged| merged.stage).collect(),
        imported: Some(log.record.clone()),
        ..Manifest::new(run_id, plan)
    }
}
