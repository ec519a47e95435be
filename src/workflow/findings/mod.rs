//! From the files of a run to what they come to: the comparison, the analysis, the page.

mod analysis;
mod differing;
pub(super) mod health;
mod ladder;
pub(super) mod logs;
mod missing;
pub(super) mod page;
pub(super) mod payload_sets;
mod prediction;
mod reading;
pub(super) mod server_word;
mod single_calls;
mod truth;

pub use analysis::analyze;
pub use reading::Findings;
