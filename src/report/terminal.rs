//! The closing summary: one screen, the same numbers as `comparison.json`.

use std::fmt::Write;
use std::path::PathBuf;

use super::Format;
use crate::analyze::{Comparison, Confidence, PhaseSummary, SlaResult, Verdict};

/// The summary and what it needs beside the comparison.
#[derive(Debug, Default)]
pub struct Terminal {
    /// How the before phase sends, in words.
    pub before: String,
    /// How the after phase sends, in words.
    pub after: String,
    /// Why the slow requests of the before phase are slow, a few lines.
    pub why: Vec<String>,
    /// What each optimisation bought, a table; empty where there is no ladder.
    pub ladder: Vec<String>,
    /// What was predicted of the after phase, in a line.
    pub predicted: Option<String>,
    /// Where the files are.
    pub folder: PathBuf,
    /// Whether to colour the verdict.
    pub colour: bool,
    /// What the command exits with.
    pub exit_code: u8,
}

impl Format for Terminal {
    fn render(&self, comparison: &Comparison) -> anyhow::Result<Vec<u8>> {
        let mut text = String::new();
        self.head(&mut text, comparison)?;
        table(&mut text, comparison)?;
        below(&mut text, comparison)?;
        for line in self.why.iter().chain(&self.predicted).chain(&self.ladder) {
            writeln!(text, "{line}")?;
        }
        for line in &comparison.sla {
            writeln!(text, "{}", sla_line(line))?;
        }
        for caveat in &comparison.caveats {
            writeln!(text, "caveat: {}", caveat.message)?;
        }
        self.verdict(&mut text, comparison)?;
        writeln!(text, "files: {}", self.folder.display())?;
        Ok(text.into_bytes())
    }
}

impl Terminal {
    fn head(&self, text: &mut String, comparison: &Comparison) -> std::fmt::Result {
        writeln!(text, "run {}, plan {}", comparison.run_id, &comparison.plan_digest)?;
        writeln!(text, "before: {}", self.before)?;
        writeln!(text, "after:  {}", self.after)
    }

    fn verdict(&self, text: &mut String, comparison: &Comparison) -> std::fmt::Result {
        let (word, colour) = match comparison.verdict {
            Verdict::Met => ("MET", "\x1b[1;32m"),
            Verdict::Missed => ("MISSED", "\x1b[1;31m"),
        };
        let (on, off) = if self.colour { (colour, "\x1b[0m") } else { ("", "") };
        if comparison.caveats.iter().any(|caveat| caveat.kind == "interrupted") {
            return writeln!(
                text,
                "{on}INTERRUPTED{off}: partial, nothing is proven (exit code {})",
                self.exit_code
            );
        }
        let (code, method) = (self.exit_code, &comparison.interval_method);
        writeln!(text, "SLA {on}{word}{off} after the optimisation (exit code {code}); [ ] 95 %: {method}")
    }
}

fn table(text: &mut String, comparison: &Comparison) -> std::fmt::Result {
    writeln!(
        text,
        "{:<22}{:>14}{:>14}{:>14}{:>9}",
        "latency from due, ms", "before", "after", "difference", "ratio"
    )?;
    let (before, after) = (&comparison.phases.before, &comparison.phases.after);
    for ((name, before), (_, after)) in before.latency_ms.named().into_iter().zip(after.latency_ms.named()) {
        let name = match name {
            "min" | "mean" | "max" => name.to_string(),
            percentile => percentile.to_uppercase().replace('_', "."),
        };
        row(text, &name, before, after)?;
    }
    row(text, "throughput, requests/s", before.throughput_rps, after.throughput_rps)?;
    writeln!(text, "{:<22}{:>14}{:>14}", "succeeded / planned", share(before), share(after))
}

fn row(text: &mut String, name: &str, before: Option<f64>, after: Option<f64>) -> std::fmt::Result {
    let number = |value: Option<f64>| value.map_or("none".into(), |value| format!("{value:.1}"));
    let both = before.zip(after);
    let difference = both.map_or(String::new(), |(before, after)| format!("{:+.1}", after - before));
    let ratio = both.filter(|(before, _)| *before > 0.0);
    let ratio = ratio.map_or(String::new(), |(before, after)| format!("{:.2}", after / before));
    let (before, after) = (number(before), number(after));
    writeln!(text, "{name:<22}{before:>14}{after:>14}{difference:>14}{ratio:>9}")
}

fn share(phase: &PhaseSummary) -> String {
    format!("{}/{}", phase.succeeded, phase.planned)
}

fn below(text: &mut String, comparison: &Comparison) -> std::fmt::Result {
    for (name, phase) in comparison.phases.both() {
        if !phase.errors.is_empty() {
            let errors: Vec<_> =
                phase.errors.iter().map(|(word, count)| format!("{count} × {word}")).collect();
            writeln!(text, "{:<22}{}", format!("errors {name}"), errors.join(", "))?;
        }
    }
    let quality = &comparison.quality;
    writeln!(text, "{:<22}{} compared, {} different", "answers", quality.compared, quality.different)?;
    if let Some(script) = &comparison.baseline_script {
        let number = |value: Option<f64>| value.map_or("none".into(), |value| format!("{value:.1}"));
        let figures = &script.latency_ms;
        let (p50, p95, p99) = (number(figures.p50), number(figures.p95), number(figures.p99));
        writeln!(text, "{:<22}P50 {p50}, P95 {p95}, P99 {p99} (its own clock)", file_name(&script.path))?;
    }
    Ok(())
}

fn sla_line(line: &SlaResult) -> String {
    let (metric, sign) = match line.metric.as_str() {
        "throughput" => ("throughput".into(), "≥"),
        "mean" | "max" => (line.metric.clone(), "≤"),
        "error_rate" => ("error rate".into(), "≤"),
        percentile => (percentile.to_uppercase().replace('_', "."), "≤"),
    };
    let (unit, scale) = match line.unit {
        "share" => ("%", 100.0),
        unit => (unit, 1.0),
    };
    let number = |value: f64| format!("{:.3}", value * scale);
    let none = if line.metric == "mean" { "no answer to a request" } else { "no answer at that rank" };
    let figure = |value: Option<f64>| value.map_or(none.into(), number);
    let interval = match line.after_ci95 {
        Some(interval) => format!("[{}, {}]", number(interval.lo), number(interval.hi)),
        None => "[none]".into(),
    };
    let verdict = match line.verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
    };
    let confidence = match line.confidence {
        Confidence::Clear => "clear",
        Confidence::Straddles => "straddles",
    };
    let (limit, before, after) = (line.limit * scale, figure(line.before), figure(line.after));
    format!(
        "SLA {metric} {sign} {limit} {unit}: before {before}, after {after} {interval}: {verdict}, {confidence}"
    )
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
