//! The highest rate at which the SLA holds: which rate to try next, and what the rates that were tried say.

mod client;
mod estimate;
mod knee;
mod least;
mod levels;
mod measured;
mod search;
mod tried;

pub use super::document::{BracketEnd, Capacity, CapacityEnd, HighestRate, RateBracket, RateMeasured};
pub use estimate::{Estimate, estimate, ratio};
pub use knee::knee;
pub use least::exit;
pub use levels::levels;
pub use measured::{AtRate, judge, outcome};
pub use search::{Next, Search};
pub use tried::RateOutcome;
