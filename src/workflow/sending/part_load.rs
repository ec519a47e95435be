//! One repetition of a part of a run: all in which one differs from another.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::Patience;
use crate::model::{Part, Strategy};
use crate::plan::Plan;
use crate::scenario::Settings;

/// What is sent, how, and as what.
pub(in crate::workflow) struct PartLoad {
    pub part: Part,
    /// Counted from 1 within the part.
    pub repetition: u32,
    pub plan: Arc<Plan>,
    pub strategy: Strategy,
    /// Callers of the closed loop, where the plan does not say when requests are due.
    pub workers: usize,
    /// After how much failure it ends early.
    pub patience: Option<Patience>,
    /// After how long it sends no further request.
    pub at_most: Option<Duration>,
    /// What each of them waits after an answer.
    pub think: Duration,
    /// How it is called on the screen.
    pub title: String,
    pub shown: Shown,
    /// Where a fresh mock writes what really happened.
    pub truth: Option<PathBuf>,
}

/// How much failure a load takes before it ends early.
pub(in crate::workflow) fn patience(settings: &Settings) -> Option<Patience> {
    let load = &settings.load;
    // Without callers a few failures and the time that they last are enough.
    let callers = if load.arrival.is_some() { 1 } else { load.workers as u64 };
    load.abort_after.map(|lasting| Patience::of_load(lasting, callers))
}

/// What the progress makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workflow) enum Shown {
    /// As load: it has a time left and figures that stay.
    AsLoad,
    /// As a step in passing.
    InPassing,
    /// As one that ends by time, so that there is nothing to count to.
    Uncounted,
}
