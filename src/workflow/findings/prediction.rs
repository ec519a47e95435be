//! The part of `analysis.json` that looks ahead: what a call costs, and what each strategy would bring.

use std::io::ErrorKind;

use anyhow::Context;

use crate::analyze::{Calibration, Doubt, Observation, PhaseData, Prediction, prediction};
use crate::model::Part;
use crate::model::manifest::Manifest;
use crate::runlog::{LogReader, Results};

/// The calls to the idle server from which the costs of a call and an item are told; none where it was not called.
pub(super) fn calibration(
    results: &Results,
    manifest: &Manifest,
) -> anyhow::Result<(Vec<Observation>, Vec<Doubt>)> {
    let log = Part::Calibration.log();
    let path = results.path(&log);
    let file = match results.read(&log) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
        Err(cause) => return Err(cause).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut reader = LogReader::new(file, &log)?.of(&manifest.run_id, &Part::Calibration.to_string());
    let rows = reader.by_ref().map(|row| row.map(|row| Observation::new(row.repetition, &row.sample)));
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    let cut = reader.truncated().then_some(Doubt::TruncatedLog { log });
    let doubts = cut.into_iter().chain(no_batches(&rows)).collect();
    Ok((rows, doubts))
}

/// Calls in batches that all failed, where calls alone did not: few callers may never make a batch, and so nothing else
/// would tell that there is no endpoint for one.
fn no_batches(rows: &[Observation]) -> Option<Doubt> {
    let of = |batches: bool| {
        rows.iter().filter(move |row| (row.batch().is_some_and(|batch| batch.size > 1)) == batches)
    };
    let error = of(true).find_map(|row| row.error())?;
    let only_batches = of(false).any(|row| row.succeeded()) && !of(true).any(|row| row.succeeded());
    only_batches.then(|| Doubt::NoBatchEndpoint { error: error.name() })
}

/// What other ways to send would bring, and beside it what the after phase brought. How the after phase was
/// planned to send comes from the manifest's plan; neither the scenario nor the after phase goes into a
/// prediction.
pub(super) fn predict(
    manifest: &Manifest,
    before: &PhaseData,
    after: &PhaseData,
    calibration: Option<&Calibration>,
) -> Prediction {
    let strategy = manifest.plan.strategies.map(|strategies| strategies.after);
    prediction::beside(prediction::predict(before, calibration, strategy), after)
}
