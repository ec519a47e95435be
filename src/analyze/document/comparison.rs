//! `comparison.json`, schema 1. Times are in milliseconds; `null` is a rank that no success has.

use serde::Serialize;

use super::baseline_script::BaselineScript;
use super::difference::ThreeDifferences;
use super::phase_summary::PhaseSummary;
use super::quality::Quality;
use super::runs_compared::RunsCompared;
use super::sla_result::SlaResult;
use super::verdict::{Confidence, Verdict};
use crate::model::Caveat;

/// The whole document.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Version of this format.
    pub schema: u32,
    /// Names the run.
    pub run_id: String,
    /// Digest of the plan of both phases.
    pub plan_digest: String,
    /// Which runs, where it is not the two phases of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<RunsCompared>,
    /// In all.
    pub verdict: Verdict,
    /// Whether the verdict could be another one by chance.
    pub confidence: Confidence,
    /// What the command exits with.
    pub exit_code: u8,
    /// How every 95 % interval here was made.
    pub interval_method: String,
    /// Line by line.
    pub sla: Vec<SlaResult>,
    /// Phase by phase.
    pub phases: Phases,
    /// After − before.
    pub difference: ThreeDifferences,
    /// Whether the answers are the same.
    pub quality: Quality,
    /// The given load test's own figures, where it was run.
    pub baseline_script: Option<BaselineScript>,
    /// What limits the trust in these figures.
    pub caveats: Vec<Caveat>,
}

impl Comparison {
    /// What the command exits with where only what is beyond doubt passes: a success that straddles, or
    /// has a caveat, is none.
    pub fn strict_exit_code(&self) -> u8 {
        let doubtful = self.confidence == Confidence::Straddles || !self.caveats.is_empty();
        if self.exit_code == 0 && doubtful { IN_DOUBT } else { self.exit_code }
    }
}

/// Exit code of a success in doubt, with `--strict`.
pub const IN_DOUBT: u8 = 98;

/// Both phases.
#[derive(Clone, Debug, Serialize)]
pub struct Phases {
    /// As it is sent today.
    pub before: PhaseSummary,
    /// With the optimisation.
    pub after: PhaseSummary,
}

impl Phases {
    /// Both, in order, with their names.
    pub fn both(&self) -> [(&'static str, &PhaseSummary); 2] {
        [("before", &self.before), ("after", &self.after)]
    }
}
