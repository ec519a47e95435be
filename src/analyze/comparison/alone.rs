//! The only phase of a run that another tool sent: its figures and its SLA, with nothing to compare them with.

use super::compare::conclude;
use super::pairing::Pairing;
use super::spread::Spread;
use super::verdict;
use crate::analyze::document::{Comparison, Quality};
use crate::analyze::observed::{Inputs, RunSide};
use crate::analyze::validity;
use crate::model::{Caveat, CaveatKind, Confidence, Phase, Verdict};

/// Judges the before phase. The document is the same; what it has of the after phase is empty.
pub fn judge_alone(inputs: Inputs<'_>) -> Comparison {
    let (data, sla, strict, interrupted) = (inputs.before, inputs.sla, inputs.strict, inputs.interrupted);
    let side = RunSide {
        name: "the imported log",
        run_id: inputs.run_id,
        phase: Phase::Before,
        plan_digest: inputs.plan_digest,
        data,
        health: Vec::new(),
        processors: None,
        interrupted,
        sent_by: inputs.sent_by.clone(),
        imported: true,
    };
    let mut inputs = inputs;
    inputs.caveats.extend(validity::of_side(&side, sla));
    inputs.caveats.push(Caveat::new(
        CaveatKind::OnlyImported,
        "the run is another tool's log, so there is no after phase and nothing is compared here; compare it with a run: \
         spanload compare THIS OTHER",
    ));
    let mut comparison = conclude(inputs, Quality::default(), Pairing::Foreign);
    let only = Spread::new(data, Phase::Before);
    comparison.sla =
        sla.iter().map(|line| verdict::judge_line(line, &only, &only, verdict::Void::default())).collect();
    // What was judged is the before phase; it must not be read as another one.
    comparison.sla.iter_mut().for_each(|line| {
        line.after = None;
        line.confidence = Confidence::Straddles;
        line.times.iter_mut().for_each(|times| times.after_ms = None);
    });
    let met = comparison.sla.iter().all(|line| line.verdict == Verdict::Met);
    comparison.verdict = verdict::of(met, &comparison.quality, &[data]);
    comparison.end = verdict::end(data, data, interrupted, None);
    comparison.exit = comparison.exit_for(strict);
    comparison
}
