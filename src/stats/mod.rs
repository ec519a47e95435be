//! Statistics that know nothing of a load test: distributions, intervals, step functions, random
//! numbers, rounding.

pub mod bootstrap;
pub mod distribution;
pub mod interval;
mod random;
mod rounding;
mod steps;
pub mod student;
pub mod welch;

pub use distribution::Distribution;
pub use interval::Interval;
pub use random::SplitMix64;
pub use rounding::rounded;
pub use steps::StepFunction;
