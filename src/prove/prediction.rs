//! The part of `analysis.json` that looks ahead: what a call costs, and what each strategy would bring.

use std::fs::File;
use std::io::ErrorKind;

use anyhow::Context;
use serde::Serialize;

use crate::analyze::{Calibration, Observation, PhaseData, Prediction, calibration, prediction};
use crate::caveat::Caveat;
use crate::record::{LogReader, Manifest, Results};

/// `calibration` and `prediction` of `analysis.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Outlook {
    /// Version of this format.
    pub schema: u32,
    /// What a call and an item cost the idle server; `null` where none was called.
    pub calibration: Option<Calibration>,
    /// What other ways to send would bring, and what the after phase brought.
    pub prediction: Prediction,
}

/// Fits and predicts. How the after phase was planned to send comes from the manifest's plan; neither the
/// scenario nor the after phase goes into a prediction.
pub(super) fn outlook(
    results: &Results,
    manifest: &Manifest,
    before: &PhaseData,
    after: &PhaseData,
    caveats: &mut Vec<Caveat>,
) -> anyhow::Result<Outlook> {
    let calibration = calibration::fit(&calibration_rows(results, caveats)?);
    let strategy = manifest.plan.strategies.map(|strategies| strategies.after);
    let prediction = prediction::predict(before, calibration.as_ref(), strategy).beside(after);
    Ok(Outlook { schema: 1, calibration, prediction })
}

/// The rows of `calibration.csv`; none where there is no such log, or nothing in it.
fn calibration_rows(results: &Results, caveats: &mut Vec<Caveat>) -> anyhow::Result<Vec<Observation>> {
    let name = "calibration.csv";
    let path = results.path(name);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(cause).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut reader = LogReader::new(file, name)?;
    let rows = reader.by_ref().map(|row| row.map(|row| Observation::new(row.repetition, &row.sample)));
    let rows = rows.collect::<Result<_, _>>()?;
    if reader.truncated() {
        let message = format!("the last row of {name} was cut off and is not counted");
        caveats.push(Caveat::new("truncated_log", message));
    }
    Ok(rows)
}
