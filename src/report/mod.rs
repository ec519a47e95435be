//! What people and programs read: the same comparison in several formats, each a function to bytes.

mod aa;
mod capacity;
mod columns;
mod credit;
mod csv;
mod endpoints;
mod explain;
mod failed_load;
mod failures;
pub mod html;
mod imported;
mod json;
mod junit;
mod ladder;
mod markdown;
mod moved;
mod prediction;
mod progress;
mod screen;
mod style;
mod terminal;
mod way;
mod why;
mod words;

pub use capacity::{capacity_summary, capacity_table};
pub use csv::Csv;
pub use endpoints::endpoints;
pub use explain::{ExplainedRequest, Waterfall, explain};
pub use failed_load::failed_load;
pub use failures::failed;
pub use html::capacity_page;
pub use imported::imported;
pub use json::Json;
pub use junit::Junit;
pub use ladder::ladder;
pub use markdown::Markdown;
pub use moved::moved_by;
pub use prediction::predicted;
pub use progress::{ExpectedLoad, Judged, Progress, Step};
pub use style::{Colour, Style};
pub use terminal::Terminal;
pub use way::ways;
pub use why::why_slow;
pub use words::{FOREIGN_LATENCY, Summary};

use crate::analyze::Comparison;

/// A format of the comparison.
pub trait Format {
    /// The whole document.
    fn render(&self, comparison: &Comparison) -> anyhow::Result<Vec<u8>>;
}
