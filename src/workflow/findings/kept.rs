//! Whether the phases that keep connections could keep them, and those that batch ever did.

use crate::analyze::{Analysis, Doubt, PhaseData, kept_connections, never_batched};
use crate::model::manifest::Manifest;
use crate::model::{Closings, Phase};

/// What is wrong with the kept connections and the batches of both phases; nothing for a manifest that does not say how they send.
pub(super) fn doubts(manifest: &Manifest, data: [&PhaseData; 2]) -> Vec<Doubt> {
    let plan = &manifest.plan;
    let Some(strategies) = plan.strategies else { return Vec::new() };
    let phases = Phase::BOTH.into_iter().zip([strategies.before, strategies.after]).zip(data);
    // How another tool sent is not known.
    let phases = phases.filter(|((phase, _), _)| manifest.foreign(*phase).is_none());
    let of_phase = |((phase, strategy), data)| {
        let callers = if plan.arrival.is_some() { usize::MAX } else { plan.workers };
        let kept = kept_connections(phase, data, strategy, callers, &closings(manifest, phase));
        kept.into_iter().chain(never_batched(phase, data, strategy))
    };
    phases.flat_map(of_phase).collect()
}

/// Over all repetitions.
fn closings(manifest: &Manifest, phase: Phase) -> Closings {
    let mut all = Closings::default();
    let of_phase = manifest.repetitions.iter().filter(|one| one.phase.phase() == Some(phase));
    of_phase.filter_map(|one| one.closings.as_ref()).for_each(|one| all.add(one));
    all
}

/// Where nothing was kept nobody knows what keeping buys: neither that it buys nothing, nor to do what was tried.
pub(super) fn conclude_nothing(analysis: &mut Analysis) {
    const KEEP: &str = "keep connections";
    for phase in [&mut analysis.phases.before, &mut analysis.phases.after] {
        phase.reuse = None;
        for cause in phase.causes.iter_mut().filter(|cause| cause.remedy.starts_with(KEEP)) {
            cause.remedy = "make the server keep connections (keep-alive): see the caveat".into();
        }
    }
}
