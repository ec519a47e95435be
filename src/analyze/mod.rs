//! From samples to a judgement: pure functions of the logs and the manifest.

mod analysis;
mod attribution;
pub mod calibration;
mod comparison;
#[cfg(test)]
pub(crate) mod fixtures;
mod ladder;
mod observation;
mod phase;
pub mod prediction;
mod quality;
mod runs;
mod script;
mod spread;
pub mod validity;
mod verdict;

pub use analysis::{
    Analysis, AnalysisPhases, CauseFinding, FailureFigures, Part, PhaseAnalysis, Reuse, ReuseBuys,
    Saturation, StageFigures, Table, Tail,
};
pub use attribution::{Cause, ClientHealth, ClientStall, Outlook, attribute, attribute_with, causes_of};
pub use calibration::Calibration;
pub use comparison::{
    BaselineScript, Caveat, Comparison, Confidence, Difference, IN_DOUBT, LatencyMs, PhaseSummary, Quality,
    RepetitionSummary, SlaResult, SlaTimes, ThreeDifferences, ThreeIntervals, ThreePercentiles, Verdict,
};
pub use ladder::{Bought, LadderRung, climbed, shorter_than_phases};
pub use observation::Observation;
pub use phase::{Collector, PhaseData};
pub use prediction::Prediction;
pub use runs::{RunCompared, RunSide, RunsCompared, compare_runs};
pub use script::{
    Clump, Cluster, Clusters, ScriptAnalysis, ScriptRow, ScriptRows, ServerPart, ServerView, Truth, TruthRow,
    Window, truth_rows,
};
pub use validity::{Doubt, IdleCalls, LostSpans, RepetitionHealth, SingleCall, WorkBasis, plans_differ};

use crate::model::Phase;
use crate::model::SlaLine;
use spread::{Pairing, Spread};

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
    /// The exit code of the signal that stopped the run.
    pub interrupted: Option<u8>,
    /// Whether a success in doubt is none.
    pub strict: bool,
}

/// Compares the two phases and judges the after phase.
pub fn compare(inputs: Inputs<'_>) -> Comparison {
    let quality = quality::compare(inputs.before, inputs.after);
    let doubts = validity::doubts(&inputs, &quality);
    let mut inputs = inputs;
    inputs.caveats.extend(doubts.into_iter().map(Caveat::from));
    conclude(inputs, quality, Pairing::Interleaved)
}

/// Judges, once all caveats are known.
fn conclude(inputs: Inputs<'_>, quality: Quality, pairing: Pairing) -> Comparison {
    let (before, after) =
        (Spread::new(inputs.before, Phase::Before), Spread::new(inputs.after, Phase::After));
    let sla: Vec<SlaResult> =
        inputs.sla.iter().map(|line| verdict::judge_line(line, &before, &after)).collect();
    let verdict = verdict::overall(&sla, &quality, inputs.before, inputs.after);
    let difference = ThreeDifferences::of(&before, &after, pairing);
    // Between two stored runs a difference is what one looks for, not what one promises.
    let gain = (pairing == Pairing::Interleaved).then(|| validity::uncertain_gain(&inputs, &difference));
    let caveats = inputs.caveats.iter().cloned().chain(gain.flatten().map(Caveat::from)).collect();
    let summary = |spread: &Spread| spread.phase().summary(ThreeIntervals::of(spread));
    let mut comparison = Comparison {
        schema: 1,
        run_id: inputs.run_id.to_string(),
        plan_digest: inputs.plan_digest.to_string(),
        runs: None,
        verdict,
        confidence: verdict::overall_confidence(&sla, &quality),
        exit_code: verdict::exit_code(verdict, inputs.before, inputs.after, inputs.interrupted),
        interval_method: spread::method(&before, &after, pairing),
        sla,
        phases: comparison::Phases { before: summary(&before), after: summary(&after) },
        difference,
        quality,
        baseline_script: inputs.baseline_script,
        caveats,
    };
    if inputs.strict {
        comparison.exit_code = comparison.strict_exit_code();
    }
    comparison
}
