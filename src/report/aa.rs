//! What an A/A run found, in the same words in every format.

use super::words::{self, FigureRow};
use crate::analyze::{AaResult, Comparison};

/// What stands in place of the verdict on an SLA.
pub(super) fn headline(found: &AaResult) -> &'static str {
    match (found.difference_found, found.settled) {
        (true, _) => "a difference where none should be",
        (false, true) => "no difference, as it should be",
        (false, false) => "no difference found, but no interval settles it",
    }
}

/// P50 and P95 of the second phase as a share of the first one's, each with its interval, and what shows a difference.
pub(super) fn details(comparison: &Comparison, found: &AaResult) -> String {
    let of = |row: &FigureRow| {
        format!("{} after ÷ before {} (95 % interval {})", row.name, row.ratio, row.interval)
    };
    let rows = words::rows(comparison);
    let figures = rows.iter().filter(|row| ["P50", "P95"].contains(&row.name.as_str())).map(of);
    let figures = figures.collect::<Vec<_>>().join(", ");
    match shown(found).as_slice() {
        [] => figures,
        shown => format!("{figures}; shown by {}", shown.join(" and ")),
    }
}

/// What shows the difference, in words.
pub(super) fn shown(found: &AaResult) -> Vec<String> {
    let word = |by: &&str| match *by {
        "first_repetition_slow" => "a slow first repetition (see the caveats)".to_string(),
        percentile => percentile.to_uppercase(),
    };
    found.shown_by.iter().map(word).collect()
}
