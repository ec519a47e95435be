//! What analysis reads: the rows of the phases, the script's and the server's logs, how the client fared.

mod closed_loop;
mod collector;
mod endpoints;
mod failure_group;
#[cfg(test)]
pub(crate) mod fixtures;
mod inputs;
mod observation;
mod phase;
mod repetition;
mod repetition_health;
mod run_side;
mod script_rows;
mod single_call;
mod sla;
mod truth;
mod ways;

pub use closed_loop::ClosedLoop;
pub use collector::PhaseCollector;
pub use failure_group::FailureGroup;
pub use inputs::Inputs;
pub use observation::Observation;
pub use phase::PhaseData;
pub use repetition_health::RepetitionHealth;
pub use run_side::RunSide;
pub use script_rows::{ScriptRow, ScriptRows};
pub use single_call::SingleCall;
pub(super) use sla::meets;
pub use truth::{Truth, TruthRow, truth_rows};
pub use ways::Ways;
