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
                @for (phase, (name, summary)) in Phase::BOTH.into_iter().zip(comparison.phases.both()) {
                    h3 { (super::figure::capital(name)) }
                    @if summary.unsent > 0 { p { (count(summary.unsent, &format!("comparison:/phases/{name}/unsent"))) " planned requests were never sent." } }
                    @if summary.errors.is_empty() { p { "No request failed." } }
                    @else { (words(name, comparison, page)) (kinds(phase, page)) }
                }
            }
        }
    }
}

fn words(name: &str, comparison: &Comparison, page: &Html<'_>) -> Markup {
    let phases = (&comparison.phases, &page.analysis.phases);
    let (summary, analysis) = if name == "before" {
        (&phases.0.before, &phases.1.before)
    } else {
        (&phases.0.after, &phases.1.after)
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("Errors {name}")) {
            table.cells {
                caption { "Failed requests " (name) }
                thead { tr { th scope="col" { "error" } th scope="col" { "requests" } th scope="col" { "ms until it failed, mean" } th scope="col" { "mostly" } } }
                tbody { @for (word, n) in summary.errors.iter().take(MOST) { tr {
                    th scope="row" { code { (word) } }
                    td.n data-label="requests" { (count(*n, &format!("comparison:/phases/{name}/errors/{word}"))) }
                    @match analysis.failures.get(word) {
                        Some(found) => {
                            td.n data-label="ms until it failed, mean" { (figure(Some(found.mean_ms), &format!("analysis:/phases/{name}/failures/{word}/mean_ms"), NumberForm::Plain)) }
                            td data-label="mostly" { (found.mostly.words()) }
                        }
                        None => { td.n { "–" } td { "–" } }
                    }
                } } }
            }
        }
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
