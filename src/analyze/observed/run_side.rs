//! One phase of a stored run, as one side of a comparison of two.

use super::phase::PhaseData;
use super::repetition_health::RepetitionHealth;
use crate::analyze::validity::SentBy;
use crate::model::{Phase, Signal};

/// One phase of one stored run.
#[derive(Debug)]
pub struct RunSide<'a> {
    /// How it is called: `run a`.
    pub name: &'static str,
    /// Names the run.
    pub run_id: &'a str,
    /// Which phase of it.
    pub phase: Phase,
    /// Digest of its plan.
    pub plan_digest: &'a str,
    /// Its rows.
    pub data: &'a PhaseData,
    /// How the client fared, in the order in which the repetitions ran.
    pub health: Vec<RepetitionHealth>,
    /// Processors that the client might use.
    pub processors: Option<usize>,
    /// The signal that stopped it.
    pub interrupted: Option<Signal>,
    /// How its requests were sent.
    pub sent_by: SentBy,
    /// Whether another tool sent it.
    pub imported: bool,
}
