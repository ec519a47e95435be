//! Reads the logs of a run into phases, and says what of them is missing or was not read.

use std::io::ErrorKind;

use anyhow::{Context, anyhow};

use crate::analyze::{Doubt, PhaseCollector, PhaseData};
use crate::host::both;
use crate::model::manifest::Manifest;
use crate::model::{Part, Phase, StageSet};
use crate::runlog::{LogReader, Results};

/// Both phases and what is to be said of their logs, each with the stages that count. Both logs are read at once: that is most of the
/// work on a long run.
pub(in crate::workflow) fn phases(
    results: &Results,
    manifest: &Manifest,
    counted: [StageSet; 2],
) -> anyhow::Result<([PhaseData; 2], Vec<Doubt>)> {
    let of = |which, counted| move || of_phase(results, manifest, which, counted);
    let (before, after) = both(of(Phase::Before, counted[0]), of(Phase::After, counted[1]));
    let ((before, mut doubts), (after, more)) = (before?, after?);
    doubts.extend(more);
    Ok(([before, after], doubts))
}

/// One phase and what is to be said of its log. Only these stages count.
pub(in crate::workflow) fn of_phase(
    results: &Results,
    manifest: &Manifest,
    phase: Phase,
    counted: StageSet,
) -> anyhow::Result<(PhaseData, Vec<Doubt>)> {
    let (requests, repetitions) = manifest.planned(phase);
    let arrival = manifest.plan.arrival.as_ref().filter(|_| manifest.foreign(phase).is_none());
    let collector = PhaseCollector::new(requests, repetitions).of_arrivals(arrival);
    let log = Part::from(phase).log();
    // What the before log says of causes does not depend on the other one.
    if phase == Phase::After
        && results.path(&log).metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
    {
        // Another tool's log is a before phase alone: nothing was planned beside it.
        if manifest.imported.is_some() {
            return Ok((PhaseCollector::new(0, 1).finish(), Vec::new()));
        }
        return Ok((collector.finish(), vec![Doubt::MissingLog { log }]));
    }
    read(results, manifest, phase.into(), collector, counted)
}

/// Reads the log of a part of the run.
pub(in crate::workflow) fn read(
    results: &Results,
    manifest: &Manifest,
    part: Part,
    mut collector: PhaseCollector,
    counted: StageSet,
) -> anyhow::Result<(PhaseData, Vec<Doubt>)> {
    let log = part.log();
    let path = results.path(&log);
    let file = results.read(&log).with_context(|| format!("cannot read {}", path.display()))?;
    let mut reader = LogReader::new(file, &log)?.of(&manifest.run_id, &part.to_string());
    while let Some(row) = reader.next() {
        let mut row = row?;
        if counted != StageSet::ALL {
            row.sample.stages = counted.of(&row.sample.stages);
        }
        let taken = collector.take(row.repetition, &row.sample);
        taken.map_err(|problem| anyhow!("{log}, line {}: {problem}", reader.line()))?;
    }
    let mut doubts = Vec::new();
    if reader.truncated() {
        doubts.push(Doubt::TruncatedLog { log: log.clone() });
    }
    if !reader.unknown_columns().is_empty() {
        doubts.push(Doubt::UnknownColumns { log, columns: reader.unknown_columns().to_vec() });
    }
    Ok((collector.finish(), doubts))
}
