//! One repetition of a part of a run: all in which one differs from another.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{Part, Strategy};
use crate::plan::Plan;

/// What is sent, how, and as what.
pub(in crate::workflow) struct PartLoad {
    pub part: Part,
    /// Counted from 1 within the part.
    pub repetition: u32,
    pub plan: Arc<Plan>,
    pub strategy: Strategy,
    /// Callers of the closed loop.
    pub workers: usize,
    /// What each of them waits after an answer.
    pub think: Duration,
    /// How it is called on the screen.
    pub title: String,
    pub shown: Shown,
    /// Where a fresh mock writes what really happened.
    pub truth: Option<PathBuf>,
}

/// What the progress makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workflow) enum Shown {
    /// As load: it has a time left and figures that stay.
    AsLoad,
    /// As a step in passing.
    InPassing,
}
