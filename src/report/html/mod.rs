//! `report.html`: one file that opens from disk, asks for nothing, stands without JavaScript and prints.
//!
//! A section of the page is a file here; what they draw comes from the chart module. Numbers that stand in
//! `comparison.json` or `analysis.json` say so (`figure.rs`), so that a program can check them.

mod aa;
mod backlog;
mod capacity;
mod causes;
mod caveats;
mod changes;
mod chart;
mod conditions;
mod conditions_of_run;
mod content;
mod curve;
mod dot;
mod drawn;
mod endpoints;
mod errors;
mod fate;
mod figure;
mod figures;
mod glossary;
mod incomplete;
mod ladder;
mod legend;
mod marked_answer;
mod middle;
mod opening;
mod over_time;
mod page;
mod paired;
mod palette;
mod parts;
mod quality;
mod reproduce;
mod rows;
mod spread;
mod story;
mod strips;
mod summary;
mod trust;
mod verdict;
mod waterfall;

pub use capacity::capacity_page;
pub use conditions_of_run::{Conditions, Differing, PayloadsSent};
pub use content::Html;
pub use drawn::Drawn;
pub use fate::slow_from;
pub use incomplete::{FileState, Incomplete};
pub use marked_answer::MarkedAnswer;

use maud::html;

use super::Format;
use crate::analyze::Comparison;

impl Format for Html<'_> {
    fn render(&self, comparison: &Comparison) -> anyhow::Result<Vec<u8>> {
        // The times of a few successes among failures are not those of the phase.
        let told = !comparison.phases.mostly_failed();
        let body = html! {
            (verdict::section(comparison, self.conditions))
            (caveats::section(&comparison.caveats, &self.conditions.problems))
            (summary::section(comparison, self))
            (figures::section(comparison, self.conditions))
            (endpoints::section(self.analysis))
            @if told { (causes::section(self)) @if comparison.aa.is_none() && self.conditions.before_log.is_none() { (story::section(comparison, self)) } }
            (curve::section(comparison, self.drawn))
            (backlog::section(self))
            (over_time::section(comparison, self))
            (waterfall::section(self))
            @if told && comparison.aa.is_none() && !comparison.phases.overloaded() { (ladder::section(comparison, self.analysis, self.conditions)) }
            (quality::section(&comparison.quality, self.conditions))
            (conditions::section(comparison, self))
            (errors::section(comparison, self))
            (reproduce::section(comparison, self))
            (glossary::section())
        };
        Ok(page::document(&format!("spanload {}", comparison.run_id), &comparison.run_id, body))
    }
}
