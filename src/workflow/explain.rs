//! One request of a finished run, or its slowest ones: from the logs to what is shown.

use std::collections::HashMap;

use anyhow::{Context, bail};

use super::findings::server_word::{self, IdleRows};
use super::findings::{health, logs};
use crate::analyze::{Observation, PhaseData, causes_of};
use crate::model::manifest::Manifest;
use crate::model::{ErrorKind, Part, Phase, Sample, StageSet};
use crate::report::{ExplainedRequest, Waterfall};
use crate::runlog::{LogReader, Results};
use crate::workflow::invocation::UsageError;

/// Which requests of a phase.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// One of one repetition, which counts from 1.
    One {
        /// Place in the plan, from 0.
        seq: u64,
        /// Counted from 1.
        repetition: u32,
    },
    /// The slowest, of one repetition or of all. A failed request ranks slower than every success.
    Slowest {
        /// How many.
        count: usize,
        /// Counted from 1.
        repetition: Option<u32>,
    },
}

/// A request of a repetition: the key of a row.
type RowKey = (u32, u64);

/// The requests that are wanted of a phase, each with the same one of the other phase where that has it.
pub fn explain(results: &Results, phase: Phase, wanted: Wanted) -> anyhow::Result<Vec<ExplainedRequest>> {
    let manifest = results.manifest()?;
    check(&manifest, phase, wanted)?;
    let (mut phases, _) = logs::phases(results, &manifest, [StageSet::ALL; 2])?;
    let (mut idle, _) = IdleRows::read(results, &manifest)?;
    server_word::judge(&manifest, &mut phases, &mut idle);
    let [before, after] = phases;
    let (own, other) = match phase {
        Phase::Before => ((Phase::Before, &before), (Phase::After, &after)),
        Phase::After => ((Phase::After, &after), (Phase::Before, &before)),
    };
    let keys = match wanted {
        Wanted::One { seq, repetition } => vec![(repetition, seq)],
        Wanted::Slowest { count, repetition } => slowest(own.1, count, repetition),
    };
    let mut shown = waterfalls(results, &manifest, own, &keys)?;
    // Of another tool's log, equal numbers are not equal requests.
    let paired = manifest.before_log.is_none();
    let mut beside = if paired { waterfalls(results, &manifest, other, &keys)? } else { HashMap::new() };
    let request = |key: &RowKey| {
        let Some(request) = shown.remove(key) else {
            bail!(
                "request {} has no row in repetition {} of {}.csv; the run was cut short before it, or the row was lost",
                key.1,
                key.0,
                phase.name()
            );
        };
        Ok(ExplainedRequest { request, beside: beside.remove(key) })
    };
    keys.iter().map(request).collect()
}

fn check(manifest: &Manifest, phase: Phase, wanted: Wanted) -> anyhow::Result<()> {
    let (requests, most) = manifest.planned(phase);
    let (seq, repetition) = match wanted {
        Wanted::One { seq, repetition } => (Some(seq), Some(repetition)),
        Wanted::Slowest { repetition, .. } => (None, repetition),
    };
    if let Some(seq) = seq.filter(|seq| *seq >= requests) {
        let last = requests.saturating_sub(1);
        bail!(UsageError(format!("there is no request {seq} in this run; use 0 to {last}")));
    }
    if let Some(repetition) = repetition.filter(|repetition| !(1..=most).contains(repetition)) {
        bail!(UsageError(format!("--repetition {repetition}: this run has {most}; use 1 to {most}")));
    }
    Ok(())
}

/// The slowest first; of equals the earlier one.
fn slowest(data: &PhaseData, count: usize, repetition: Option<u32>) -> Vec<RowKey> {
    let sent = data.rows().iter().filter(|row| row.error() != Some(ErrorKind::Unsent));
    let mut rows: Vec<&Observation> =
        sent.filter(|row| repetition.is_none_or(|repetition| row.repetition() == repetition)).collect();
    let rank =
        |row: &&Observation| (row.succeeded(), std::cmp::Reverse(row.latency()), row.repetition(), row.seq());
    rows.sort_by_key(rank);
    rows.iter().take(count).map(|row| (row.repetition(), row.seq())).collect()
}

/// What is shown of each request that has a row. The whole sample is read again from the log: the analysis holds every
/// row at once, and so only what it needs of each.
fn waterfalls(
    results: &Results,
    manifest: &Manifest,
    (phase, data): (Phase, &PhaseData),
    keys: &[RowKey],
) -> anyhow::Result<HashMap<RowKey, Waterfall>> {
    let places: HashMap<RowKey, usize> =
        (0..).zip(data.rows()).map(|(at, row)| ((row.repetition(), row.seq()), at)).collect();
    let there: Vec<(RowKey, usize)> = keys.iter().filter_map(|key| Some((*key, *places.get(key)?))).collect();
    if there.is_empty() {
        return Ok(HashMap::new());
    }
    let at: Vec<usize> = there.iter().map(|(_, place)| *place).collect();
    let causes = causes_of(data, &health::stalls(manifest, phase), &at);
    let mut samples = samples(results, phase, &there)?;
    let waterfall = |((key, _), causes): (&(RowKey, usize), Vec<_>)| {
        let sample = samples.remove(key)?;
        Some((*key, Waterfall { phase, repetition: key.0, sample, causes }))
    };
    Ok(there.iter().zip(causes).filter_map(waterfall).collect())
}

fn samples(
    results: &Results,
    phase: Phase,
    there: &[(RowKey, usize)],
) -> anyhow::Result<HashMap<RowKey, Sample>> {
    let log = Part::from(phase).log();
    let path = results.path(&log);
    let file = results.read(&log).with_context(|| format!("cannot read {}", path.display()))?;
    let mut samples = HashMap::new();
    for row in LogReader::new(file, &log)? {
        let row = row?;
        let key = (row.repetition, row.sample.seq);
        if there.iter().any(|(wanted, _)| *wanted == key) {
            samples.insert(key, row.sample);
        }
    }
    Ok(samples)
}
