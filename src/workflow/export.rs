//! `spanload export`: the spans of a finished run once more, rebuilt from its logs, with the same ids.

use std::time::Duration;

use anyhow::{Context, bail};

use crate::host::console;
use crate::model::Part;
use crate::model::manifest::{Destination, Manifest, RepetitionRecord};
use crate::model::run_files::MANIFEST;
use crate::runlog::{LogReader, Results};
use crate::telemetry::{Replay, SpanTotals, TelemetrySettings, Times};

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
            results.path(MANIFEST).display()
        );
    }
    let settings = as_it_was(settings, &manifest);
    let mut replay = Replay::start(&settings, &manifest.run_id, &manifest.sla)?;
    let mut parts: Vec<Part> = Vec::new();
    for of in &times {
        if !parts.contains(&of.part) {
            parts.push(of.part);
            requests(results, &manifest, of.part, &times, &mut replay)?;
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
    let of = |record: &RepetitionRecord| Times {
        part: record.phase,
        repetition: record.repetition,
        start: record.started_unix_us,
        end: record.started_unix_us + record.health.as_ref().map_or(0, |health| health.wall_us),
    };
    manifest.repetitions.iter().map(of).collect()
}

fn requests(
    results: &Results,
    manifest: &Manifest,
    part: Part,
    times: &[Times],
    replay: &mut Replay,
) -> anyhow::Result<()> {
    let log = part.log();
    let path = results.path(&log);
    let file = results.read(&log).with_context(|| format!("cannot read {}", path.display()))?;
    let mut current = None;
    let mut unknown = 0_u64;
    for row in LogReader::new(file, &log)?.of(&manifest.run_id, &part.to_string()) {
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
             {MANIFEST} does not say when it began"
        ));
    }
    Ok(())
}

/// Where the requests went; empty for a run of an older version.
fn destination(manifest: &Manifest) -> Destination {
    manifest.telemetry.as_ref().and_then(|telemetry| telemetry.destination.clone()).unwrap_or_default()
}
