//! Runs one repetition: one loop for every pacing, strategy and transport, on one thread or on several.
//!
//! A request becomes due by the pacing, waits in one queue, and is taken by a free slot, alone or
//! with others. The slot's exchange ends in samples, and the end of a request may make the next
//! one due; whose request reached nobody rests before its next one. Samples leave a thread in chunks and never make it wait.

mod arrivals;
mod back_off;
mod deadlines;
mod exchange;
mod few_failures;
mod halt;
mod health;
mod hopeless;
mod output;
mod pacing;
mod punctuality;
mod repetition;
mod room;
mod run;
mod scheduler;
mod slot;
mod threads;

pub use health::{Health, Lag};
pub use hopeless::{LOCAL_MOST, Patience};
pub use pacing::Pacing;
pub use repetition::Repetition;
pub use run::run_on;
pub use threads::run;
