//! What limits the trust in a run's figures, said by whoever notices it.

use serde::{Deserialize, Serialize};

use super::CaveatKind;

/// One caveat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caveat {
    /// In a fixed word.
    pub kind: CaveatKind,
    /// What it is and what to do, for people.
    pub message: String,
}

impl Caveat {
    /// A caveat of a kind.
    pub fn new(kind: CaveatKind, message: impl Into<String>) -> Self {
        Caveat { kind, message: message.into() }
    }
}
