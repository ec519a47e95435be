//! What limits the trust in a comparison: each doubt is found by a check, and names its remedy.

mod answers;
pub(super) mod batches;
mod client;
mod doubt;
mod doubted_times;
mod failed;
mod first_repetition;
mod gain;
mod hidden_outage;
mod judged;
mod kept;
mod losses;
mod many_failed;
mod message;
mod overload;
mod phases;
mod plans;
mod remedy;
mod replica;
mod runs;
mod samples;
mod work;
mod work_basis;

pub use batches::never_batched;
pub use doubt::Doubt;
pub use doubted_times::{DoubtedTimes, TimesSign};
pub use first_repetition::SlowFirst;
pub use kept::kept_connections;
pub use losses::LostSpans;
pub use plans::plans_differ;
pub use remedy::{SentBy, remedy};
pub(super) use runs::{of_runs, of_side};
pub use samples::smallest_sample;
pub use work::IdleCalls;
pub use work_basis::WorkBasis;

use super::document::{Differences, Quality};
use super::observed::Inputs;
use crate::model::{CaveatKind, Phase};
use judged::judged;

/// Whether what the after phase gained may be chance; not asked of a run that was cut short.
pub(super) fn uncertain_gain(inputs: &Inputs<'_>, difference: &Differences) -> Option<Doubt> {
    gain::uncertain(&judged(inputs.sla), difference)
        .filter(|_| !cut_short(inputs) && !mostly_failed(inputs) && !inputs.aa)
}

/// All that the figures themselves give rise to. A run that was cut short is only asked what it
/// can still answer.
pub(super) fn doubts(inputs: &Inputs<'_>, quality: &Quality) -> Vec<Doubt> {
    let (before, after) = (inputs.before, inputs.after);
    let cut_short = cut_short(inputs);
    let mut doubts: Vec<Doubt> = phases::answers(quality, before, after, &inputs.answers);
    if inputs.aa {
        // Where both phases send alike no optimisation made the difference: the server answers differently from time to time.
        let varies = |doubt: &mut Doubt| {
            if let Doubt::AnswersDiffer(quality) = doubt {
                let (requests, yardstick) = (quality.different, quality.yardstick.clone());
                *doubt = Doubt::AnswersVary { requests, yardstick };
            }
        };
        doubts.iter_mut().for_each(varies);
        doubts.dedup_by_key(|doubt| doubt.kind());
    }
    doubts.extend(phases::accounting(before, after, cut_short, &inputs.sent_by));
    doubts.extend(phases::peers(before, after));
    doubts.extend(overload::of_phase(Phase::Before, before));
    doubts.extend(overload::of_phase(Phase::After, after));
    doubts.extend(client::surplus(inputs.health));
    // The times of a phase that failed are those of its few successes, or of none: there is nothing to judge.
    if cut_short || mostly_failed(inputs) {
        return doubts;
    }
    let judged = judged(inputs.sla);
    let ended = [CaveatKind::NotKept, CaveatKind::KeptRace];
    let closed = inputs.caveats.iter().any(|caveat| ended.contains(&caveat.kind));
    if !inputs.aa {
        let overloaded = Phase::BOTH.map(|of| {
            doubts.iter().any(|one| matches!(one, Doubt::Overloaded { phase, .. } if *phase == of))
        });
        doubts.extend(phases::nothing_to_fix(inputs.sla, [before, after], overloaded, closed));
    }
    let hidden = [(Phase::Before, before), (Phase::After, after)];
    doubts.extend(
        hidden
            .into_iter()
            .filter_map(|(phase, data)| hidden_outage::of_phase(phase, data))
            .map(Doubt::HiddenOutage),
    );
    doubts.extend(work::unequal(before, after, inputs.single_calls));
    let unequal = phases::unequal_errors(before, after);
    doubts.extend(many_failed::of_run(inputs, unequal.is_some()).map(Doubt::RequestsFailed));
    doubts.extend(unequal);
    doubts.extend(samples::too_few(&judged, before));
    doubts.extend(repetitions(inputs, &judged));
    doubts.extend(client::doubts(inputs.health, inputs.processors, before, after));
    doubts.extend(inputs.script.and_then(|script| replica::differs(script, before)));
    doubts
}

/// At most one for each phase: that its first repetition is slow says more than that its repetitions disagree.
fn repetitions(inputs: &Inputs<'_>, judged: &[judged::JudgedPercentile]) -> Vec<Doubt> {
    let (before, after) = (inputs.before, inputs.after);
    let slow = |(phase, data)| first_repetition::slow(phase, data, inputs.warmup);
    let slow: Vec<SlowFirst> =
        [(Phase::Before, before), (Phase::After, after)].into_iter().filter_map(slow).collect();
    let is_slow = |of: Phase| slow.iter().any(|one| one.phase == of);
    // Of an A/A run no line is judged.
    let judged = if inputs.aa { &[] } else { judged };
    let mut doubts = samples::disagreement(judged, before, after);
    doubts.retain(|doubt| !matches!(doubt, Doubt::RepetitionsDisagree { phase, .. } if is_slow(*phase)));
    slow.into_iter().map(Doubt::FirstRepetitionSlow).chain(doubts).collect()
}

fn mostly_failed(inputs: &Inputs<'_>) -> bool {
    inputs.before.mostly_failed() || inputs.after.mostly_failed()
}

/// Whether the run stopped before its end, whoever stopped it.
fn cut_short(inputs: &Inputs<'_>) -> bool {
    inputs.interrupted.is_some() || inputs.caveats.iter().any(|caveat| caveat.kind == CaveatKind::EndedEarly)
}
