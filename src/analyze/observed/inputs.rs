//! All that a comparison of two phases is made of.

use super::phase::PhaseData;
use super::repetition_health::RepetitionHealth;
use super::script_rows::ScriptRows;
use super::single_call::SingleCall;
use crate::analyze::document::BaselineScript;
use crate::analyze::quality::AnswerPairs;
use crate::analyze::validity::SentBy;
use crate::model::{Caveat, Signal, SlaLine};

/// What a comparison is made of.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// Names the run.
    pub run_id: &'a str,
    /// Digest of the plan of both phases.
    pub plan_digest: &'a str,
    /// What is judged.
    pub sla: &'a [SlaLine],
    /// The before phase.
    pub before: &'a PhaseData,
    /// The after phase.
    pub after: &'a PhaseData,
    /// The given load test, where it was run.
    pub baseline_script: Option<BaselineScript>,
    /// Its rows.
    pub script: Option<&'a ScriptRows>,
    /// Single calls to the idle server beside the repetitions, where they were made.
    pub single_calls: &'a [SingleCall],
    /// How the client fared, in the order in which the repetitions ran.
    pub health: &'a [RepetitionHealth],
    /// Processors that the client might use.
    pub processors: Option<usize>,
    /// What the run itself has to say.
    pub caveats: Vec<Caveat>,
    /// The signal that stopped the run.
    pub interrupted: Option<Signal>,
    /// Whether a success in doubt is none.
    pub strict: bool,
    /// The warm-up that was sent, as it was asked for.
    pub warmup: Option<&'a str>,
    /// Whether both phases send alike, so that no difference should be.
    pub aa: bool,
    /// How requests were sent.
    pub sent_by: SentBy,
    /// What is known of answers beyond their digests.
    pub answers: AnswerPairs,
    /// With which share of failures a phase has failed, where somebody says so.
    pub max_error_rate: Option<f64>,
}
