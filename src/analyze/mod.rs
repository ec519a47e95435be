//! From samples to a judgement: pure functions of the logs and the manifest.

mod analysis;
mod attribution;
mod comparison;
mod distribution;
mod observation;
mod phase;
mod quality;
mod script;
mod verdict;

pub use analysis::{
    Analysis, AnalysisPhases, CauseFinding, FailureFigures, Part, PhaseAnalysis, Reuse, ReuseBuys,
    Saturation, StageFigures, Table, Tail,
};
pub use attribution::{Cause, ClientHealth, ClientStall, attribute};
pub use comparison::{
    BaselineScript, Caveat, Comparison, Difference, LatencyMs, PhaseSummary, Quality, RepetitionSummary,
    SlaResult, ThreeDifferences, ThreePercentiles, Verdict,
};
pub use distribution::Distribution;
pub use observation::Observation;
pub use phase::PhaseData;
pub use script::ScriptRows;

use crate::scenario::SlaLine;

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
    /// What the run itself has to say.
    pub caveats: Vec<Caveat>,
    /// The exit code of the signal that stopped the run.
    pub interrupted: Option<u8>,
}

/// Compares the two phases and judges the after phase.
pub fn compare(inputs: Inputs<'_>) -> Comparison {
    let quality = quality::compare(inputs.before, inputs.after);
    let sla: Vec<SlaResult> =
        inputs.sla.iter().map(|line| verdict::judge_line(line, inputs.before, inputs.after)).collect();
    let mut caveats = inputs.caveats;
    caveats.extend(verdict::caveats(inputs.before, inputs.after, &quality));
    let verdict = verdict::overall(&sla, &quality, inputs.before, inputs.after);
    Comparison {
        schema: 1,
        run_id: inputs.run_id.to_string(),
        plan_digest: inputs.plan_digest.to_string(),
        verdict,
        exit_code: verdict::exit_code(verdict, inputs.before, inputs.after, inputs.interrupted),
        sla,
        phases: comparison::Phases { before: inputs.before.summary(), after: inputs.after.summary() },
        difference: ThreeDifferences::of(inputs.before, inputs.after),
        quality,
        baseline_script: inputs.baseline_script,
        caveats,
    }
}
