//! What every format for people says of a comparison in the same words.

use std::path::PathBuf;

use crate::analyze::{Comparison, Confidence, NoResult, PhaseSummary, Quality, SlaResult, Verdict};
use crate::model::{Exit, Metric, SlaLine, Statistic, Subject, Unit};

/// What is compared where another tool measured it: the caveats say from when and until when.
pub const FOREIGN_LATENCY: &str = "latency, ms";

/// What came of comparing the answers.
pub fn answers(quality: &Quality) -> String {
    let Quality { compared, different, .. } = quality;
    let by_chance = if *different > 0 && !quality.degraded { ", as its answers vary anyway" } else { "" };
    format!("{compared} compared, {different} different{by_chance}")
}

/// What a summary needs beside the comparison.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What is compared, a word or two each: `before` and `after`.
    pub names: [&'static str; 2],
    /// How each sends, in words.
    pub strategies: [String; 2],
    /// What moved the bytes, where there is something to say of it.
    pub moved_by: Option<String>,
    /// Whose the verdict is: `after the optimisation`.
    pub judged: &'static str,
    /// Why the slow requests are slow: a name and a text each.
    pub why: Vec<(&'static str, String)>,
    /// How requests of each failed, a line a kind; without it the words of the comparison are shown.
    pub failed: [Vec<String>; 2],
    /// What each optimisation bought, a table; empty where there is no ladder.
    pub ladder: Vec<String>,
    /// What each of several endpoints took, a table; empty where there is one.
    pub endpoints: Vec<String>,
    /// What was predicted, in a line.
    pub predicted: Option<String>,
    /// Where the files are; `None` if none were written.
    pub folder: Option<PathBuf>,
    /// What the command exits with.
    pub exit: Exit,
    /// What is compared, with its unit.
    pub latency: &'static str,
}

impl Default for Summary {
    fn default() -> Self {
        Summary {
            names: ["before", "after"],
            strategies: Default::default(),
            moved_by: None,
            judged: "after the optimisation",
            why: Vec::new(),
            failed: Default::default(),
            ladder: Vec::new(),
            endpoints: Vec::new(),
            predicted: None,
            folder: None,
            exit: Exit::Success,
            latency: "latency from due, ms",
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
    /// `[583.710, 638.729]`, or that there is none.
    pub interval: String,
    /// Of all figures.
    pub unit: &'static str,
    pub verdict: &'static str,
    pub confidence: &'static str,
}

impl SlaWords {
    pub(super) fn of(line: &SlaResult) -> Self {
        let (unit, scale) = match line.unit {
            Unit::Share => ("%", 100.0),
            unit => (unit.name(), 1.0),
        };
        let number = |value: f64| format!("{:.3}", value * scale);
        let none = match line.metric.statistic() {
            Some(Statistic::Mean) => "no answer to a request",
            _ => "no answer at that rank",
        };
        let mark = |why: Option<NoResult>| why.map_or("", |_| MARK);
        let figure = |value: Option<f64>, why| value.map_or(none.into(), |value| number(value) + mark(why));
        let interval = |ends: crate::stats::Interval| format!("[{}, {}]", number(ends.lo), number(ends.hi));
        SlaWords {
            name: metric(line.metric),
            limit: format!("{} {} {unit}", sign(line.metric), line.limit * scale),
            before: figure(line.before, line.before_no_result),
            after: figure(line.after, line.no_result),
            interval: line.after_ci95.map_or("(no interval)".into(), interval),
            unit,
            verdict: verdict(line.verdict),
            confidence: match line.no_result {
                Some(why) => why_no_result(why),
                None if lacks_interval(line) => TOO_FEW,
                None => confidence(line.confidence),
            },
        }
    }
}

/// Stands behind a figure that is no result.
pub(super) const MARK: &str = "†";

/// What the mark means.
pub(super) fn why_no_result(why: NoResult) -> &'static str {
    match why {
        NoResult::Overloaded => "grows with the length of the run",
        NoResult::ReleasedLate => "requests were not sent when they were due",
    }
}

/// Why the first line that is no result is none.
pub(super) fn no_result(comparison: &Comparison) -> Option<&'static str> {
    comparison.sla.iter().find_map(|line| line.no_result).map(why_no_result)
}

/// What the mark means of the latencies in a table; `None` where none has it.
pub(super) fn note(comparison: &Comparison) -> Option<String> {
    let phases = comparison.phases.both().into_iter().filter(|(_, phase)| phase.overloaded());
    let names: Vec<&str> = phases.map(|(phase, _)| phase.name()).collect();
    let why = why_no_result(NoResult::Overloaded);
    (!names.is_empty()).then(|| {
        let names = names.join(" and ");
        format!("{why}: more came than {names} could answer, so that no latency of {names} is a result")
    })
}

/// Why a line has no interval that could settle it.
pub(super) const TOO_FEW: &str = "too few requests for an interval";

/// Whether a line has a figure, and nothing is known of how sure it is.
pub(super) fn lacks_interval(line: &SlaResult) -> bool {
    let is_figure = line.after.is_some() && line.no_result.is_none();
    line.confidence == Confidence::Straddles && is_figure && line.after_ci95.is_none()
}

/// Whether the before phase keeps the line.
pub(super) fn before_keeps(line: &SlaResult) -> bool {
    line.before_no_result.is_none() && line.before.is_some_and(|before| line.metric.keeps(before, line.limit))
}

/// What a line judges; a statistic of latency bears no other name.
pub(super) fn metric(metric: Metric) -> String {
    match metric {
        Metric::Time(Subject::Latency, one) => statistic(one),
        Metric::ErrorRate => "error rate".into(),
        Metric::Throughput => "throughput".into(),
    }
}

/// `P99.9`, `mean`.
pub(super) fn statistic(statistic: Statistic) -> String {
    match statistic {
        Statistic::Percentile(permille) => percentile(permille),
        other => other.to_string(),
    }
}

/// 950 is `P95`, 999 is `P99.9`.
pub(super) fn percentile(permille: u64) -> String {
    match permille % 10 {
        0 => format!("P{}", permille / 10),
        tenth => format!("P{}.{tenth}", permille / 10),
    }
}

/// `P95 ≤ 800 ms`.
pub(super) fn limited(line: &SlaLine) -> String {
    let (name, sign, limit) = (metric(line.metric()), sign(line.metric()), line.limit());
    match limit.unit() {
        Unit::Share => format!("{name} {sign} {} %", limit.value() * 100.0),
        unit => format!("{name} {sign} {} {}", limit.value(), unit.name()),
    }
}

/// On which side of its limit a figure has to be.
pub(super) fn sign(metric: Metric) -> &'static str {
    if metric.has_least() { "≥" } else { "≤" }
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
const SHOWN: [Statistic; 5] =
    [Statistic::Mean, Statistic::P50, Statistic::P95, Statistic::P99, Statistic::Max];

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

/// Latency, the time to the first byte, then throughput, and of an open load what was offered and how much of it waited; each with one decimal.
pub(super) fn rows(comparison: &Comparison) -> Vec<FigureRow> {
    let (before, after) = (&comparison.phases.before, &comparison.phases.after);
    let both = before.latency_ms.named().into_iter().zip(after.latency_ms.named());
    let latency = both.filter(|((one, _), _)| SHOWN.contains(one));
    let latency = latency.map(|((one, from), (_, to))| {
        let row = FigureRow { interval: ratio_interval(comparison, one), ..row(statistic(one), from, to) };
        marked(row, before, after)
    });
    let ttfb = marked(row("TTFB P95".into(), before.ttfb_ms.p95, after.ttfb_ms.p95), before, after);
    let throughput = row("throughput, requests/s".into(), before.throughput_rps, after.throughput_rps);
    let offered = before.load.zip(after.load).map(|(before, after)| {
        let backlog = [before, after].map(|load| Some(load.backlog_most as f64));
        [
            row("offered, requests/s".into(), Some(before.offered_rps), Some(after.offered_rps)),
            row("achieved, requests/s".into(), Some(before.achieved_rps), Some(after.achieved_rps)),
            row("peak backlog, requests".into(), backlog[0], backlog[1]),
            row("backlog growth, req/s".into(), before.backlog_growth_rps, after.backlog_growth_rps),
        ]
    });
    latency.chain([ttfb, throughput]).chain(offered.into_iter().flatten()).collect()
}

/// A latency that is no result bears the mark, and is compared with nothing.
fn marked(row: FigureRow, before: &PhaseSummary, after: &PhaseSummary) -> FigureRow {
    if !before.overloaded() && !after.overloaded() {
        return row;
    }
    let mark = |figure: String, phase: &PhaseSummary| if phase.overloaded() { figure + MARK } else { figure };
    FigureRow {
        name: row.name,
        before: mark(row.before, before),
        after: mark(row.after, after),
        difference: String::new(),
        ratio: String::new(),
        interval: String::new(),
    }
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

fn ratio_interval(comparison: &Comparison, of: Statistic) -> String {
    let difference = match of {
        Statistic::P50 => &comparison.difference.p50,
        Statistic::P95 => &comparison.difference.p95,
        Statistic::P99 => &comparison.difference.p99,
        _ => return String::new(),
    };
    ratio_words(difference.ci95_ratio)
}

fn ratio_words(ends: Option<crate::stats::Interval>) -> String {
    match ends {
        None => "none".into(),
        // A share of nothing is none: in some draws no answer of before came at that rank.
        Some(ends) if ends.lo == 0.0 => format!("up to {:.3}", ends.hi),
        Some(ends) => format!("{:.3} to {:.3}", ends.lo, ends.hi),
    }
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

/// The failures of a side as they were told, else `3 × timeout, 1 × reset` of the comparison.
pub(super) fn errors(phase: &crate::analyze::PhaseSummary, told: &[String]) -> Vec<String> {
    if !told.is_empty() {
        return told.to_vec();
    }
    let errors: Vec<_> =
        phase.errors.0.iter().map(|(kind, count)| format!("{count} × {}", kind.name())).collect();
    if errors.is_empty() { Vec::new() } else { vec![errors.join(", ")] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Interval;

    #[test]
    fn an_interval_without_a_lower_end_has_none() {
        let words = |lo| ratio_words(Some(Interval { lo, hi: 0.946 }));
        assert_eq!((words(0.0), words(0.5)), ("up to 0.946".into(), "0.500 to 0.946".into()));
    }

    #[test]
    fn nothing_has_no_sign() {
        assert_eq!([-0.01, 0.04, -0.0].map(signed), ["0.0"; 3]);
        assert_eq!([-0.06, 12.34].map(signed), ["-0.1", "+12.3"]);
    }
}
