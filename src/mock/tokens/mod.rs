//! The token model: how a server that batches continuously gives out tokens, simulated step by step without a clock.

mod scheduler;
mod sequence;
mod step_costs;

pub use scheduler::{DecodeStep, LineFull, TokenScheduler};
pub use sequence::{EmittedToken, TokenJob};
pub use step_costs::StepCosts;
