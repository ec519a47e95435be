//! `report.html` of a run, whatever became of it: the whole page where the run can be analysed, else one that says
//! what is missing.

use std::path::Path;

use anyhow::{Context, bail};
use serde_json::Value;

use super::reading::{self, Findings, Read};
use super::{answers, differing};
use crate::analyze::IdleCalls;
use crate::host::console::{self, STDOUT};
use crate::model::JaegerUrl;
use crate::model::Phase;
use crate::model::ServerTimesRecord;
use crate::model::manifest::Manifest;
use crate::model::run_files;
use crate::model::{Connections, Strategy};
use crate::report::html::{Conditions, Drawn, FileState, Html, Incomplete, PayloadsSent, slow_from};
use crate::report::{Format, moved_by};
use crate::runlog::{Results, write_atomically};

/// The files of a run that a reader may miss.
const FILES: [(&str, &str); 10] = [
    (run_files::MANIFEST, "under which conditions the run took place; without it no log can be read"),
    (run_files::BEFORE, "every request of the before phase"),
    (run_files::AFTER, "every request of the after phase"),
    (run_files::CALIBRATION, "the calls to the idle server; without them batches are not predicted"),
    (run_files::SINGLE_CALLS, "the calls beside the repetitions: whether equal work took equal time"),
    (run_files::WARMUP, "the warm-up, which is never judged"),
    (run_files::SCRIPT_LOG, "the given load test's own log"),
    (run_files::ANSWERS, "distinct answers, to look into where some differ"),
    (run_files::COMPARISON, "the comparison; made from the logs"),
    (run_files::ANALYSIS, "where the time went and why; made from the logs"),
];

/// Without these there is nothing to compare; a missing after.csv is a phase that was never sent.
const NEEDED: [&str; 2] = [run_files::MANIFEST, run_files::BEFORE];

/// How a page came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// With the whole comparison.
    Whole,
    /// The run cannot be analysed; the page says why.
    Incomplete,
}

/// Writes the page of a run to `out`, or beside its logs. Reads the run's files and changes none of them.
///
/// # Errors
/// If the folder holds no run at all, or the page cannot be written.
pub fn report(results: &Results, out: Option<&Path>, jaeger: Option<JaegerUrl>) -> anyhow::Result<Written> {
    let present = |name: &&str| results.path(name).exists();
    let logs = [run_files::MANIFEST, run_files::BEFORE, run_files::AFTER];
    if !logs.iter().any(present) {
        bail!(
            "{} holds no run: neither {} nor a log is there; give the folder of a run, such as results/latest",
            results.folder().display(),
            run_files::MANIFEST
        );
    }
    let (page, written) = match reading::read(results) {
        Ok((findings, read)) => (render(&findings, &read, results, jaeger)?, Written::Whole),
        Err(problem) => (incomplete(results, &problem), Written::Incomplete),
    };
    let beside = results.path(run_files::PAGE);
    match out {
        Some(out) if out == Path::new(STDOUT) => console::print(&page)?,
        _ => write_atomically(out.unwrap_or(&beside), &page)?,
    }
    Ok(written)
}

/// Writes the page of what was just analysed.
pub(super) fn write(findings: &Findings, read: &Read, results: &Results) -> anyhow::Result<()> {
    write_atomically(&results.path(run_files::PAGE), &render(findings, read, results, None)?)
}

/// Writes the page of a run that failed on its way, with why. What there is of it is shown.
pub(in crate::workflow) fn write_failed(results: &Results, why: &anyhow::Error) -> anyhow::Result<()> {
    let page = match reading::read(results) {
        Ok((findings, mut read)) => {
            read.problems.push(format!("the run failed: {why:#}"));
            render(&findings, &read, results, None)?
        }
        Err(_) => incomplete(results, why),
    };
    write_atomically(&results.path(run_files::PAGE), &page)
}

fn render(
    findings: &Findings,
    read: &Read,
    results: &Results,
    jaeger: Option<JaegerUrl>,
) -> anyhow::Result<Vec<u8>> {
    let [before, after] = &read.phases;
    let conditions = conditions(read, results);
    let jaeger = jaeger.or_else(|| of_scenario(&read.manifest));
    let html = Html {
        analysis: &findings.analysis,
        drawn: &Drawn::both(before, after, slow_from(&findings.comparison)),
        conditions: &conditions,
        failed: &findings.failed,
        jaeger: jaeger.as_ref(),
    };
    html.render(&findings.comparison).context("the page cannot be made")
}

/// The address that the scenario of the run names. The scenario was validated when it was run.
fn of_scenario(manifest: &Manifest) -> Option<JaegerUrl> {
    let base = manifest.scenario.pointer("/telemetry/jaeger_url")?.as_str()?;
    JaegerUrl::new(base).ok()
}

