//! The ablation: the same proof with one thing changed at a time, failures included.

use std::fmt::Write;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use super::prove::{Job, prove};
use crate::analyze::{Comparison, Verdict};
use crate::host::{Interrupt, aside, console};
use crate::model::RunEnd;
use crate::model::run_files::ABLATION;
use crate::runlog::write_atomically;
use crate::scenario;
use crate::scenario::{Overrides, ScenarioError, Settings};
use crate::workflow::invocation;

/// A file of variants of one scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ablation {
    /// Relative to the file.
    scenario: std::path::PathBuf,
    variant: Vec<Variant>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    name: String,
    /// As for `--set`.
    set: Vec<String>,
}

/// What came of it.
#[derive(Debug)]
pub struct Ablated {
    /// In Markdown; of one that was interrupted as far as it came, marked.
    pub table: String,
    /// Whether somebody stopped it.
    pub end: RunEnd,
}

/// Proves each variant and writes the table to `ablation.md` in `out`, unless it was interrupted.
pub async fn ablate(
    file: &Path,
    out: &Path,
    overrides: &Overrides,
    quiet: bool,
    interrupt: &Interrupt,
) -> anyhow::Result<Ablated> {
    let mut table = HEAD.to_string();
    let (read, given) = (file.to_path_buf(), overrides.clone());
    let variants = interrupt.or_stop(aside("scenario", move || variants(&read, &given))).await??;
    for (variant, settings) in variants {
        if !quiet {
            console::say(&format!("== {}", variant.name));
        }
        let command = invocation::masked_command(&settings.mask());
        let (ladder, aa, strict) = (false, false, false);
        let job = Job { settings, out: out.to_path_buf(), ladder, aa, quiet, command, strict };
        let proof = prove(job, interrupt).await;
        if proof.is_err() {
            console::say(&table);
        }
        let proof = proof.with_context(|| format!("variant `{}`, after those above", variant.name))?;
        if let Some(signal) = interrupt.signal() {
            let table = format!("interrupted in `{}`; {ABLATION} is not written\n{table}", variant.name);
            return Ok(Ablated { table, end: RunEnd::Interrupted(signal) });
        }
        row(&mut table, &variant, &proof.findings.comparison)?;
    }
    write_atomically(&out.join(ABLATION), table.as_bytes())?;
    Ok(Ablated { table, end: RunEnd::Completed })
}

/// All variants, resolved: what is wrong with the last one is said before the first one runs.
fn variants(file: &Path, overrides: &Overrides) -> anyhow::Result<Vec<(Variant, Settings)>> {
    let text = scenario::read(file)?;
    let ablation: Ablation =
        toml::from_str(&text).map_err(|error| ScenarioError::syntax(file, &text, &error))?;
    let scenario = file.parent().unwrap_or(Path::new(".")).join(&ablation.scenario);
    let resolve = |variant: Variant| {
        let mut overrides = overrides.clone();
        let set = variant.set.iter().try_for_each(|assignment| overrides.set_text(assignment));
        let settings = set.and_then(|()| scenario::load(&scenario, &overrides));
        let settings =
            settings.with_context(|| format!("variant `{}` of {}", variant.name, file.display()))?;
        Ok((variant, settings))
    };
    ablation.variant.into_iter().map(resolve).collect()
}

const HEAD: &str = "\
| variant | changed | before P50 | before P95 | after P50 | after P95 | after P99 | after requests/s | SLA |
|---|---|---:|---:|---:|---:|---:|---:|---|
";

fn row(table: &mut String, variant: &Variant, comparison: &Comparison) -> std::fmt::Result {
    let number = |value: Option<f64>| value.map_or("none".into(), |value| format!("{value:.0}"));
    let (before, after) = (&comparison.phases.before, &comparison.phases.after);
    let changed = match variant.set.as_slice() {
        [] => "nothing".to_string(),
        some => format!("`{}`", some.join("`, `")),
    };
    let figures = [before.latency_ms.p50, before.latency_ms.p95, after.latency_ms.p50, after.latency_ms.p95];
    let figures = figures.into_iter().chain([after.latency_ms.p99, after.throughput_rps]).map(number);
    let figures = figures.collect::<Vec<_>>().join(" | ");
    let verdict = if comparison.verdict == Verdict::Met { "met" } else { "**missed**" };
    writeln!(table, "| {} | {changed} | {figures} | {verdict} |", variant.name)
}
