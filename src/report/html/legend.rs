//! The marks of the chart of every request, with what they mean and how many there are.

use maud::{Markup, html};

use super::chart::mark;
use super::drawn::Drawn;
use super::fate::Fate;
use super::figure::grouped;
use crate::model::Micros;

/// The marks with what they mean and how many requests of each phase there are, drawn or not.
pub fn legend(drawn: &[Drawn; 2], limit: Option<Micros>) -> Markup {
    let n = |fate: Fate| [&drawn[0], &drawn[1]].map(|one| one.fates.get(&fate).copied().unwrap_or(0));
    let counted = drawn.iter().all(|one| one.uncounted == 0);
    html! {
        table.key {
            caption { "Each mark is a request; one that is of several kinds has the mark of the lowest" }
            thead { tr { th scope="col" { "what became of it" } th scope="col" { "before" } th scope="col" { "after" } } }
            tbody { @for fate in Fate::ALL.into_iter().filter(|fate| n(*fate) != [0, 0]) { tr {
                th scope="row" { (mark(fate.marker())) (fate.words(limit, counted)) }
                @for count in n(fate) { td.n { (grouped(count as f64, 0, false)) } }
            } } }
        }
    }
}
