//! Whether the figures can be trusted, and what they do not say.

use maud::{Markup, html};

use super::Html;
use super::figure::count;
use crate::analyze::Comparison;

/// What was checked, then the limits.
pub fn checks(comparison: &Comparison, page: &Html<'_>) -> Markup {
    let quality = &comparison.quality;
    let caveats = comparison.caveats.len();
    html! {
        ul.checks {
            li.(mark(caveats == 0)) {
                @if caveats == 0 { "No caveat: every check of the run passed." }
                @else { a href="#caveats" { (caveats) (if caveats == 1 { " caveat" } else { " caveats" }) } ", above." }
            }
            li.(mark(quality.different == 0 && quality.compared > 0)) {
                @if quality.compared == 0 { "No answer could be compared." } @else {
                (count(quality.equal, "comparison:/quality/equal")) " of " (count(quality.compared, "comparison:/quality/compared"))
                " answers are the same."
                }
            }
            (payloads(page))
            li.(if page.conditions.repetitions > 1 { "good" } else { "unknown" }) {
                (page.conditions.repetitions) " repetition" (if page.conditions.repetitions == 1 { "" } else { "s" })
                " of each phase, in turn, on one plan of " (page.conditions.requests) " requests; intervals by " (comparison.interval_method) "."
            }
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
            "Shown on one machine, at one load of " (conditions.workers) " callers"
            @if conditions.embedded { "; client and server shared its processors, for the server is the embedded one" }
            "."
            @if page.analysis.prediction.is_some() && page.analysis.ladder.is_none() { " The steps between before and after are predicted only." }
        }
        @if batch > 1 {
            li.unknown { "A batch has a price: if its call fails, all requests in it (up to " (batch) ") fail." }
        }
    }
}
