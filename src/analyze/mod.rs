//! From samples to a judgement: pure functions of the logs and the manifest.
//!
//! `observed` is what they read and `document` what they write; the other modules are the functions between.

mod attribution;
pub mod calibration;
pub mod capacity;
mod comparison;
mod document;
mod ladder;
mod observed;
mod open_load;
pub mod prediction;
mod quality;
mod script;
pub mod validity;

pub use crate::model::{Caveat, Confidence, Verdict};
pub use attribution::{
    ClientHealth, ClientStall, Outlook, attribute, attribute_both, attribute_with, causes_of,
};
pub use comparison::{compare, compare_runs, judge_alone, judge_beside};
pub use document::{
    AaResult, Analysis, AnalysisPhases, BaselineScript, Bought, Calibration, Cause, CauseFinding, Clump,
    Cluster, Clusters, Comparison, Contribution, Difference, Differences, EndpointFigures, FailureFigures,
    LadderRung, LatencyMs, NoResult, NumericDifferences, OfferedLoad, PhaseAnalysis, PhaseSummary,
    Prediction, Quality, RepetitionSummary, Reuse, ReuseBuys, RunCompared, RunsCompared, Saturation,
    ScriptAnalysis, ScriptLog, ServerPart, ServerView, SlaResult, SlaTimes, StageFigures, Table, TableKey,
    Tail, ThreeIntervals, ThreePercentiles, Untold, Utilisation, Way, Window, Yardstick, mostly_failed,
};
pub use ladder::{climbed, shorter_than_phases};
#[cfg(test)]
pub(crate) use observed::fixtures;
pub use observed::{
    FailureGroup, Inputs, Observation, PhaseCollector, PhaseData, RepetitionHealth, RunSide, ScriptRow,
    ScriptRows, SingleCall, Truth, TruthRow, Ways, truth_rows,
};
pub use quality::{
    AnswerDifference, AnswerPair, AnswerPairs, NumbersApart, differing_pairs, differing_requests,
};
pub use script::analyse_script;
pub use validity::{
    Doubt, DoubtedTimes, IdleCalls, LostSpans, SentBy, WorkBasis, kept_connections, never_batched,
    plans_differ, remedy,
};
