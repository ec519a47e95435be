//! The answers of a phase by repetition and place in the plan.

use crate::analyze::observed::{Observation, PhaseData};
use crate::model::AnswerDigest;

/// Of each repetition, by place in the plan.
pub(super) type AnswerLists = Vec<Vec<Option<AnswerDigest>>>;

/// Those of a phase.
pub(super) fn answers_of(phase: &PhaseData) -> AnswerLists {
    (1..=phase.repetitions()).map(|repetition| phase.by_seq(repetition, Observation::answer)).collect()
}

/// Answers are listed as far as there are rows.
pub(super) fn at(answers: &[Option<AnswerDigest>], seq: usize) -> Option<AnswerDigest> {
    answers.get(seq).copied().flatten()
}
