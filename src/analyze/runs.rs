//! Two stored runs against each other, release against release: the same figures, intervals and verdict as between
//! the phases of one run, except that repetitions are no pairs and that the runs can differ in more than was meant.

use serde::Serialize;

use super::comparison::{Comparison, Quality};
use super::phase::PhaseData;
use super::spread::Pairing;
use super::validity::{self, RepetitionHealth};
use super::{Inputs, conclude, quality};
use crate::model::Caveat;
use crate::model::Phase;
use crate::model::SlaLine;

/// One phase of one stored run.
#[derive(Debug)]
pub struct RunSide<'a> {
    /// How it is called: `run a`.
    pub name: &'static str,
    /// Names the run.
    pub run_id: &'a str,
    /// Which phase of it.
    pub phase: Phase,
    /// Digest of its plan.
    pub plan_digest: &'a str,
    /// Its rows.
    pub data: &'a PhaseData,
    /// How the client fared, in the order in which the repetitions ran.
    pub health: Vec<RepetitionHealth>,
    /// Processors that the client might use.
    pub processors: Option<usize>,
    /// The exit code of the signal that stopped it.
    pub interrupted: Option<u8>,
}

/// Which two phases of which runs were compared; `before` of the comparison is `a`, `after` is `b`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunsCompared {
    /// What is compared with.
    pub a: RunCompared,
    /// What is judged.
    pub b: RunCompared,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunCompared {
    /// Names the run.
    pub run_id: String,
    /// `before` or `after`.
    pub phase: &'static str,
    /// Digest of its plan.
    pub plan_digest: String,
}

impl RunCompared {
    fn of(side: &RunSide<'_>) -> Self {
        let (run_id, plan_digest) = (side.run_id.to_string(), side.plan_digest.to_string());
        RunCompared { run_id, phase: side.phase.name(), plan_digest }
    }
}

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
    let quality = if same_plan { quality::compare(a.data, b.data) } else { Quality::none() };
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
    };
    let mut comparison = conclude(inputs, quality, Pairing::Unpaired);
    comparison.runs = Some(RunsCompared { a: RunCompared::of(a), b: RunCompared::of(b) });
    comparison
}
