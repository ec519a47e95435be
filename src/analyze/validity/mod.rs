//! What limits the trust in a comparison: each doubt is found by a check, and names its remedy.

mod client;
mod doubt;
mod doubted_times;
mod gain;
mod judged;
mod losses;
mod message;
mod phases;
mod plans;
mod replica;
mod runs;
mod samples;
mod work;
mod work_basis;

pub use doubt::Doubt;
pub use doubted_times::{DoubtedTimes, TimesSign};
pub use losses::LostSpans;
pub use plans::plans_differ;
pub(super) use runs::of_runs;
pub use samples::smallest_sample;
pub use work::IdleCalls;
pub use work_basis::WorkBasis;

use super::document::{Quality, ThreeDifferences};
use super::observed::Inputs;
use judged::judged;

/// Whether what the after phase gained may be chance; not asked of a run that was cut short.
pub(super) fn uncertain_gain(inputs: &Inputs<'_>, difference: &ThreeDifferences) -> Option<Doubt> {
    gain::uncertain(&judged(inputs.sla), difference).filter(|_| inputs.interrupted.is_none())
}

/// All that the figures themselves give rise to. A run that was cut short is only asked what it
/// can still answer.
pub(super) fn doubts(inputs: &Inputs<'_>, quality: &Quality) -> Vec<Doubt> {
    let (before, after) = (inputs.before, inputs.after);
    let cut_short = inputs.interrupted.is_some();
    let mut doubts: Vec<Doubt> = phases::answers(quality, before, after);
    doubts.extend(phases::accounting(before, after, cut_short));
    doubts.extend(phases::peers(before, after));
    doubts.extend(client::surplus(inputs.health));
    if cut_short {
        return doubts;
    }
    let judged = judged(inputs.sla);
    doubts.extend(phases::nothing_to_fix(inputs.sla, before, after));
    doubts.extend(work::unequal(before, after, inputs.single_calls));
    doubts.extend(phases::unequal_errors(before, after));
    doubts.extend(samples::too_few(&judged, before));
    doubts.extend(samples::disagreement(&judged, before, after));
    doubts.extend(client::doubts(inputs.health, inputs.processors, before, after));
    doubts.extend(inputs.script.and_then(|script| replica::differs(script, before)));
    doubts
}
