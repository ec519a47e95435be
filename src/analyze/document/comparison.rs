//! `comparison.json`, schema 1. Times are in milliseconds; `null` is a rank that no success has.

use serde::Serialize;

use super::aa_result::AaResult;
use super::baseline_script::BaselineScript;
use super::difference::Differences;
use super::phase_summary::PhaseSummary;
use super::quality::Quality;
use super::runs_compared::RunsCompared;
use super::sla_result::SlaResult;
use crate::model::{Caveat, Confidence, Exit, Phase, RunEnd, Verdict};

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
    #[serde(rename = "exit_code")]
    pub exit: Exit,
    /// How the run ended.
    #[serde(skip)]
    pub end: RunEnd,
    /// How every 95 % interval here was made.
    pub interval_method: String,
    /// Line by line.
    pub sla: Vec<SlaResult>,
    /// Phase by phase.
    pub phases: Phases,
    /// After − before.
    pub difference: Differences,
    /// Whether the answers are the same.
    pub quality: Quality,
    /// The given load test's own figures, where it was run.
    pub baseline_script: Option<BaselineScript>,
    /// What limits the trust in these figures.
    pub caveats: Vec<Caveat>,
    /// What an A/A run found; absent in any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aa: Option<AaResult>,
}

impl Comparison {
    /// What the command exits with; where `strict`, a success that straddles, or has a caveat, is none.
    pub fn exit_for(&self, strict: bool) -> Exit {
        if let Some(found) = &self.aa {
            let verdict = if found.difference_found { Verdict::Missed } else { Verdict::Met };
            return Exit::judged(self.end, verdict, !found.settled || !self.caveats.is_empty(), strict);
        }
        let in_doubt = self.confidence == Confidence::Straddles || !self.caveats.is_empty();
        Exit::judged(self.end, self.verdict, in_doubt, strict)
    }

    /// Whether somebody stopped what is compared, so that its figures are partial.
    pub fn is_partial(&self) -> bool {
        let stored = self.runs.as_ref().is_some_and(|runs| runs.a.interrupted || runs.b.interrupted);
        stored || matches!(self.end, RunEnd::Interrupted(_))
    }
}

/// Both phases.
#[derive(Clone, Debug, Serialize)]
pub struct Phases {
    /// As it is sent today.
    pub before: PhaseSummary,
    /// With the optimisation.
    pub after: PhaseSummary,
}

impl Phases {
    /// Whether nearly all requests of one failed, so that no times are to be explained or compared.
    pub fn mostly_failed(&self) -> bool {
        self.before.mostly_failed() || self.after.mostly_failed()
    }

    /// Whether more came than one could do, so that latencies of theirs are not to be compared.
    pub fn overloaded(&self) -> bool {
        self.before.overloaded() || self.after.overloaded()
    }

    /// Both, in order.
    pub fn both(&self) -> [(Phase, &PhaseSummary); 2] {
        Phase::BOTH.map(|phase| (phase, self.of(phase)))
    }

    /// One of them.
    pub fn of(&self, phase: Phase) -> &PhaseSummary {
        match phase {
            Phase::Before => &self.before,
            Phase::After => &self.after,
        }
    }
}
