//! A log that another tool wrote, on its way to be the before phase of a run.

use std::path::Path;

use anyhow::Context;

use super::invocation::UsageError;
use crate::baseline::foreign::{self, ForeignRow, Imported, Mapping};
use crate::model::manifest::RepetitionRecord;
use crate::model::{ImportRecord, Moment, Phase, Sample, ServerTimes, run_files};
use crate::plan::TraceIds;
use crate::runlog::{LogWriter, Results};

/// Earlier than this, in 2001, a time counts from the start of a run.
const EPOCH: i64 = 1_000_000_000_000_000;

/// A log that was read.
#[derive(Debug)]
pub(super) struct ForeignLog {
    /// Where its rows come from.
    pub record: ImportRecord,
    rows: Vec<ForeignRow>,
}

impl ForeignLog {
    /// Reads it, recognised by what stands in it or by the mapping.
    ///
    /// # Errors
    /// What is wrong with it, where, and what to do.
    pub(super) fn read(file: &Path, mapping: Option<&Mapping>) -> Result<Self, UsageError> {
        let read = foreign::read(file, mapping).map_err(|error| UsageError(error.to_string()))?;
        let Imported { format, equivalence, left_out, rows } = read;
        let file = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(ForeignLog { record: ImportRecord { file, format, left_out, equivalence }, rows })
    }

    /// Its requests.
    pub(super) fn requests(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Those of them that failed.
    pub(super) fn failed(&self) -> u64 {
        self.rows.iter().filter(|row| row.failed()).count() as u64
    }

    /// How its requests were sent, as far as anybody knows.
    pub(super) fn words(&self) -> String {
        format!("as {} sent it ({})", self.record.format, self.record.file)
    }

    fn first(&self) -> Option<i64> {
        self.rows.iter().filter_map(ForeignRow::start).min()
    }

    /// When its first request started, in microseconds since the Unix epoch, where it says so.
    pub(super) fn started(&self) -> Option<u64> {
        self.first().filter(|first| *first >= EPOCH).and_then(|first| u64::try_from(first).ok())
    }

    /// For the manifest.
    pub(super) fn repetition(&self, started: u64) -> RepetitionRecord {
        RepetitionRecord {
            phase: Phase::Before.into(),
            repetition: 1,
            started_unix_us: started,
            health: None,
            closings: None,
            gave_up_us: None,
            answers_not_copied: 0,
        }
    }

    /// Writes the log of the before phase.
    pub(super) fn write(&self, results: &Results, run_id: &str) -> anyhow::Result<()> {
        let file = results.start_log(run_files::BEFORE)?;
        let mut log = LogWriter::new(file, run_id, Phase::Before.name())?;
        let (ids, first) = (TraceIds::new(run_id, Phase::Before.name(), 1), self.first());
        let failed = || format!("cannot write {}", results.path(run_files::BEFORE).display());
        for (seq, row) in (0..).zip(&self.rows) {
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
}
