//! Another tool's log becomes a run that can be analysed, explained, exported and compared.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::invocation::{UsageError, masked_command};
use super::sending::conditions;
use crate::baseline::foreign::{self, ForeignRow, Imported, Mapping};
use crate::host::Anchor;
use crate::model::manifest::{Machine, Manifest, PlanRecord, RepetitionRecord};
use crate::model::{
    Digest, ImportRecord, Mask, Moment, Phase, Sample, ServerTimes, SlaLine, TransportKind, run_files,
};
use crate::plan::TraceIds;
use crate::runlog::{LogWriter, Results, write_json};

/// Earlier than this, in 2001, a time counts from the start of a run.
const EPOCH: i64 = 1_000_000_000_000_000;

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
    let read =
        foreign::read(job.file, job.mapping.as_ref()).map_err(|error| UsageError(error.to_string()))?;
    let anchor = Anchor::now();
    let run_id = conditions::run_id(&anchor);
    let results = folder(job.folder, &run_id)?;
    let file = job.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Imported { format, equivalence, left_out, rows } = read;
    let record = ImportRecord { file, format, left_out, equivalence };
    let first = rows.iter().filter_map(ForeignRow::start).min();
    write_log(&results, &run_id, &rows, first)?;
    let known = first.filter(|first| *first >= EPOCH).and_then(|first| u64::try_from(first).ok());
    let started = known.unwrap_or_else(|| anchor.unix_micros_at_anchor());
    let manifest = manifest(run_id, &record, rows.len() as u64, started, job.sla);
    write_json(&results.path(run_files::MANIFEST), &manifest)?;
    let failed = rows.iter().filter(|row| row.failed()).count() as u64;
    Ok(ImportedRun { results, record, requests: rows.len() as u64, failed })
}

/// A folder of its own: what lies in another would be taken for the run's.
fn folder(asked: Option<PathBuf>, run_id: &str) -> anyhow::Result<Results> {
    let Some(folder) = asked else { return Results::create(Path::new("results"), run_id) };
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file() {
        bail!(UsageError(format!("--run {}: it is there already; name a new folder", folder.display())));
    }
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
        bail!(UsageError(format!("--run {}: it is no name of a folder", folder.display())));
    };
    Results::create(parent, &name.to_string_lossy())
}

fn write_log(results: &Results, run_id: &str, rows: &[ForeignRow], first: Option<i64>) -> anyhow::Result<()> {
    let file = results.start_log(run_files::BEFORE)?;
    let mut log = LogWriter::new(file, run_id, Phase::Before.name())?;
    let ids = TraceIds::new(run_id, Phase::Before.name(), 1);
    let failed = || format!("cannot write {}", results.path(run_files::BEFORE).display());
    for (seq, row) in (0..).zip(rows) {
        let due = row.start().zip(first).map(|(start, first)| Moment::from_micros(start.abs_diff(first)));
        let outcome = row.outcome();
        let sample = Sample {
            stages: row.stages(),
            server: ServerTimes::default(),
            attempts: 1,
            status: outcome.status,
            error: outcome.error,
            ..Sample::unsent(seq, ids.trace(seq), due)
        };
        log.write_known(1, &sample, [outcome.sent, outcome.received]).with_context(failed)?;
    }
    log.into_inner().and_then(|file| file.check()).with_context(failed)
}

fn manifest(
    run_id: String,
    record: &ImportRecord,
    requests: u64,
    started: u64,
    sla: Vec<SlaLine>,
) -> Manifest {
    let repetition = RepetitionRecord {
        phase: Phase::Before.into(),
        repetition: 1,
        started_unix_us: started,
        health: None,
        closings: None,
        gave_up_us: None,
        answers_not_copied: 0,
    };
    Manifest {
        schema: 1,
        version: env!("CARGO_PKG_VERSION").to_string(),
        command: masked_command(&Mask::default()),
        started_at: conditions::timestamp(started).to_string(),
        started_unix_us: started,
        interrupted: None,
        scenario: serde_json::json!({}),
        plan: PlanRecord {
            // Nobody knows what was sent.
            digest: Digest::of(run_id.as_bytes()).to_string(),
            requests,
            repetitions: 1,
            workers: 0,
            think_ms: 0,
            before: format!("as {} sent it ({})", record.format, record.file),
            after: "not sent".into(),
            strategies: None,
            arrival: None,
        },
        run_id,
        sla,
        strict: false,
        repetitions: vec![repetition],
        single_calls: Vec::new(),
        ladder: None,
        baseline_script: None,
        payloads: None,
        transport: TransportKind::Direct,
        merged_stages: record.equivalence.merged.iter().map(|merged| merged.stage).collect(),
        machine: Machine::default(),
        server_times: None,
        telemetry: None,
        caveats: Vec::new(),
        warmup: None,
        idle_bodies: None,
        aa: false,
        imported: Some(record.clone()),
        answers_of: None,
    }
}
