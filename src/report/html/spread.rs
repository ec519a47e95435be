//! How P95 differs from repetition to repetition, and what that does to the interval of its ratio.

use maud::{Markup, html};

use super::figure::{NumberForm, figure};
use crate::analyze::{Comparison, Confidence, PhaseSummary, Verdict};
use crate::model::{Metric, Phase, Statistic};

/// Repetitions of a phase that are listed in a sentence; more are in the table of all figures alone.
const LISTED: usize = 10;

/// P95 of each repetition, where there are several.
pub fn note(comparison: &Comparison) -> Markup {
    let phases = comparison.phases.both();
    if phases.iter().any(|(_, phase)| phase.repetitions.len() < 2 || phase.repetitions.len() > LISTED) {
        return html! {};
    }
    html! {
        p.note {
            "P95 of each repetition: " @for (phase, summary) in phases { @if phase == Phase::After { "; " } (phase) " " (each(phase, summary)) }
            " ms."
        }
    }
}

/// Says where the interval of the ratio holds one, and what does not hang on that.
pub fn doubt(comparison: &Comparison) -> Markup {
    if !comparison.difference.p95.ci95_ratio.is_some_and(|ratio| ratio.holds(1.0)) {
        return html! {};
    }
    let wide = widest(comparison);
    let clear = comparison.sla.iter().any(|line| {
        line.metric == Metric::latency(Statistic::P95)
            && line.confidence == Confidence::Clear
            && line.verdict == Verdict::Met
    });
    html! {
        "The interval of how P95 changed holds 100 % of what it was"
        @if let Some((phase, summary)) = wide { ", as P95 " (phase) " differs between repetitions: " (each(phase, summary)) " ms" }
        "."
        @if clear { " That after keeps the limit does not hang on it: its own interval lies below." }
    }
}

/// The phase whose repetitions lie farther apart, where there are a few.
fn widest(comparison: &Comparison) -> Option<(Phase, &PhaseSummary)> {
    let few = comparison
        .phases
        .both()
        .into_iter()
        .filter(|(_, phase)| (2..=LISTED).contains(&phase.repetitions.len()));
    few.max_by(|(_, one), (_, other)| apart(one).total_cmp(&apart(other)))
}

/// Between the lowest and the highest P95 of a repetition.
fn apart(phase: &PhaseSummary) -> f64 {
    let known = || phase.repetitions.iter().filter_map(|one| one.p95_ms);
    known().fold(f64::MIN, f64::max) - known().fold(f64::MAX, f64::min)
}

fn each(phase: Phase, summary: &PhaseSummary) -> Markup {
    html! {
        @for (at, one) in summary.repetitions.iter().enumerate() {
            @if at > 0 { ", " }
            (figure(one.p95_ms, &format!("comparison:/phases/{phase}/repetitions/{at}/p95_ms"), NumberForm::Plain))
        }
    }
}
