//! The highest rate at which the SLA holds: which rate to try next, and what the rates that were tried say.

mod estimate;
mod measured;
mod search;

pub use super::document::{Capacity, CapacityEnd, HighestRate, RateBracket, RateMeasured};
pub use estimate::{Estimate, estimate, ratio};
pub use measured::{AtRate, judge};
pub use search::{Next, Search};
