//! The rungs of a ladder that was climbed, from their logs.

use super::logs;
use crate::analyze::{Doubt, LadderRung, PhaseCollector, climbed};
use crate::model::manifest::Manifest;
use crate::model::{Part, Rung, StageSet};
use crate::runlog::Results;

/// The rungs of a finished run by their logs, and what is to be said of these; `None` if it climbed none.
pub(super) fn read(
    results: &Results,
    manifest: &Manifest,
) -> anyhow::Result<(Option<Vec<LadderRung>>, Vec<Doubt>)> {
    let Some(ladder) = &manifest.ladder else { return Ok((None, Vec::new())) };
    let (mut rungs, mut doubts) = (Vec::new(), Vec::new());
    for rung in &ladder.rungs {
        let arrival = manifest.plan.arrival.as_ref();
        let collector = PhaseCollector::new(ladder.requests, ladder.repetitions).of_arrivals(arrival);
        let (data, found) = logs::read(results, manifest, rung.part, collector, StageSet::ALL)?;
        let batch = if let Part::Rung(Rung::ReuseBatch(batch)) = rung.part { batch } else { 1 };
        rungs.push((rung.strategy.clone(), batch, data));
        doubts.extend(found);
    }
    Ok((Some(climbed(&rungs, &manifest.sla)), doubts))
}