fn conditions(read: &Read, results: &Results) -> Conditions {
    let manifest = &read.manifest;
    let plan = &manifest.plan;
    let foreign = manifest.before_log.as_ref();
    Conditions {
        version: manifest.version.clone(),
        command: manifest.command.clone(),
        started_at: manifest.started_at.clone(),
        before: plan.before.clone(),
        after: plan.after.clone(),
        before_means: plan
            .strategies
            .filter(|_| foreign.is_none())
            .map_or(String::new(), |both| meaning(both.before)),
        after_means: plan.strategies.map_or(String::new(), |both| meaning(both.after)),
        moved_by: moved_by(manifest.transport, &manifest.merged_stages),
        requests: plan.requests,
        repetitions: plan.repetitions,
        workers: plan.workers,
        think_ms: plan.think_ms,
        arrival: plan.arrival.as_ref().map(|arrival| arrival.process.clone()),
        embedded: manifest.scenario.pointer("/target/url").is_some_and(Value::is_null),
        order: order(manifest),
        payloads: manifest.payloads.as_ref().map(|sets| PayloadsSent {
            plan: sets.plan,
            script: sets.baseline_script_equal,
            before: sets.before_equal,
            after: sets.after_equal,
        }),
        server_times: manifest
            .server_times
            .as_ref()
            .map_or(String::new(), |times| ServerTimesRecord::words(&times.sources)),
        idle_calls: IdleCalls::of(&read.single_calls),
        interpreter: manifest.baseline_script.as_ref().and_then(|script| script.interpreter.clone()),
        machine: machine(manifest),
        scenario: flattened(&manifest.scenario),
        differing: differing::requests(&read.phases, &read.answers, results),
        problems: read.problems.clone(),
        warmup: manifest.warmup.clone(),
        idle_bodies: manifest.idle_bodies,
        answers_of: manifest.answers_of.clone(),
        rules: answers::rules(manifest),
        before_log: foreign.cloned(),
    }
}

/// A way to send in words that need no glossary.
fn meaning(strategy: Strategy) -> String {
    let connections = match strategy.connections {
        Connections::PerRequest => "a new connection for each exchange".to_string(),
        Connections::Pool(1) => "one connection is kept".to_string(),
        Connections::Pool(size) => format!("{size} connections are kept"),
    };
    match strategy.batch {
        1 => format!(" ({connections})"),
        most => format!(" ({connections}, up to {most} waiting requests go in one call)"),
    }
}

/// As they ran; a manifest that does not say it gets the order in which they would have run.
fn order(manifest: &Manifest) -> Vec<(Phase, u32)> {
    let ran = manifest.repetitions.iter().filter_map(|one| Some((one.phase.phase()?, one.repetition)));
    let ran: Vec<_> = ran.collect();
    if ran.is_empty() { Phase::interleaved(manifest.plan.repetitions).collect() } else { ran }
}

fn machine(manifest: &Manifest) -> Vec<(&'static str, String)> {
    let machine = &manifest.machine;
    let setting = |value: Option<i64>| value.map(|value| value.to_string());
    let known = [
        ("platform", Some(machine.platform.clone())),
        ("kernel", machine.kernel.clone()),
        ("processor", machine.processor.clone()),
        ("processors this process may use", machine.processors.map(|count| count.to_string())),
        ("net.core.somaxconn", setting(machine.somaxconn)),
        ("net.ipv4.tcp_syncookies", setting(machine.tcp_syncookies)),
        ("net.ipv4.tcp_abort_on_overflow", setting(machine.tcp_abort_on_overflow)),
        ("net.ipv4.tcp_syn_linear_timeouts", setting(machine.tcp_syn_linear_timeouts)),
        (
            "given load test ran with",
            manifest.baseline_script.as_ref().and_then(|script| script.interpreter.clone()),
        ),
        ("spanload", Some(manifest.version.clone())),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// `mock.backlog`, `32`: every leaf of a JSON document by its path.
fn flattened(value: &Value) -> Vec<(String, String)> {
    fn walk(path: &str, value: &Value, into: &mut Vec<(String, String)>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    walk(&path, value, into);
                }
            }
            Value::Null => {}
            Value::String(text) => into.push((path.to_string(), text.clone())),
            other => into.push((path.to_string(), other.to_string())),
        }
    }
    let mut pairs = Vec::new();
    walk("", value, &mut pairs);
    pairs
}

fn incomplete(results: &Results, why: &anyhow::Error) -> Vec<u8> {
    let state = |(name, what): (&str, &'static str)| FileState {
        name: name.to_string(),
        what,
        needed: NEEDED.contains(&name),
        bytes: results.path(name).metadata().ok().map(|file| file.len()),
    };
    let command = results.manifest().ok().map(|manifest| manifest.command.join(" "));
    Incomplete {
        folder: results.folder().display().to_string(),
        problems: vec![format!("{why:#}")],
        files: FILES.map(state).into(),
        command: command.filter(|command| !command.is_empty()),
    }
    .render()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scenario_is_flattened_to_its_keys() {
        let scenario =
            json!({ "mock": { "backlog": 32 }, "sla": [{ "metric": "p95" }], "script": null, "a": "b" });
        let keys: Vec<_> =
            flattened(&scenario).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(keys, ["a=b", "mock.backlog=32", r#"sla=[{"metric":"p95"}]"#]);
    }

    #[test]
    fn a_run_that_failed_on_its_way_has_a_page_that_says_why() {
        let out = tempfile::tempdir().expect("a folder");
        let results = Results::create(out.path(), "failed").expect("writable");
        write_failed(&results, &anyhow::anyhow!("the mock <ended>")).expect("writable");
        let page = std::fs::read_to_string(results.path(run_files::PAGE)).expect("a page");
        assert!(page.contains("the mock &lt;ended&gt;") && page.contains("Incomplete run"), "{page}");
    }
}
