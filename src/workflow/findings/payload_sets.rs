//! Whether the given script and both phases sent the same payloads, by what the mock really received.

use std::collections::HashSet;
use std::path::Path;

use anyhow::Context;

use crate::analyze::Doubt;
use crate::model::Caveat;
use crate::model::Digest;
use crate::model::Phase;
use crate::model::manifest::{Manifest, PayloadSets};
use crate::plan::Plan;
use crate::runlog::Results;
use crate::workflow::truth_file::TruthFile;

/// Compares the sets of payload digests.
pub(in crate::workflow) fn compare(
    plan: &Plan,
    manifest: &Manifest,
    results: &Results,
) -> anyhow::Result<PayloadSets> {
    let planned = (0..plan.requests()).map(|seq| Ok(Digest::of(&plan.body(seq)?)));
    let planned = planned.collect::<anyhow::Result<HashSet<Digest>>>()?;
    let same = |log: TruthFile| Ok(received(&results.path(&log.name()))? == planned);
    let all = |phase: Phase| {
        let of_phase = manifest.repetitions.iter().filter(|one| one.phase == phase.into());
        of_phase
            .map(|one| same(TruthFile::Repetition(phase, one.repetition)))
            .try_fold(true, |all, one: anyhow::Result<bool>| Ok::<_, anyhow::Error>(all && one?))
    };
    Ok(PayloadSets {
        plan: planned.len() as u64,
        baseline_script_equal: manifest
            .baseline_script
            .as_ref()
            .map(|_| same(TruthFile::Script))
            .transpose()?,
        before_equal: all(Phase::Before)?,
        after_equal: all(Phase::After)?,
    })
}

fn received(truth: &Path) -> anyhow::Result<HashSet<Digest>> {
    let context = || format!("cannot read the mock's log {}", truth.display());
    let mut reader = csv::Reader::from_path(truth).with_context(context)?;
    let column = reader.headers().with_context(context)?.iter().position(|name| name == "payload_digest");
    let column = column.with_context(context)?;
    let digest = |row: csv::StringRecord| row.get(column).and_then(|text| text.parse().ok());
    reader.into_records().map(|row| digest(row?).with_context(context)).collect()
}

/// Says which of them sent something else.
pub(in crate::workflow) fn caveats(sets: &PayloadSets) -> Vec<Caveat> {
    let parts = [
        ("the given script", sets.baseline_script_equal.unwrap_or(true)),
        ("the before phase", sets.before_equal),
        ("the after phase", sets.after_equal),
    ];
    let different = parts.into_iter().filter(|(_, equal)| !equal);
    different.map(|(who, _)| Doubt::PayloadsDiffer { who }.into()).collect()
}
