//! Whether the answers are the same.

use maud::{Markup, html};

use super::conditions_of_run::Conditions;
use super::figure::count;
use crate::analyze::Quality;
use crate::model::run_files::ANSWERS;

/// Counts, and the first that differ.
pub fn section(quality: &Quality, conditions: &Conditions) -> Markup {
    let not_kept = format!("not kept: {ANSWERS} holds the answers to the first requests");
    html! {
        section aria-labelledby="quality" {
            h2 #quality { "Answers compared" }
            @if quality.compared == 0 {
                p.none {
                    @if quality.not_compared == 0 { "No request succeeded in both phases, so no answer could be compared." }
                    @else { "No answer could be compared: of each pair only one was copied before its bytes were gone." }
                }
            } @else {
                p {
                    (count(quality.equal, "comparison:/quality/equal")) " of " (count(quality.compared, "comparison:/quality/compared"))
                    " answers are equal, " strong { (count(quality.different, "comparison:/quality/different")) " different" }
                    ". Compared as canonical JSON, request by request, wherever both phases succeeded; one difference makes the verdict " em { "missed" } "."
                }
            }
            @if !quality.examples.is_empty() {
                p { "The first that differ: requests " (quality.examples.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")) "." }
                @for one in &conditions.differing {
                    div.pair {
                        h3 { "Request " (one.seq) }
                        @for (phase, answer) in [("before", &one.before), ("after", &one.after)] {
                            div { h4 { (phase) } pre { (answer.as_deref().unwrap_or(&not_kept)) } }
                        }
                    }
                }
            }
        }
    }
}
