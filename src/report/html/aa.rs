//! The words of an A/A run: both phases sent alike, and what the page says in place of a verdict on the SLA.

use maud::{Markup, html};

use super::figure::{NumberForm, count, figure, interval};
use crate::analyze::{AaResult, Comparison, Difference};
use crate::report::aa;

/// What was found, with the ratio at P95.
pub fn sentence(comparison: &Comparison, found: &AaResult) -> Markup {
    html! {
        "Both phases were sent alike: " (aa::headline(found)) ". P95 after is "
        (ratio(&comparison.difference.p95, "p95")) " of P95 before, P50 " (ratio(&comparison.difference.p50, "p50")) "."
    }
}

fn ratio(of: &Difference, name: &str) -> Markup {
    let part = |part: &str| format!("comparison:/difference/{name}/{part}");
    html! {
        (figure(of.ratio, &part("ratio"), NumberForm::Percent)) " "
        (interval(of.ci95_ratio, &part("ci95_ratio"), NumberForm::Percent))
    }
}

/// The answer to whether the phases differ.
pub fn differ(comparison: &Comparison, found: &AaResult) -> Markup {
    html! {
        p {
            @if found.difference_found { strong.no { "Yes." } " It is shown by " (aa::shown(found).join(" and ")) "." }
            @else { strong.yes { "Not that could be told." } }
            " A difference is one of more than " (figure(Some(found.margin), "comparison:/aa/margin", NumberForm::ShortPercent))
            " at P50 or P95 whose 95 % interval leaves out 100 %, or a first repetition that is slow against the others."
        }
        p { "What is found here is what a comparison with an optimisation would hold beside it." }
        p { "Exit code " (count(u64::from(comparison.exit.code()), "comparison:/exit_code")) "." }
    }
}
