//! The single calls beside the repetitions of a finished run, from their log.

use std::io::ErrorKind;

use anyhow::Context;

use crate::analyze::{Doubt, Observation, SingleCall};
use crate::model::Part;
use crate::model::manifest::Manifest;
use crate::runlog::{LogReader, Results};

/// The calls of a finished run, each beside its repetition; none for a run of an earlier version. A damaged file is no
/// reason not to analyse phases that are whole.
pub(super) fn read(results: &Results, manifest: &Manifest) -> (Vec<SingleCall>, Vec<Doubt>) {
    read_all(results, manifest)
        .unwrap_or_else(|error| (Vec::new(), vec![Doubt::UnreadLog { problem: format!("{error:#}") }]))
}

fn read_all(results: &Results, manifest: &Manifest) -> anyhow::Result<(Vec<SingleCall>, Vec<Doubt>)> {
    let log = Part::SingleCalls.log();
    let path = results.path(&log);
    let file = match results.read(&log) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
        Err(cause) => return Err(cause).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut reader = LogReader::new(file, &log)?.of(&manifest.run_id, &Part::SingleCalls.to_string());
    let mut calls = Vec::new();
    for row in reader.by_ref() {
        let row = row?;
        let record = manifest.single_calls.iter().find(|record| record.set == row.repetition);
        // A run that was killed has rows that its manifest does not know of.
        let Some(record) = record else { continue };
        calls.push(SingleCall {
            phase: record.phase,
            repetition: record.repetition,
            at_end: record.at_end,
            row: Observation::new(row.repetition, &row.sample),
        });
    }
    let cut = reader.truncated().then_some(Doubt::TruncatedLog { log });
    Ok((calls, cut.into_iter().collect()))
}
