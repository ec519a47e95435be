//! What limits the trust in a comparison: each doubt is found by a check, and names its remedy.

mod client;
mod doubt;
mod doubted_times;
mod failed;
mod gain;
mod judged;
mod kept;
mod losses;
mod message;
mod overload;
mod phases;
mod plans;
mod replica;
mod runs;
mod samples;
mod work;
mod work_basis;

pub use doubt::Doubt;
pub use doubted_times::{DoubtedTimes, TimesSign};
pub use kept::kept_connections;
pub use losses::LostSpans;
pub use plans::plans_differ;
pub(super) use runs::{of_runs, of_side};
pub use samples::smallest_sample;
pub use work::IdleCalls;
pub use work_basis::WorkBasis;

use super::document::{Quality, ThreeDifferences};
use super::observed::Inputs;
use crate::model::{CaveatKind, Phase};
use judged::judged;

/// Whether what the after phase gained may be chance; not asked of a run that was cut short.
pub(super) fn uncertain_gain(inputs: &Inputs<'_>, difference: &ThreeDifferences) -> Option<Doubt> {
    gain::uncertain(&judged(inputs.sla), difference).filter(|_| !cut_short(inputs) && !mostly_failed(inputs))
}

/// All that the figures themselves give rise to. A run that was cut short is only asked what it
/// can still answer.
pub(super) fn doubts(inputs: &Inputs<'_>, quality: &Quality) -> Vec<Doubt> {
    let (before, after) = (inputs.before, inputs.after);
    let cut_short = cut_short(inputs);
    let mut doubts: Vec<Doubt> = phases::answers(quality, before, after);
    doubts.extend(phases::accounting(before, after, cut_short));
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
    doubts.extend(phases::nothing_to_fix(inputs.sla, before, after, closed));
    doubts.extend(work::unequal(before, after, inputs.single_calls));
    doubts.extend(phases::unequal_errors(before, after));
    doubts.extend(samples::too_few(&judged, before));
    doubts.extend(samples::disagreement(&judged, before, after));
    doubts.extend(client::doubts(inputs.health, inputs.processors, before, after));
    doubts.extend(inputs.script.and_then(|script| replica::differs(script, before)));
    doubts
}

fn mostly_failed(inputs: &Inputs<'_>) -> bool {
    inputs.before.mostly_failed() || inputs.after.mostly_failed()
}

/// Whether the run stopped before its end, whoever stopped it.
fn cut_short(inputs: &Inputs<'_>) -> bool {
    inputs.interrupted.is_some() || inputs.caveats.iter().any(|caveat| caveat.kind == CaveatKind::EndedEarly)
}
