//! What every format for people says of a comparison in the same words.

use std::path::PathBuf;

use crate::analyze::{Comparison, Confidence, SlaResult, Verdict};
use crate::model::Exit;

/// What a summary needs beside the comparison.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What is compared, a word or two each: `before` and `after`.
    pub names: [&'static str; 2],
    /// How each sends, in words.
    pub strategies: [String; 2],
    /// Whose the verdict is: `after the optimisation`.
    pub judged: &'static str,
    /// Why the slow requests are slow: a name and a text each.
    pub why: Vec<(&'static str, String)>,
    /// What each optimisation bought, a table; empty where there is no ladder.
    pub ladder: Vec<String>,
    /// What was predicted, in a line.
    pub predicted: Option<String>,
    /// Where the files are; `None` if none were written.
    pub folder: Option<PathBuf>,
    /// What the command exits with.
    pub exit: Exit,
}

impl Default for Summary {
    fn default() -> Self {
        Summary {
            names: ["before", "after"],
            strategies: Default::default(),
            judged: "after the optimisation",
            why: Vec::new(),
            ladder: Vec::new(),
            predicted: None,
            folder: None,
            exit: Exit::Success,
        }
    }
}

/// A line of the SLA in words.
pub(super) struct SlaWords {
    /// `P95`.
    pub name: String,
    /// `≤ 800 ms`.
    pub limit: String,
    /// With three decimals, in the unit of the limit; words where there is none.
    pub before: String,
    /// The same of what is judged.
    pub after: String,
    /// `[583.710, 638.729]`.
    pub interval: String,
    /// Of all figures.
    pub unit: &'static str,
    pub verdict: &'static str,
    pub confidence: &'static str,
}

impl SlaWords {
    pub(super) fn of(line: &SlaResult) -> Self {
        let (unit, scale) = match line.unit {
            "share" => ("%", 100.0),
            unit => (unit, 1.0),
        };
        let (name, sign) = match line.metric.as_str() {
            "throughput" => ("throughput".into(), "≥"),
            "error_rate" => ("error rate".into(), "≤"),
            latency => (metric(latency), "≤"),
        };
        let number = |value: f64| format!("{:.3}", value * scale);
        let none = if line.metric == "mean" { "no answer to a request" } else { "no answer at that rank" };
        let figure = |value: Option<f64>| value.map_or(none.into(), number);
        let interval = |ends: crate::stats::Interval| format!("[{}, {}]", number(ends.lo), number(ends.hi));
        SlaWords {
            name,
            limit: format!("{sign} {} {unit}", line.limit * scale),
            before: figure(line.before),
            after: figure(line.after),
            interval: line.after_ci95.map_or("[none]".into(), interval),
            unit,
            verdict: verdict(line.verdict),
            confidence: confidence(line.confidence),
        }
    }
}

/// Whether the before phase keeps the line.
pub(super) fn before_keeps(line: &SlaResult) -> bool {
    let keeps =
        |before| if line.metric == "throughput" { before >= line.limit } else { before <= line.limit };
    line.before.is_some_and(keeps)
}

/// `p99_9` is `P99.9`; `mean` stays.
pub(super) fn metric(name: &str) -> String {
    match name {
        "min" | "mean" | "max" => name.to_string(),
        percentile => percentile.to_uppercase().replace('_', "."),
    }
}

pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
    }
}

pub(super) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Clear => "clear",
        Confidence::Straddles => "straddles",
    }
}

/// The figures of latency that people ask for; the files have all.
pub(super) const SHOWN: [&str; 6] = ["mean", "p50", "p90", "p95", "p99", "max"];

/// A row of the table of both sides.
pub(super) struct FigureRow {
    pub name: String,
    pub before: String,
    pub after: String,
    pub difference: String,
    /// With three decimals, as on the page: as many digits as the same share in percent.
    pub ratio: String,
    /// `0.261 to 0.290`: of the ratio, for the percentiles that have an interval; `none` where there is none to be had.
    pub interval: String,
}

/// Latency, then throughput, each with one decimal.
pub(super) fn rows(comparison: &Comparison) -> Vec<FigureRow> {
    let (before, after) = (&comparison.phases.before, &comparison.phases.after);
    let both = before.latency_ms.named().into_iter().zip(after.latency_ms.named());
    let latency = both.filter(|((name, _), _)| SHOWN.contains(name));
    let latency = latency.map(|((name, before), (_, after))| FigureRow {
        interval: ratio_interval(comparison, name),
        ..row(metric(name), before, after)
    });
    let throughput = row("throughput, requests/s".into(), before.throughput_rps, after.throughput_rps);
    latency.chain([throughput]).collect()
}

fn row(name: String, before: Option<f64>, after: Option<f64>) -> FigureRow {
    let both = before.zip(after);
    let ratio = both.filter(|(before, _)| *before > 0.0);
    FigureRow {
        name,
        before: number(before),
        after: number(after),
        difference: both.map_or(String::new(), |(before, after)| signed(after - before)),
        ratio: ratio.map_or(String::new(), |(before, after)| format!("{:.3}", after / before)),
        interval: String::new(),
    }
}

fn ratio_interval(comparison: &Comparison, name: &str) -> String {
    let difference = match name {
        "p50" => &comparison.difference.p50,
        "p95" => &comparison.difference.p95,
        "p99" => &comparison.difference.p99,
        _ => return String::new(),
    };
    difference.ci95_ratio.map_or("none".into(), |ends| format!("{:.3} to {:.3}", ends.lo, ends.hi))
}

/// With one decimal; `none` where there is none.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or("none".into(), |value| format!("{value:.1}"))
}

/// With one decimal and its sign; what rounds to nothing has none.
pub(super) fn signed(value: f64) -> String {
    let text = format!("{value:+.1}");
    if matches!(text.as_str(), "+0.0" | "-0.0") { "0.0".into() } else { text }
}

/// `3 × timeout, 1 × reset`.
pub(super) fn errors(phase: &crate::analyze::PhaseSummary) -> Option<String> {
    let errors: Vec<_> = phase.errors.iter().map(|(word, count)| format!("{count} × {word}")).collect();
    (!errors.is_empty()).then(|| errors.join(", "))
}

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_sign() {
        assert_eq!([-0.01, 0.04, -0.0].map(signed), ["0.0"; 3]);
        assert_eq!([-0.06, 12.34].map(signed), ["-0.1", "+12.3"]);
    }
}
