//! What people and programs read: the same comparison in several formats, each a function to bytes.

mod csv;
pub mod html;
mod json;
mod ladder;
mod prediction;
mod progress;
mod terminal;
mod why;

pub use csv::Csv;
pub use json::Json;
pub use ladder::ladder;
pub use prediction::predicted;
pub use progress::{Progress, Step};
pub use terminal::Terminal;
pub use why::why_slow;

use crate::analyze::Comparison;

/// A format of the comparison.
pub trait Format {
    /// The whole document.
    fn render(&self, comparison: &Comparison) -> anyhow::Result<Vec<u8>>;
}
