//! From the files of a run to its comparison, which is a pure function of them.

use std::fs::File;

use anyhow::{Context, bail};

use super::truth;
use crate::analyze::{
    self, BaselineScript, ClientHealth, Comparison, Doubt, Inputs, PhaseData, ScriptAnalysis, ScriptRows,
};
use crate::caveat::Caveat;
use crate::clock::Micros;
use crate::record::{LogReader, Manifest, Results, write_atomically};
use crate::report::{Csv, Format, Json};
use crate::sample::Phase;

/// Reads the logs and the manifest of a run, compares, and writes `comparison.json` and `comparison.csv`.
pub fn analyze(results: &Results) -> anyhow::Result<Comparison> {
    let manifest = results.manifest()?;
    check(&manifest)?;
    let mut caveats = manifest.caveats.clone();
    if manifest.interrupted.is_some() {
        caveats.push(Doubt::Interrupted.into());
    }
    let [before, after] = phases(results, &manifest, &mut caveats)?;
    let script = script(results, &manifest)?;
    let comparison = analyze::compare(Inputs {
        run_id: &manifest.run_id,
        plan_digest: &manifest.plan.digest,
        sla: &manifest.sla,
        before: &before,
        after: &after,
        baseline_script: script.as_ref().map(|(summary, _)| summary.clone()),
        script: script.as_ref().map(|(_, rows)| rows),
        health: &health(&manifest),
        processors: manifest.machine.processors,
        caveats,
        interrupted: manifest.interrupted,
    });
    write_atomically(&results.path("comparison.csv"), &Csv.render(&comparison)?)?;
    write_atomically(&results.path("comparison.json"), &Json.render(&comparison)?)?;
    Ok(comparison)
}

/// Bounds that every scenario keeps, so that a damaged manifest cannot ask for all memory.
fn check(manifest: &Manifest) -> anyhow::Result<()> {
    let plan = &manifest.plan;
    if !(1..=1_000_000_000).contains(&plan.requests) || !(1..=100).contains(&plan.repetitions) {
        bail!(
            "manifest.json: {} requests in {} repetitions are no plan of spanload; the file was changed or is damaged",
            plan.requests,
            plan.repetitions
        );
    }
    Ok(())
}

/// Both logs at once: reading them is most of the work on a long run.
fn phases(
    results: &Results,
    manifest: &Manifest,
    caveats: &mut Vec<Caveat>,
) -> anyhow::Result<[PhaseData; 2]> {
    let (before, after) = std::thread::scope(|scope| {
        let after = scope.spawn(|| phase(results, manifest, Phase::After));
        (phase(results, manifest, Phase::Before), after.join())
    });
    let (before, mut doubts) = before?;
    let (after, more) = after.map_err(|_| anyhow::anyhow!("reading after.csv panicked"))??;
    doubts.extend(more);
    caveats.extend(doubts.into_iter().map(Caveat::from));
    Ok([before, after])
}

fn phase(results: &Results, manifest: &Manifest, phase: Phase) -> anyhow::Result<(PhaseData, Vec<Doubt>)> {
    let plan = &manifest.plan;
    read_log(results, manifest, phase.name(), PhaseData::collect(plan.requests, plan.repetitions))
}

/// Reads `<part>.csv` of the run into a phase, and says what of it was not read.
pub(super) fn read_log(
    results: &Results,
    manifest: &Manifest,
    part: &str,
    mut collector: analyze::Collector,
) -> anyhow::Result<(PhaseData, Vec<Doubt>)> {
    let name = format!("{part}.csv");
    let path = results.path(&name);
    let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut reader = LogReader::new(file, &name)?.of(&manifest.run_id, part);
    while let Some(row) = reader.next() {
        let row = row?;
        collector
            .take(row.repetition, &row.sample)
            .map_err(|problem| anyhow::anyhow!("{name}, line {}: {problem}", reader.line()))?;
    }
    let mut doubts = Vec::new();
    if reader.truncated() {
        doubts.push(Doubt::TruncatedLog { log: name.clone() });
    }
    if !reader.unknown_columns().is_empty() {
        doubts.push(Doubt::UnknownColumns { log: name, columns: reader.unknown_columns().to_vec() });
    }
    Ok((collector.finish(), doubts))
}

fn health(manifest: &Manifest) -> Vec<ClientHealth> {
    let of_phases = manifest.repetitions.iter().filter_map(|repetition| {
        let phase = Phase::BOTH.into_iter().find(|phase| phase.name() == repetition.phase)?;
        let health = repetition.health.as_ref()?;
        Some(ClientHealth {
            phase,
            repetition: repetition.repetition,
            lag_p99: health.lag_p99_us.map(Micros),
            lag_max: health.lag_max_us.map(Micros),
            wall: Micros(health.wall_us),
            engine_cpu: health.engine_cpu_us.map(Micros),
            process_cpu: health.process_cpu_us.map(Micros),
            wall_drift_us: health.wall_drift_us,
        })
    });
    of_phases.collect()
}

fn script(results: &Results, manifest: &Manifest) -> anyhow::Result<Option<(BaselineScript, ScriptRows)>> {
    let Some(record) = &manifest.baseline_script else { return Ok(None) };
    let path = results.path("input_py.csv");
    let rows = match File::open(&path) {
        Ok(file) => ScriptRows::read(file).with_context(|| format!("cannot read {}", path.display()))?,
        // A script that failed leaves no log; the manifest has a caveat for that.
        Err(_) => ScriptRows::default(),
    };
    let summary = BaselineScript {
        path: record.path.clone(),
        sha256: record.sha256.clone(),
        exit_code: record.exit_code,
        requests: rows.requests(),
        succeeded: rows.succeeded(),
        failed: rows.requests() - rows.succeeded(),
        latency_ms: rows.percentiles(),
    };
    Ok(Some((summary, rows)))
}

/// What the given load test's own log shows, with the mock's log where there is one.
pub(super) fn script_analysis(results: &Results, manifest: &Manifest, rows: &ScriptRows) -> ScriptAnalysis {
    ScriptAnalysis::of(rows, truth::of_script(results, manifest).as_ref())
}
