//! The verdict: one word, and a sentence with the numbers.

use maud::{Markup, html};

use super::aa;
use super::conditions_of_run::Conditions;
use super::figure::{NumberForm, capital, count, figure, interval, metric_name};
use crate::analyze::{Comparison, Confidence, NoResult, SlaResult, Verdict};
use crate::model::{RunEnd, Unit};
use crate::stats::Interval;

/// How the verdict looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Met,
    Missed,
    Doubt,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Tone::Met => "met",
            Tone::Missed => "missed",
            Tone::Doubt => "doubt",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Tone::Met => "✓",
            Tone::Missed => "✗",
            Tone::Doubt => "!",
        }
    }
}

/// The banner at the top.
pub fn section(comparison: &Comparison, conditions: &Conditions) -> Markup {
    let (tone, word) = word(comparison);
    html! {
        section.verdict.(tone.class()) aria-labelledby="verdict" {
            p.word { span.sign aria-hidden="true" { (tone.sign()) } " " (word) }
            h1 #verdict { (sentence(comparison)) }
            p.sub { (certainty(comparison)) }
            dl.arms {
                div { dt { "before" } dd { (conditions.before) span.dim { (conditions.before_means) } } }
                div { dt { "after" } dd { (conditions.after) span.dim { (conditions.after_means) } } }
                @if let Some(transport) = &conditions.moved_by { div { dt { "transport" } dd { (transport) } } }
            }
        }
    }
}

fn word(comparison: &Comparison) -> (Tone, &'static str) {
    if let Some(found) = comparison.aa.as_ref().filter(|_| was_judged(comparison)) {
        return match (found.difference_found, found.settled) {
            (true, _) => (Tone::Missed, "A/A: a difference"),
            (false, true) => (Tone::Met, "A/A: no difference"),
            (false, false) => (Tone::Doubt, "A/A: not settled"),
        };
    }
    match (comparison.verdict, comparison.end) {
        (_, RunEnd::Interrupted(_)) => (Tone::Doubt, "Interrupted"),
        (_, RunEnd::Failed) => (Tone::Missed, "Run failed"),
        (Verdict::Missed, _) => (Tone::Missed, "SLA missed"),
        (Verdict::Met, _) if comparison.confidence == Confidence::Straddles => {
            (Tone::Doubt, "SLA met, in doubt")
        }
        (Verdict::Met, _) => (Tone::Met, "SLA met"),
    }
}

fn sentence(comparison: &Comparison) -> Markup {
    let phases = &comparison.phases;
    if matches!(comparison.end, RunEnd::Interrupted(_)) {
        let unsent = phases.before.unsent + phases.after.unsent;
        let planned = phases.before.planned + phases.after.planned;
        return html! { "The run was stopped: " (unsent) " of " (planned) " planned requests were never sent. Nothing is proven." };
    }
    if comparison.end == RunEnd::Failed {
        let names = phases
            .both()
            .into_iter()
            .filter(|(_, phase)| phase.succeeded == 0)
            .map(|(phase, _)| phase.name());
        let names = names.collect::<Vec<_>>().join(" and the ");
        return html! { "Not one request of the " (names) " phase succeeded. There is nothing to compare." };
    }
    if let Some(found) = &comparison.aa {
        return aa::sentence(comparison, found);
    }
    let different = comparison.quality.different;
    html! {
        @if let Some(unsent) = unsent(comparison) { (unsent) ", so the SLA counts as missed. " }
        @if comparison.quality.degraded {
            (count(different, "comparison:/quality/different")) " of " (count(comparison.quality.compared, "comparison:/quality/compared"))
            " answers differ: speed must not cost quality. "
        }
        (judged(comparison))
    }
}

/// Whether the lines of the SLA were judged: not where a signal stopped the run, or a phase has no answer at all.
pub fn was_judged(comparison: &Comparison) -> bool {
    comparison.end == RunEnd::Completed
}

/// How many planned requests were never sent, by phase; `None` if all were.
pub fn unsent(comparison: &Comparison) -> Option<Markup> {
    let short: Vec<_> = comparison.phases.both().into_iter().filter(|(_, phase)| phase.unsent > 0).collect();
    (!short.is_empty()).then(|| {
        html! {
            @for (at, (name, phase)) in short.iter().enumerate() {
                @if at > 0 { " and " }
                (count(phase.unsent, &format!("comparison:/phases/{name}/unsent"))) " of "
                (count(phase.planned, &format!("comparison:/phases/{name}/planned"))) " planned requests of the " (name) " phase"
            }
            " were never sent"
        }
    })
}

/// The line that the sentences are about: the first one that is missed, else the first.
fn line_of_verdict(comparison: &Comparison) -> usize {
    comparison.sla.iter().position(|line| line.verdict == Verdict::Missed).unwrap_or(0)
}

fn judged(comparison: &Comparison) -> Markup {
    let at = line_of_verdict(comparison);
    let Some(line) = comparison.sla.get(at) else { return html! { "No line of an SLA was judged." } };
    let others = comparison.sla.len() - 1;
    html! {
        (line_sentence(line, at))
        @if others > 0 {
            " " (others) " more " (if others == 1 { "line" } else { "lines" }) " of the SLA: see the table."
        }
    }
}

