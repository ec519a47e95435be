//! Failures that no figure shows: as many in one phase as in the other, and fewer than a percentile would tell.

use super::failed::what_failed;
use super::remedy::SentBy;
use crate::analyze::observed::{FailureGroup, Inputs, PhaseData};
use crate::model::Limit;

/// A smaller share of failures is told among the figures alone.
const SHARE: f64 = 0.01;
/// A single failure is chance.
const LEAST: u64 = 2;

/// Requests of a run that failed.
#[derive(Clone, Debug, PartialEq)]
pub struct ManyFailed {
    /// Of each phase the share that failed, before first, 0 to 1.
    pub shares: [f64; 2],
    /// How they failed, in both phases.
    pub failures: Vec<FailureGroup>,
    /// How requests were sent.
    pub sent_by: SentBy,
    /// The share that may fail, where it is less.
    pub most: Option<f64>,
}

/// Where too many failed, by what somebody says, or else by what is worth a word and not told as `unequal`.
pub(super) fn of_run(inputs: &Inputs<'_>, unequal: bool) -> Option<ManyFailed> {
    let phases = [inputs.before, inputs.after];
    let shares = phases.map(PhaseData::failed_share);
    let most = inputs.max_error_rate.filter(|most| shares.iter().any(|share| share > most));
    let is_judged = inputs.sla.iter().any(|line| matches!(line.limit(), Limit::Share(_)));
    let many = |phase: &PhaseData| phase.failed() >= LEAST && phase.failed_share() >= SHARE;
    if most.is_none() && (is_judged || unequal || !phases.into_iter().any(many)) {
        return None;
    }
    let groups = phases.into_iter().flat_map(PhaseData::failure_groups);
    let failures = FailureGroup::of(groups.map(|group| ((group.error, group.status), group.n)));
    Some(ManyFailed { shares, failures, sent_by: inputs.sent_by.clone(), most })
}

impl ManyFailed {
    /// What failed and what to do.
    pub(super) fn message(&self) -> String {
        let [before, after] = self.shares.map(|share| share * 100.0);
        let what = what_failed(&self.failures, &self.sent_by);
        match self.most {
            Some(most) => format!(
                "{before:.1} % of the before phase and {after:.1} % of the after phase failed, more than the {} % of \
                 load.max_error_rate, so the run has failed: {what}",
                most * 100.0
            ),
            None => format!(
                "{before:.1} % of the before phase and {after:.1} % of the after phase failed, which no line of the SLA judges: \
                 {what}; give a limit with --sla error_rate=1%"
            ),
        }
    }
}
