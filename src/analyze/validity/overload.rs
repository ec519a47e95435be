//! Whether more came than a phase could do.

use super::doubt::Doubt;
use crate::analyze::observed::PhaseData;
use crate::analyze::open_load::offered_load;
use crate::model::Phase;

/// A doubt where a phase was overloaded.
pub(super) fn of_phase(phase: Phase, data: &PhaseData) -> Option<Doubt> {
    let load = offered_load(data).filter(|load| load.overloaded)?;
    Some(Doubt::Overloaded { phase, load })
}
