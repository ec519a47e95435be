//! From the files of a run to what they come to: the comparison, the analysis, the page.

mod analysis;
pub(super) mod answers;
pub(super) mod changed;
mod differing;
mod failures;
pub(super) mod health;
pub(super) mod judged;
mod kept;
pub(super) mod kept_answers;
mod ladder;
pub(super) mod logs;
mod missing;
pub(super) mod page;
pub(super) mod payload_sets;
mod prediction;
mod reading;
mod script;
pub(super) mod server_word;
mod single_calls;
mod truth;

pub use analysis::analyze;
pub use reading::Findings;
