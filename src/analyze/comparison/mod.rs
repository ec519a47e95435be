//! The judgement: two phases, or two stored runs, against each other.

mod aa;
mod alone;
mod beside;
mod compare;
mod difference;
mod method;
mod pairing;
mod pairs;
mod resampled;
mod runs;
mod spread;
mod summary;
mod verdict;

pub use alone::judge_alone;
pub use beside::judge_beside;
pub use compare::compare;
pub use runs::compare_runs;
pub(super) use verdict::of as verdict_of;
