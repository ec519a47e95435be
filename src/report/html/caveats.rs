//! What limits the trust in the figures, before any of them is read in detail.

use maud::{Markup, html};

use crate::model::Caveat;

/// Caveats that are shown at once; more are folded away.
const SHOWN: usize = 12;

/// The box below the verdict; nothing where there is nothing to say.
pub fn section(caveats: &[Caveat], problems: &[String]) -> Markup {
    if caveats.is_empty() && problems.is_empty() {
        return html! {};
    }
    html! {
        section #caveats.caveats aria-labelledby="caveats-title" {
            h2 #caveats-title { "Read this first" }
            ul {
                @for problem in problems { li { (problem) } }
                @for caveat in caveats.iter().take(SHOWN) { (item(caveat)) }
            }
            @if caveats.len() > SHOWN {
                details {
                    summary { (caveats.len() - SHOWN) " more" }
                    ul { @for caveat in caveats.iter().skip(SHOWN) { (item(caveat)) } }
                }
            }
        }
    }
}

fn item(caveat: &Caveat) -> Markup {
    html! { li { (caveat.message) " " code { (caveat.kind) } } }
}
