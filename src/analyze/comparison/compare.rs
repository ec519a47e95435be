//! The two phases of a run against each other: figures, intervals, verdict.

use super::pairing::Pairing;
use super::spread::Spread;
use super::summary::summary;
use super::{aa, difference, method, verdict};
use crate::analyze::document::{Comparison, Differences, Phases, Quality, SlaResult};
use crate::analyze::observed::Inputs;
use crate::analyze::open_load::offered_load;
use crate::analyze::{quality, validity};
use crate::model::{Caveat, Confidence, Exit, Phase};

/// Compares the two phases and judges the after phase.
pub fn compare(inputs: Inputs<'_>) -> Comparison {
    let quality = quality::compare(inputs.before, inputs.after, &inputs.answers);
    let doubts = validity::doubts(&inputs, &quality);
    let mut inputs = inputs;
    inputs.caveats.extend(doubts.into_iter().map(Caveat::from));
    conclude(inputs, quality, Pairing::Interleaved)
}

/// Judges, once all caveats are known.
pub(super) fn conclude(inputs: Inputs<'_>, quality: Quality, pairing: Pairing) -> Comparison {
    let (before, after) =
        (Spread::new(inputs.before, Phase::Before), Spread::new(inputs.after, Phase::After));
    let load = [inputs.before, inputs.after].map(offered_load);
    let void = verdict::Void::of(load, &inputs.caveats);
    let mut sla: Vec<SlaResult> =
        inputs.sla.iter().map(|line| verdict::judge_line(line, &before, &after, void)).collect();
    if pairing == Pairing::Foreign {
        sla.iter_mut().for_each(|line| line.confidence = Confidence::Straddles);
    }
    let verdict = verdict::overall(&sla, &quality, inputs.before, inputs.after, &inputs.caveats);
    let difference = match void.overloaded() {
        true => Differences::none(),
        false => difference::of(&before, &after, pairing),
    };
    // Between two stored runs a difference is what one looks for, not what one promises.
    let gain = (pairing == Pairing::Interleaved).then(|| validity::uncertain_gain(&inputs, &difference));
    let caveats: Vec<Caveat> =
        inputs.caveats.iter().cloned().chain(gain.flatten().map(Caveat::from)).collect();
    let aa = inputs.aa.then(|| aa::judge(&difference, &caveats));
    let mut comparison = Comparison {
        schema: 1,
        run_id: inputs.run_id.to_string(),
        plan_digest: inputs.plan_digest.to_string(),
        runs: None,
        verdict,
        confidence: match pairing {
            Pairing::Foreign => Confidence::Straddles,
            _ => verdict::overall_confidence(&sla, &quality),
        },
        exit: Exit::Success,
        end: verdict::end(inputs.before, inputs.after, inputs.interrupted, inputs.max_error_rate),
        interval_method: method::method(&before, &after, pairing),
        sla,
        phases: Phases { before: summary(&before, load[0]), after: summary(&after, load[1]) },
        difference,
        quality,
        baseline_script: inputs.baseline_script,
        caveats,
        aa,
    };
    comparison.exit = comparison.exit_for(inputs.strict);
    comparison
}
