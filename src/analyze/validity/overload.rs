//! Whether more came than a phase could do.

use super::doubt::Doubt;
use crate::analyze::document::{OfferedLoad, Untold};
use crate::analyze::observed::PhaseData;
use crate::analyze::open_load::offered_load;
use crate::model::Phase;

/// A doubt where a phase was overloaded, or where that cannot be told.
pub(super) fn of_phase(phase: Phase, data: &PhaseData) -> Option<Doubt> {
    let load = offered_load(data)?;
    match load {
        OfferedLoad { overloaded: Some(true), .. } => Some(Doubt::Overloaded { phase, load }),
        // That a phase is not whole has a caveat of its own.
        OfferedLoad { untold: Some(Untold::NotWhole), .. } => None,
        OfferedLoad { untold, .. } => untold.map(|why| Doubt::OverloadUntold { phase, why }),
    }
}

/// Why that cannot be told, and what to do.
pub(super) fn untold(phase: Phase, why: Untold) -> String {
    let (reason, remedy) = match why {
        Untold::NotWhole => {
            ("not every request was sent and ended by itself", "run again and let it come to its end")
        }
        Untold::RateChanges => (
            "its highest rate is not held, and a backlog changes with the rate, too",
            "give load.steps that hold the highest rate for a while, or find the highest one that holds with spanload capacity",
        ),
        Untold::TooFew => (
            "fewer than 120 requests a repetition came at its highest rate",
            "give a longer -d, or a higher -n",
        ),
        Untold::TooUncertain => (
            "latency varies so much that neither is shown: that the backlog grows, or that it grows by less than a tenth of \
             what is offered",
            "raise -d, -n or --repetitions",
        ),
    };
    let phase = phase.name();
    format!("whether the {phase} phase kept up with what was offered cannot be told: {reason}; {remedy}")
}
