//! The after phase of a run beside a before phase that another tool sent.

use super::compare::conclude;
use super::pairing::Pairing;
use crate::analyze::document::{Comparison, Quality};
use crate::analyze::observed::{Inputs, RunSide};
use crate::analyze::validity;
use crate::model::{CaveatKind, Phase};

/// Judges the after phase. What the two latencies have in common is the caller's to say.
pub fn judge_beside(inputs: Inputs<'_>) -> Comparison {
    let side = |phase: Phase| RunSide {
        name: phase.name(),
        run_id: inputs.run_id,
        phase,
        plan_digest: inputs.plan_digest,
        data: if phase == Phase::Before { inputs.before } else { inputs.after },
        health: if phase == Phase::Before { Vec::new() } else { inputs.health.to_vec() },
        processors: inputs.processors,
        // Of a log that is whole nothing was cut short.
        interrupted: inputs.interrupted.filter(|_| phase == Phase::After),
        sent_by: inputs.sent_by.clone(),
        imported: phase == Phase::Before,
    };
    let found = validity::of_runs(&side(Phase::Before), &side(Phase::After), inputs.sla, &Quality::default());
    // That the run was cut short is among the inputs.
    let found: Vec<_> = found.into_iter().filter(|caveat| caveat.kind != CaveatKind::Interrupted).collect();
    let mut inputs = inputs;
    inputs.caveats.extend(found);
    conclude(inputs, Quality::default(), Pairing::Foreign)
}
