//! What looks ahead: the calibration's log in figures, and what each strategy was predicted to bring.

use std::fs::File;
use std::io::ErrorKind;

use anyhow::Context;

use crate::analyze::{self, Calibration, Doubt, Observation, PhaseData, Prediction};
use crate::record::{LogReader, Manifest, Results};

/// Fits the calibration's costs; `None` where there is no such log, or no usable call in it.
pub(super) fn calibration(
    results: &Results,
    manifest: &Manifest,
) -> anyhow::Result<(Option<Calibration>, Vec<Doubt>)> {
    let log = "calibration.csv".to_string();
    let path = results.path(&log);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok((None, Vec::new())),
        Err(cause) => return Err(cause).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut reader = LogReader::new(file, &log)?.of(&manifest.run_id, "calibration");
    let rows = reader.by_ref().map(|row| row.map(|row| Observation::new(row.repetition, &row.sample)));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let doubts = if reader.truncated() { vec![Doubt::TruncatedLog { log }] } else { Vec::new() };
    Ok((analyze::calibration::fit(&rows), doubts))
}

/// Predicts, and puts beside it what the after phase brought. How that phase was planned to send comes from the
/// manifest's plan; neither the scenario nor the after phase goes into a prediction.
pub(super) fn prediction(
    manifest: &Manifest,
    before: &PhaseData,
    calibration: Option<&Calibration>,
    after: &PhaseData,
) -> Prediction {
    let strategy = manifest.plan.strategies.map(|strategies| strategies.after);
    analyze::prediction::predict(before, calibration, strategy).beside(after)
}
