//! Whether more came than a phase could do.

use super::doubt::Doubt;
use crate::analyze::observed::{Inputs, PhaseData};
use crate::analyze::open_load::offered_load;
use crate::model::Phase;

/// A doubt for each phase that was overloaded.
pub(super) fn of(inputs: &Inputs<'_>) -> [Option<Doubt>; 2] {
    [(Phase::Before, inputs.before), (Phase::After, inputs.after)]
        .map(|(phase, data)| of_phase(phase, data).filter(|_| inputs.open_load))
}

/// The same of one phase.
pub(super) fn of_phase(phase: Phase, data: &PhaseData) -> Option<Doubt> {
    let load = offered_load(data).filter(|load| load.overloaded)?;
    Some(Doubt::Overloaded { phase, load })
}
