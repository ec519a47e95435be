//! Failures, grouped and capped, below the charts.

use maud::{Markup, html};

use super::Html;
use super::drawn::Failures;
use super::figure::{NumberForm, count, figure, grouped};
use super::rows;
use crate::analyze::Comparison;
use crate::model::Phase;

/// Groups that are listed.
const MOST: usize = 20;

/// Both phases' failures by kind.
pub fn section(comparison: &Comparison, page: &Html<'_>) -> Markup {
    let failed = comparison.phases.both().iter().any(|(_, phase)| phase.failed > 0 || phase.unsent > 0);
    html! {
        section aria-labelledby="errors" {
            h2 #errors { "Errors" }
            @if !failed { p { "None: every planned request of both phases has a usable answer." } }
            @else {
                p.how { "By kind, with HTTP status and the first requests of each. A failed or unsent request ranks slower than every success." }
                @for (phase, summary) in comparison.phases.both() {
                    h3 { (super::figure::capital(phase.name())) }
                    @if summary.unsent > 0 { p { (count(summary.unsent, &format!("comparison:/phases/{phase}/unsent"))) " planned requests were never sent." } }
                    @if summary.errors.0.is_empty() { p { "No request failed." } }
                    @else { (words(phase, comparison, page)) (kinds(phase, page)) (said(phase, page)) }
                }
            }
        }
    }
}

fn words(phase: Phase, comparison: &Comparison, page: &Html<'_>) -> Markup {
    let (summary, analysis) = (comparison.phases.of(phase), page.analysis.phases.of(phase));
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("Errors {phase}")) {
            table.cells {
                caption { "Failed requests " (phase) }
                thead { tr { th scope="col" { "error" } th scope="col" { "requests" } th scope="col" { "ms until it failed, mean" } th scope="col" { "mostly" } } }
                tbody { @for (kind, n) in summary.errors.0.iter().take(MOST) { @let word = kind.name(); tr {
                    th scope="row" { code { (word) } }
                    td.n data-label="requests" { (count(*n, &format!("comparison:/phases/{phase}/errors/{word}"))) }
                    @match analysis.failures.get(*kind) {
                        Some(found) => {
                            td.n data-label="ms until it failed, mean" { (figure(Some(found.mean_ms), &format!("analysis:/phases/{phase}/failures/{word}/mean_ms"), NumberForm::Plain)) }
                            td data-label="mostly" { (found.mostly.words()) }
                        }
                        None => { td.n { "–" } td { "–" } }
                    }
                } } }
            }
        }
    }
}

/// What the server said of each kind.
pub fn said(phase: Phase, page: &Html<'_>) -> Markup {
    let lines = &page.failed[usize::from(phase == Phase::After)];
    html! {
        @if !lines.is_empty() { p { "What was said of them:" } ul.kinds { @for line in lines { li { code { (line) } } } } }
    }
}

fn kinds(phase: Phase, page: &Html<'_>) -> Markup {
    let drawn = &page.drawn[usize::from(phase == Phase::After)];
    let mut kinds: Vec<(&(&str, Option<u16>), &Failures)> = drawn.failures.iter().collect();
    kinds.sort_by_key(|(kind, failures)| (std::cmp::Reverse(failures.n), **kind));
    html! {
        ul.kinds { @for ((word, status), failures) in kinds.iter().take(MOST) { li {
            code { (word) } @if let Some(status) = status { " with status " (status) } ": " (grouped(failures.n as f64, 0, false)) ", such as "
            @for (at, dot) in failures.examples.iter().enumerate() { @if at > 0 { ", " } "request " (dot.seq) " of repetition " (dot.repetition) " (" (rows::trace(phase, dot, drawn, page)) ")" }
        } } }
        @if kinds.len() > MOST { p { "and " (kinds.len() - MOST) " more kinds" } }
    }
}
