//! From the files of a run to its comparison, which is a pure function of them.

use std::fs::File;
use std::io::ErrorKind;

use anyhow::Context;

use crate::analyze::{
    self, Analysis, BaselineScript, ClientHealth, Comparison, Inputs, PhaseData, ScriptRows,
};
use crate::caveat::Caveat;
use crate::record::{LogReader, Manifest, Results, write_atomically, write_json};
use crate::report::{Csv, Format, Json};
use crate::sample::Phase;

/// What the analysis of a run comes to.
#[derive(Debug)]
pub struct Findings {
    /// After against before, as in `comparison.json`.
    pub comparison: Comparison,
    /// Where the time went and why, as in `analysis.json`.
    pub analysis: Analysis,
}

/// Reads the logs and the manifest of a run, compares and explains, and writes `comparison.json`,
/// `comparison.csv` and `analysis.json`.
pub fn analyze(results: &Results) -> anyhow::Result<Findings> {
    let manifest = results.manifest()?;
    let mut caveats = manifest.caveats.clone();
    if manifest.interrupted.is_some() {
        caveats.push(Caveat::new(
            "interrupted",
            "the run was interrupted: this comparison is partial; run it again",
        ));
    }
    let before = phase(results, &manifest, Phase::Before, &mut caveats)?;
    let after = phase(results, &manifest, Phase::After, &mut caveats)?;
    let baseline_script = script(results, &manifest, &mut caveats);
    let health = ClientHealth::default();
    let analysis = Analysis::of(&manifest.run_id, (&before, &health), (&after, &health), caveats.clone());
    let comparison = analyze::compare(Inputs {
        run_id: &manifest.run_id,
        plan_digest: &manifest.plan.digest,
        sla: &manifest.sla,
        before: &before,
        after: &after,
        baseline_script,
        caveats,
        interrupted: manifest.interrupted,
    });
    write_atomically(&results.path("comparison.csv"), &Csv.render(&comparison)?)?;
    write_atomically(&results.path("comparison.json"), &Json.render(&comparison)?)?;
    write_json(&results.path("analysis.json"), &analysis)?;
    Ok(Findings { comparison, analysis })
}

fn phase(
    results: &Results,
    manifest: &Manifest,
    phase: Phase,
    caveats: &mut Vec<Caveat>,
) -> anyhow::Result<PhaseData> {
    let name = format!("{}.csv", phase.name());
    let path = results.path(&name);
    let mut collector = PhaseData::collect(manifest.plan.requests, manifest.plan.repetitions);
    let file = match File::open(&path) {
        Ok(file) => file,
        // What the before log says of causes does not hang on the other one.
        Err(error) if phase == Phase::After && error.kind() == ErrorKind::NotFound => {
            let message =
                format!("{name} is missing: all its requests count as unsent; run again to compare");
            caveats.push(Caveat::new("missing_log", message));
            return Ok(collector.finish());
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut reader = LogReader::new(file, &name)?;
    for row in reader.by_ref() {
        let row = row?;
        collector
            .take(row.repetition, &row.sample)
            .map_err(|problem| anyhow::anyhow!("{name}: {problem}"))?;
    }
    if reader.truncated() {
        let message = format!("the last row of {name} was cut off and is not counted");
        caveats.push(Caveat::new("truncated_log", message));
    }
    Ok(collector.finish())
}

fn script(results: &Results, manifest: &Manifest, caveats: &mut Vec<Caveat>) -> Option<BaselineScript> {
    let record = manifest.baseline_script.as_ref()?;
    let path = results.path("input_py.csv");
    let rows = match File::open(&path) {
        Ok(file) => ScriptRows::read(file).unwrap_or_else(|error| {
            let message = format!(
                "input_py.csv cannot be read, so the script's own figures are missing: {error}; it needs the columns \
                 latency_ms and success"
            );
            caveats.push(Caveat::new("baseline_script_unreadable", message));
            ScriptRows::default()
        }),
        // A script that failed leaves no log; the manifest has a caveat for that.
        Err(_) => ScriptRows::default(),
    };
    Some(BaselineScript {
        path: record.path.clone(),
        sha256: record.sha256.clone(),
        exit_code: record.exit_code,
        requests: rows.requests,
        succeeded: rows.succeeded(),
        failed: rows.requests - rows.succeeded(),
        latency_ms: rows.percentiles(),
    })
}
