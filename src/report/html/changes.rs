//! Which causes a request lost, and which it got in their place.

use maud::{Markup, html};

use super::Html;
use super::figure::{NumberForm, derived};
use crate::analyze::{Cause, Contribution, Table};
use crate::stats::rounded;

/// Causes that went away that are named.
const GONE: usize = 4;
/// Of the mean latency before: a smaller change is not named.
const WORTH_NAMING: f64 = 0.02;

/// A cause's part of a mean request, before and after in milliseconds; `None` where no request has any of it.
struct Change {
    cause: Cause,
    before: Option<f64>,
    after: Option<f64>,
}

impl Change {
    fn ms(&self) -> f64 {
        rounded(self.after.unwrap_or(0.0) - self.before.unwrap_or(0.0), 6)
    }

    fn shown(&self) -> Markup {
        let place = |phase: &str, part: Option<f64>| match part {
            Some(_) => format!("analysis:/phases/{phase}/causes_of_all/{}/mean_ms", self.cause.name()),
            None => "0".to_string(),
        };
        let [before, after] = [place("before", self.before), place("after", self.after)];
        derived(Some(self.ms()), [&after, "-", &before], NumberForm::Signed)
    }
}

/// The causes whose part of a mean request shrank most, and the one that grew most.
pub fn of_causes(page: &Html<'_>) -> Markup {
    let phases = &page.analysis.phases;
    let part = |table: &Table<Cause, Contribution>, cause: Cause| table.get(cause).map(|part| part.mean_ms);
    let mut changes = Cause::ALL.map(|cause| Change {
        cause,
        before: part(&phases.before.causes_of_all, cause),
        after: part(&phases.after.causes_of_all, cause),
    });
    changes.sort_by(|one, other| one.ms().total_cmp(&other.ms()));
    let worth = phases.before.mean_ms.unwrap_or(0.0) * WORTH_NAMING;
    let less: Vec<_> = changes.iter().filter(|change| change.ms() < -worth).take(GONE).collect();
    let more = changes.last().filter(|change| change.ms() > worth);
    let batches = page.drawn[1].largest_call() > page.drawn[0].largest_call();
    html! {
        @if !less.is_empty() {
            p { "Change of a request’s mean time, in ms:" }
            ul.change {
                @for change in &less { li { b { (change.shown()) } " " (change.cause.words()) } }
                @if let Some(change) = more { li {
                    b { (change.shown()) } " " (change.cause.words())
                    @if change.cause == Cause::Compute && batches { ": each request in a batch is charged its whole call" }
                } }
            }
        }
    }
}
