//! Two stored runs against each other, release against release: the same figures, intervals and verdict as between
//! the phases of one run, except that repetitions are no pairs and that the runs can differ in more than was meant.

use super::compare::conclude;
use super::pairing::Pairing;
use crate::analyze::document::{Comparison, Quality, RunCompared, RunsCompared};
use crate::analyze::observed::{Inputs, RunSide};
use crate::analyze::{quality, validity};
use crate::model::{Caveat, SlaLine};

/// Compares `b` with `a` and judges `b`. Of plans that differ, equal sequence numbers are different requests, so no
/// answers are compared.
pub fn compare_runs(
    a: &RunSide<'_>,
    b: &RunSide<'_>,
    sla: &[SlaLine],
    caveats: Vec<Caveat>,
    strict: bool,
) -> Comparison {
    let same_plan = a.plan_digest == b.plan_digest;
    // Each run has kept answers of its own: by their digests alone.
    let answers = quality::AnswerPairs::default();
    let quality = if same_plan { quality::compare(a.data, b.data, &answers) } else { Quality::default() };
    let mut found = validity::of_runs(a, b, sla, &quality);
    found.extend(caveats);
    let inputs = Inputs {
        run_id: &format!("{}...{}", a.run_id, b.run_id),
        plan_digest: b.plan_digest,
        sla,
        before: a.data,
        after: b.data,
        baseline_script: None,
        script: None,
        single_calls: &[],
        health: &[],
        processors: None,
        caveats: found,
        // That a stored run was cut short is a caveat of it; nobody interrupts this comparison.
        interrupted: None,
        strict,
        warmup: None,
        aa: false,
        sent_by: b.sent_by.clone(),
        answers,
        max_error_rate: None,
    };
    let pairing = if a.imported || b.imported { Pairing::Foreign } else { Pairing::Unpaired };
    let mut comparison = conclude(inputs, quality, pairing);
    comparison.runs = Some(RunsCompared { a: compared(a), b: compared(b) });
    comparison
}

fn compared(side: &RunSide<'_>) -> RunCompared {
    let (run_id, plan_digest) = (side.run_id.to_string(), side.plan_digest.to_string());
    RunCompared { run_id, phase: side.phase.name(), plan_digest, interrupted: side.interrupted.is_some() }
}
