//! The differences of the phases with both kinds of intervals: over repetitions, and over pairs of requests.

use maud::{Markup, html};

use super::figure::{NumberForm, capital, figure, interval, statistic_name};
use crate::analyze::Comparison;
use crate::model::Statistic;

/// A table for who wants to know how sure a difference is; none where requests are no pairs.
pub(super) fn table(comparison: &Comparison) -> Markup {
    let found = &comparison.difference;
    let rows = [
        (Statistic::P50, &found.p50),
        (Statistic::P95, &found.p95),
        (Statistic::P99, &found.p99),
        (Statistic::Mean, &found.mean),
    ];
    let form = NumberForm::Signed;
    html! {
        @if rows.iter().any(|(_, difference)| difference.paired_ci95_ms.is_some()) {
            div.scroll tabindex="0" role="region" aria-label="Differences" {
                table.cells {
                    caption { "After − before in milliseconds, with 95 % intervals" }
                    thead { tr { th scope="col" { "" } th scope="col" { "difference" } th scope="col" { "over repetitions" }
                        th scope="col" { "over pairs of requests" } } }
                    tbody { @for (one, difference) in rows {
                        @let part = |name: &str| format!("comparison:/difference/{one}/{name}");
                        tr {
                            th scope="row" { (capital(&statistic_name(one))) }
                            td.n data-label="difference" { (figure(difference.ms, &part("ms"), form)) }
                            td.n data-label="over repetitions" { (interval(difference.ci95_ms, &part("ci95_ms"), form)) }
                            td.n data-label="over pairs of requests" { (interval(difference.paired_ci95_ms, &part("paired_ci95_ms"), form)) }
                        }
                    } }
                }
            }
            p.how {
                "Over repetitions: what runs differ in, and the few of them, is in it. Over pairs of requests: blocks of neighbours are "
                "drawn, the same in both phases; it says how far the difference would move with other requests of this kind, "
                "and knows nothing of how far runs lie apart. Where the first is much wider, more repetitions say more than more requests."
            }
        }
    }
}
