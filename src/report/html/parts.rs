//! Which part of the after phase's way to send did it: kept connections or batches.

use maud::{Markup, html};

use super::figure::{Written, figure};
use super::{Html, verdict};
use crate::analyze::{Analysis, Comparison, Prediction, SlaResult, Verdict};

/// P95 of a way to send, measured where it was tried.
struct Known {
    strategy: String,
    batch: usize,
    p95_ms: f64,
    from: String,
    measured: bool,
}

impl Known {
    /// The candidate of the prediction at that place.
    fn of(analysis: &Analysis, prediction: &Prediction, at: usize) -> Option<Known> {
        let strategy = prediction.candidates.get(at)?.strategy.clone();
        let tried = analysis.ladder.iter().flatten().position(|rung| rung.strategy == strategy);
        let rung = tried.and_then(|rung| Some((rung, analysis.ladder.as_ref()?.get(rung)?.p95_ms?)));
        let (p95_ms, from) = match rung {
            Some((rung, p95_ms)) => (p95_ms, format!("analysis:/ladder/{rung}/p95_ms")),
            None => {
                (prediction.candidates[at].p95_ms?, format!("analysis:/prediction/candidates/{at}/p95_ms"))
            }
        };
        Some(Known {
            strategy,
            batch: prediction.candidates[at].batch,
            p95_ms,
            from,
            measured: rung.is_some(),
        })
    }

    fn figure(&self) -> Markup {
        html! { (figure(Some(self.p95_ms), &self.from, Written::Plain)) " ms" }
    }

    fn how(&self) -> &'static str {
        if self.measured { "were measured" } else { "are predicted" }
    }
}

/// The connections of the after phase without its batches.
fn alone(page: &Html<'_>) -> Option<Known> {
    let prediction = page.analysis.prediction.as_ref()?;
    let candidates = &prediction.candidates;
    let after = candidates.iter().find(|one| one.strategy == page.conditions.after && one.batch > 1)?;
    let at = candidates.iter().position(|one| one.batch == 1 && one.connections == after.connections)?;
    Known::of(page.analysis, prediction, at)
}

/// Fewer requests in a call than the after phase sends, which would do.
fn smaller(page: &Html<'_>, limit: f64) -> Option<Known> {
    let prediction = page.analysis.prediction.as_ref()?;
    let candidates = &prediction.candidates;
    let after = candidates.iter().find(|one| one.strategy == page.conditions.after)?;
    let fewer = |at: &usize| {
        let one = &candidates[*at];
        one.connections == after.connections && (2..after.batch).contains(&one.batch)
    };
    let known = (0..candidates.len()).filter(fewer).filter_map(|at| Known::of(page.analysis, prediction, at));
    known.into_iter().find(|one| one.p95_ms <= limit)
}

fn line(comparison: &Comparison) -> Option<(usize, &SlaResult)> {
    comparison.sla.iter().enumerate().find(|(_, line)| line.metric == "p95" && line.verdict == Verdict::Met)
}

/// Which part met the SLA, where it is known what the other alone would have done.
pub fn credit(comparison: &Comparison, page: &Html<'_>) -> Markup {
    let (Some((_, line)), Some(alone)) = (line(comparison), alone(page)) else { return html! {} };
    if super::summary::before_keeps(line) {
        return html! {};
    }
    // Where another line is missed, this one alone is to be credited.
    let met = if comparison.verdict == Verdict::Met { "met the SLA" } else { "met this line of it" };
    let smaller = smaller(page, line.limit).filter(|_| alone.p95_ms > line.limit);
    html! {
        p {
            @if alone.p95_ms > line.limit {
                strong { "Batching " (met) "." } " Kept connections alone (" (alone.strategy) ") " (alone.how()) " to miss it, at P95 " (alone.figure())
                @if let Some(smaller) = &smaller { "; with batches of up to " (smaller.batch) " they " (smaller.how()) " to meet it, at " (smaller.figure()) }
                "."
            } @else {
                strong { "Kept connections " (met) "." } " Without batches (" (alone.strategy) ") they " (alone.how()) " to meet it too, at P95 " (alone.figure()) "."
            }
        }
    }
}

/// What kept connections alone come to.
pub fn alone_note(page: &Html<'_>) -> Markup {
    html! { @if let Some(alone) = alone(page) { " " (if alone.measured { "Measured" } else { "Predicted" }) " for " (alone.strategy) ": P95 " (alone.figure()) "." } }
}

/// That the median misses a line on a higher percentile already, so no tail is needed to break it.
pub fn median_misses(comparison: &Comparison) -> Option<Markup> {
    let median = comparison.phases.before.latency_ms.p50?;
    let above = |line: &SlaResult| matches!(line.metric.as_str(), "p75" | "p90" | "p95" | "p99" | "p99_9");
    let (at, line) = comparison
        .sla
        .iter()
        .enumerate()
        .find(|(_, line)| above(line) && line.times.is_some() && median > line.limit)?;
    Some(html! {
        "the median, " (figure(Some(median), "comparison:/phases/before/latency_ms/p50", Written::Plain)) " ms, misses the limit of "
        (figure(Some(line.limit), &format!("comparison:/sla/{at}/limit"), verdict::limit_of(line))) " ms already"
    })
}
