//! Several endpoints, each by itself.

use maud::{Markup, html};

use super::figure::{NumberForm, count, figure};
use crate::analyze::{Analysis, EndpointFigures};
use crate::model::Phase;
use crate::report::endpoints::pairs;

/// Columns of each phase: the name in the file, and on the page.
const TIMES: [(&str, &str); 3] = [("p50_ms", "P50"), ("p95_ms", "P95"), ("p99_ms", "P99")];

/// The table; nothing where all requests go to the same one.
pub fn section(analysis: &Analysis) -> Markup {
    let pairs = pairs(&analysis.phases);
    if pairs.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="endpoints" {
            h2 #endpoints { "Endpoints" }
            p.how { "Each request goes to the endpoint that the plan has for it, before as after. Latency counts as above, over all requests to an endpoint." }
            div.scroll tabindex="0" role="region" aria-label="Endpoints" {
                table.cells {
                    caption { "Latency in milliseconds by endpoint" }
                    thead { tr { th scope="col" { "endpoint" } th scope="col" { "phase" } th scope="col" { "requests" } th scope="col" { "succeeded" }
                        @for (_, name) in TIMES { th scope="col" { (name) } } } }
                    tbody { @for pair in pairs { @for (phase, found) in Phase::BOTH.into_iter().zip(pair) {
                        @if let Some((at, figures)) = found { (row(phase, at, figures)) }
                    } } }
                }
            }
        }
    }
}

fn row(phase: Phase, at: usize, figures: &EndpointFigures) -> Markup {
    let from = |name: &str| format!("analysis:/phases/{phase}/endpoints/{at}/{name}");
    let times = [figures.p50_ms, figures.p95_ms, figures.p99_ms];
    html! {
        tr {
            th scope="row" { code { (figures.path) } }
            td data-label="phase" { (phase) }
            td.n data-label="requests" { (count(figures.planned, &from("planned"))) }
            td.n data-label="succeeded" { (count(figures.succeeded, &from("succeeded"))) }
            @for ((name, label), value) in TIMES.into_iter().zip(times) {
                td.n data-label=(label) { (figure(value, &from(name), NumberForm::Plain)) }
            }
        }
    }
}
