//! Whether the figures can be trusted, and what they do not say.

use maud::{Markup, html};

use super::figure::{NumberForm, count, figure, interval};
use super::{Html, spread};
use crate::analyze::{Comparison, Prediction};
use crate::stats::Interval;

/// What was checked, then the limits.
pub fn checks(comparison: &Comparison, page: &Html<'_>) -> Markup {
    let quality = &comparison.quality;
    let caveats = comparison.caveats.len();
    let doubt = spread::doubt(comparison);
    html! {
        ul.checks {
            li.(mark(caveats == 0)) {
                @if caveats == 0 { "No caveat: every check of the run passed." }
                @else { a href="#caveats" { (caveats) (if caveats == 1 { " caveat" } else { " caveats" }) } ", above." }
            }
            li.(mark(!quality.degraded && quality.compared > 0)) {
                @if quality.compared == 0 { "No answer could be compared." } @else {
                (count(quality.equal, "comparison:/quality/equal")) " of " (count(quality.compared, "comparison:/quality/compared"))
                " answers are the same."
                }
            }
            (payloads(page))
            @if page.conditions.before_log.is_some() {
                li.unknown { "The phases were not interleaved and sent different work: the difference has no interval, and no verdict is clear." }
            } @else { li.(if page.conditions.repetitions > 1 { "good" } else { "unknown" }) {
                (page.conditions.repetitions) " repetition" (if page.conditions.repetitions == 1 { "" } else { "s" })
                " of each phase, in turn, on one plan of " (page.conditions.requests) " requests; intervals by " (comparison.interval_method) "."
            } }
            @if !comparison.phases.overloaded() { (predicted(page)) }
            @if !doubt.0.is_empty() { li.unknown { (doubt) } }
            (limits(page))
        }
    }
}

fn payloads(page: &Html<'_>) -> Markup {
    let Some(payloads) = page.conditions.payloads else { return html! {} };
    let alike = payloads.before && payloads.after && payloads.script != Some(false);
    html! {
        li.(mark(alike)) {
            @if alike { "The server received the same payloads in both phases." }
            @else { "The server did not receive the planned payloads." }
        }
    }
}

fn mark(good: bool) -> &'static str {
    if good { "good" } else { "bad" }
}

/// What no number of repetitions here can show.
fn limits(page: &Html<'_>) -> Markup {
    let conditions = page.conditions;
    let batch = page.drawn[1].largest_call();
    html! {
        li.unknown {
            "Shown on one machine, at one load, " (conditions.load())
            @if conditions.embedded { "; client and server shared its processors. The server is the mock of this tool, a simulation with a cost a call and a cost an item: yours may have no cost that a batch can share" }
            "."
            @if page.analysis.prediction.is_some() && page.analysis.ladder.is_none() { " The steps between before and after are predicted only." }
        }
        @if batch > 1 {
            li.unknown { "A batch has a price: if its call fails, all requests in it (up to " (batch) ") fail." }
        }
    }
}

fn predicted(page: &Html<'_>) -> Markup {
    let prediction = page.analysis.prediction.as_ref().filter(|prediction| prediction.is_material());
    let Some(prediction) = prediction else { return html! {} };
    let (Some(p95), Some(measured)) = (prediction.p95_ms, prediction.measured_p95_ms) else {
        return html! {};
    };
    let inside = prediction
        .range
        .as_ref()
        .is_some_and(|range| (range.p95_ms[0]..=range.p95_ms[1]).contains(&measured));
    html! {
        li.(if inside { "good" } else { "unknown" }) {
            "P95 predicted from the before log and the idle server alone: "
            (figure(Some(p95), "analysis:/prediction/p95_ms", NumberForm::Plain)) " ms " (range(prediction)) "; measured: "
            (figure(Some(measured), "analysis:/prediction/measured_p95_ms", NumberForm::Plain)) " ms ("
            (figure(prediction.error, "analysis:/prediction/error", NumberForm::SignedPercent)) "). The after log is no input of it"
            @if inside { ", and where in the range one run ends is chance" }
            @else if prediction.range.is_some() { "; what was measured lies outside of the range" }
            "."
        }
    }
}

fn range(prediction: &Prediction) -> Markup {
    let ends = prediction.range.as_ref().map(|range| Interval { lo: range.p95_ms[0], hi: range.p95_ms[1] });
    html! { @if ends.is_some() { (interval(ends, "analysis:/prediction/range/p95_ms", NumberForm::Plain)) } }
}
