//! Which part of the after phase's way to send did it: kept connections or batches.

use maud::{Markup, html};

use super::figure::{NumberForm, figure};
use super::{Html, verdict};
use crate::analyze::{Comparison, SlaResult, Verdict};
use crate::report::credit;
use crate::report::credit::{Credit, Known};

fn p95(known: &Known) -> Markup {
    html! { (figure(Some(known.p95_ms), &known.from, NumberForm::Plain)) " ms" }
}

/// Which part met the SLA, where it is known what the other alone would have done.
pub fn credit(comparison: &Comparison, page: &Html<'_>) -> Markup {
    let Some(Credit { alone, smaller, batching }) =
        Credit::of(comparison, page.analysis, &page.conditions.after)
    else {
        return html! {};
    };
    // Where another line is missed, this one alone is to be credited.
    let met = if comparison.verdict == Verdict::Met { "met the SLA" } else { "met this line of it" };
    html! {
        p {
            @if batching {
                strong { "Batching " (met) "." } " Kept connections alone (" (alone.strategy) ") " (alone.how()) " to miss it, at P95 " (p95(&alone))
                @if let Some(smaller) = &smaller { "; with batches of up to " (smaller.batch) " they " (smaller.how()) " to meet it, at " (p95(smaller)) }
                "."
            } @else {
                strong { "Kept connections " (met) "." } " Without batches (" (alone.strategy) ") they " (alone.how()) " to meet it too, at P95 " (p95(&alone)) "."
            }
        }
    }
}

/// What kept connections alone come to.
pub fn alone_note(page: &Html<'_>) -> Markup {
    let alone = credit::alone(page.analysis, &page.conditions.after);
    html! { @if let Some(alone) = alone { " " (if alone.measured { "Measured" } else { "Predicted" }) " for " (alone.strategy) ": P95 " (p95(&alone)) "." } }
}

/// In tenths of a percent.
const MEDIAN: u64 = 500;

/// That the median misses a line on a higher percentile already, so no tail is needed to break it.
pub fn median_misses(comparison: &Comparison) -> Option<Markup> {
    let median = comparison.phases.before.latency_ms.p50?;
    let above = |line: &SlaResult| line.metric.percentile().is_some_and(|permille| permille > MEDIAN);
    let (at, line) = comparison
        .sla
        .iter()
        .enumerate()
        .find(|(_, line)| above(line) && line.times.is_some() && median > line.limit)?;
    Some(html! {
        "the median, " (figure(Some(median), "comparison:/phases/before/latency_ms/p50", NumberForm::Plain)) " ms, misses the limit of "
        (figure(Some(line.limit), &format!("comparison:/sla/{at}/limit"), verdict::limit_of(line))) " ms already"
    })
}