fn line_sentence(line: &SlaResult, at: usize) -> Markup {
    let part = |name: &str| format!("comparison:/sla/{at}/{name}");
    let (written, unit) = unit_of(line);
    let name = capital(&metric_name(line.metric));
    let verb = match (line.before, line.after) {
        (Some(before), Some(after)) if after < before => "went down from",
        (Some(before), Some(after)) if after > before => "went up from",
        (Some(_), Some(_)) => "stayed at",
        _ => "went from",
    };
    if let Some(why) = line.no_result {
        return html! { (void(why)) ", so that " (name) " keeps no limit, whatever its figure says." };
    }
    if line.before.is_none() && line.after.is_none() {
        return html! { (name) " has no answer at that rank, before or after, so the limit of " (value(Some(line.limit), &part("limit"), limit_of(line), unit)) " is missed." };
    }
    let met = line.verdict == Verdict::Met;
    let side = match (line.metric.has_least(), met) {
        (true, true) => "which keeps the least of",
        (true, false) => "below the least of",
        (false, true) => "within the limit of",
        (false, false) => "above the limit of",
    };
    html! {
        (name) " " (verb) " " (value(line.before, &part("before"), written, unit))
        " to " strong { (value(line.after, &part("after"), written, unit)) }
        ", " (side) " " (value(Some(line.limit), &part("limit"), limit_of(line), unit)) "."
    }
}

/// Why no line is kept that is judged by such a figure.
fn void(why: NoResult) -> &'static str {
    match why {
        NoResult::Overloaded => {
            "More requests came than the after phase could answer: latency grows with the length of the run"
        }
        NoResult::ReleasedLate => {
            "The run is invalid: requests were not sent within 1 ms of their due time, so the load was not the planned one"
        }
    }
}

/// A figure with its unit; a missing one says what is missing.
pub fn value(value: Option<f64>, from: &str, written: NumberForm, unit: &str) -> Markup {
    html! { (figure(value, from, written)) @if value.is_some() { (unit) } @else { " (no answer at that rank)" } }
}

/// How figures of an SLA line are written, and their unit.
pub fn unit_of(line: &SlaResult) -> (NumberForm, &'static str) {
    match line.unit {
        Unit::Share => (NumberForm::Percent, ""),
        Unit::RequestsPerSecond => (NumberForm::Plain, "\u{a0}requests/s"),
        Unit::Milliseconds => (NumberForm::Plain, "\u{a0}ms"),
    }
}

/// How the limit of an SLA line is written: as a person wrote it.
pub fn limit_of(line: &SlaResult) -> NumberForm {
    if line.unit == Unit::Share { NumberForm::ShortPercent } else { NumberForm::Short }
}

/// On which side of the limit an interval lies that does not hold it.
pub fn side(interval: Interval, limit: f64) -> &'static str {
    if interval.hi <= limit { "below" } else { "above" }
}

fn certainty(comparison: &Comparison) -> Markup {
    let at = line_of_verdict(comparison);
    let Some(line) = comparison.sla.get(at) else { return html! {} };
    let (written, _) = unit_of(line);
    let what = metric_name(line.metric);
    let shown = interval(line.after_ci95, &format!("comparison:/sla/{at}/after_ci95"), written);
    let caveats = comparison.caveats.len();
    let judged = was_judged(comparison);
    html! {
        @if judged && comparison.aa.is_none() { @match (line.after_ci95, line.confidence) {
            _ if line.no_result.is_some() => { "No interval is given of a figure that is no result." }
            (Some(interval), Confidence::Clear) => { "The 95 % interval of " (what) " after, " (shown) ", lies wholly " (side(interval, line.limit)) " the limit." }
            (Some(_), Confidence::Straddles) => { "The 95 % interval of " (what) " after, " (shown) ", reaches to both sides of the limit: another run could be judged otherwise." }
            (None, _) => { "There is no 95 % interval of " (what) " after: too few requests or repetitions bound it, so another run could be judged otherwise." }
        } }
        " "
        @if caveats > 0 {
            a href="#caveats" { (caveats) (if caveats == 1 { " caveat" } else { " caveats" }) }
            (if caveats == 1 { " limits" } else { " limit" }) " the trust in these figures."
        } @else { "No caveat was raised." }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::{compared, open_phase};
    use crate::model::CaveatKind;

    fn said(comparison: &Comparison) -> String {
        format!("{} {}", sentence(comparison).0, certainty(comparison).0)
    }

    #[test]
    fn a_figure_that_is_no_result_is_set_against_no_limit() {
        let steady = open_phase(400, |_| 100_000);
        let growing = open_phase(400, |seq| 1_000 + seq * 1_000);
        let overloaded = compared([&steady, &growing], &["p95=800ms"], &[]);
        assert!(
            said(&overloaded)
                .contains("latency grows with the length of the run, so that P95 keeps no limit")
        );
        let mut late = compared([&steady, &steady], &["throughput=5rps"], &[]);
        assert!(late.caveats.iter().all(|caveat| caveat.kind != CaveatKind::ReleasedLate));
        assert!(said(&late).contains("which keeps the least of"), "{}", said(&late));
        (late.sla[0].verdict, late.sla[0].no_result) = (Verdict::Missed, Some(NoResult::ReleasedLate));
        assert!(said(&late).contains("not sent within 1 ms of their due time"), "{}", said(&late));
        for falsehood in ["above", "below", "within the limit", "keeps the least", "lies wholly"] {
            assert!(
                !said(&overloaded).contains(falsehood) && !said(&late).contains(falsehood),
                "{falsehood}"
            );
        }
    }
}
