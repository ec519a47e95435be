//! The classes that give causes and stages their colours: families that keep apart for colour-blind eyes too.
//!
//! After Okabe and Ito, "Color Universal Design", 2008: vermilion and orange for connections, blues for the server,
//! purples for the client, greens for the network, grey for what is not known.

use crate::analyze::Cause;
use crate::sample::Stage;

/// The class of a cause.
pub fn of_cause(cause: Cause) -> String {
    format!("c-{}", cause.name())
}

/// The class of a stage.
pub fn of_stage(stage: Stage) -> String {
    format!("s-{}", stage.name())
}

/// The cause of that name.
pub fn cause_named(name: &str) -> Option<Cause> {
    Cause::ALL.into_iter().find(|cause| cause.name() == name)
}
