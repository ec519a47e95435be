//! From the files of a run to its comparison, which is a pure function of them.

use std::fs::File;

use anyhow::Context;

use crate::analyze::{self, BaselineScript, Comparison, Inputs, PhaseData, ScriptRows};
use crate::caveat::Caveat;
use crate::record::{LogReader, Manifest, Results, write_atomically};
use crate::report::{Csv, Format, Json};
use crate::sample::Phase;

/// Reads the logs and the manifest of a run, compares, and writes `comparison.json` and `comparison.csv`.
pub fn analyze(results: &Results) -> anyhow::Result<Comparison> {
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
    let comparison = analyze::compare(Inputs {
        run_id: &manifest.run_id,
        plan_digest: &manifest.plan.digest,
        sla: &manifest.sla,
        before: &before,
        after: &after,
        baseline_script,
        caveats,
        interrupted: manifest.interrupted,
        strict: manifest.strict,
    });
    write_atomically(&results.path("comparison.csv"), &Csv.render(&comparison)?)?;
    write_atomically(&results.path("comparison.json"), &Json.render(&comparison)?)?;
    Ok(comparison)
}

fn phase(
    results: &Results,
    manifest: &Manifest,
    phase: Phase,
    caveats: &mut Vec<Caveat>,
) -> anyhow::Result<PhaseData> {
    let name = format!("{}.csv", phase.name());
    let path = results.path(&name);
    let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut reader = LogReader::new(file, &name)?;
    let mut collector = PhaseData::collect(manifest.plan.requests, manifest.plan.repetitions);
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
