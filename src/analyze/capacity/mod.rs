//! The highest rate at which the SLA holds: which rate to try next, and what the rates that were tried say.

mod estimate;
mod search;

pub use estimate::{Estimate, estimate};
pub use search::{Next, Search};
