//! `spanload export`: the spans of a finished run once more, rebuilt from its logs, with the same ids.

use std::fs::File;
use std::time::Duration;

use anyhow::{Context, bail};

use super::telemetry::lines;
use crate::host::console;
use crate::model::manifest::Manifest;
use crate::model::run_files;
use crate::runlog::{LogReader, Results};
use crate::telemetry::{Destination, Replay, SpanTotals, TelemetrySettings, Times};

/// How long the end waits for a collector, after the last span was handed over.
const FINISH_WITHIN: Duration = Duration::from_secs(30);

/// Sends the spans of every part of the run. Waits for the collector: nothing is measured any more.
///
/// # Errors
/// No collector is named, or a file of the run cannot be read.
pub fn export(results: &Results, settings: &TelemetrySettings) -> anyhow::Result<SpanTotals> {
    let manifest = results.manifest()?;
    let times = times(&manifest);
    if times.is_empty() {
        bail!(
            "{} does not say when its repetitions began: the run was killed, or none began",
            results.path(run_files::MANIFEST).display()
        );
    }
    let settings = as_it_was(settings, &manifest);
    let mut replay = Replay::start(&settings, &manifest.run_id, &lines(&manifest.sla))?;
    let mut parts: Vec<&str> = Vec::new();
    for of in &times {
        if !parts.contains(&of.part.as_str()) {
            parts.push(&of.part);
            requests(results, &manifest, &of.part, &times, &mut replay)?;
        }
    }
    replay.own_spans(manifest.started_unix_us, &times);
    Ok(replay.finish(FINISH_WITHIN))
}

/// Name and attributes of the client as in the run, unless the call gives others.
fn as_it_was(settings: &TelemetrySettings, manifest: &Manifest) -> TelemetrySettings {
    let then = manifest.scenario.get("telemetry").cloned();
    let then: TelemetrySettings =
        then.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
    let mut settings = settings.clone();
    settings.service_name = settings.service_name.or(then.service_name);
    for (key, value) in then.resource {
        settings.resource.entry(key).or_insert(value);
    }
    settings
}

fn times(manifest: &Manifest) -> Vec<Times> {
    let of = |record: &crate::model::manifest::RepetitionRecord| Times {
        part: record.phase.clone(),
        repetition: record.repetition,
        start: record.started_unix_us,
        end: record.started_unix_us + record.health.as_ref().map_or(0, |health| health.wall_us),
    };
    manifest.repetitions.iter().map(of).collect()
}

fn requests(
    results: &Results,
    manifest: &Manifest,
    part: &str,
    times: &[Times],
    replay: &mut Replay,
) -> anyhow::Result<()> {
    let log = run_files::log_of(part);
    let path = results.path(&log);
    let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut current = None;
    let mut unknown = 0_u64;
    for row in LogReader::new(file, &log)?.of(&manifest.run_id, part) {
        let row = row?;
        if current != Some(row.repetition) {
            let own = times.iter().find(|times| times.part == part && times.repetition == row.repetition);
            let Some(own) = own else {
                unknown += 1;
                continue;
            };
            replay.begin(own, destination(manifest));
            current = Some(row.repetition);
        }
        replay.request(row.sample);
    }
    if unknown > 0 {
        console::warn(&format!(
            "warning: {unknown} requests of {log} are left out: the run was killed during their repetition, and \
             {} does not say when it began",
            run_files::MANIFEST
        ));
    }
    Ok(())
}

/// Where the requests went; empty for a run of an older version.
fn destination(manifest: &Manifest) -> Destination {
    let record =
        manifest.telemetry.as_ref().and_then(|telemetry| telemetry.destination.clone()).unwrap_or_default();
    Destination { host: record.host, port: record.port, url: record.url, batch_url: record.batch_url }
}
