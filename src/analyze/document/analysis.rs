//! `analysis.json`, schema 1. Times are in milliseconds, shares are fractions of 1.

use serde::Serialize;

use super::calibration::Calibration;
use super::ladder::LadderRung;
use super::phase_analysis::PhaseAnalysis;
use super::prediction::Prediction;
use super::script::ScriptAnalysis;
use crate::model::{Caveat, Phase};

/// The whole document.
#[derive(Clone, Debug, Serialize)]
pub struct Analysis {
    /// Version of this format.
    pub schema: u32,
    /// Names the run.
    pub run_id: String,
    /// Phase by phase.
    pub phases: AnalysisPhases,
    /// What the given load test's own log shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_script: Option<ScriptAnalysis>,
    /// What a call and an item cost the idle server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// What other ways to send would bring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Prediction>,
    /// What each optimisation brought, one added at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ladder: Option<Vec<LadderRung>>,
    /// Why rungs and phases are not to be held against each other, where they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ladder_note: Option<String>,
    /// What limits the trust in this analysis.
    pub caveats: Vec<Caveat>,
}

/// Both phases.
#[derive(Clone, Debug, Serialize)]
pub struct AnalysisPhases {
    /// As it is sent today.
    pub before: PhaseAnalysis,
    /// With the optimisation.
    pub after: PhaseAnalysis,
}

impl AnalysisPhases {
    /// One of them.
    pub fn of(&self, phase: Phase) -> &PhaseAnalysis {
        match phase {
            Phase::Before => &self.before,
            Phase::After => &self.after,
        }
    }
}
