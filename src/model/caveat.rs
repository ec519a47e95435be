//! What limits the trust in a run's figures, said by whoever notices it.

use serde::{Deserialize, Serialize};

/// One caveat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caveat {
    /// A fixed word.
    pub kind: String,
    /// What it is and what to do, for people.
    pub message: String,
}

impl Caveat {
    /// A caveat of a kind.
    pub fn new(kind: &str, message: impl Into<String>) -> Self {
        Caveat { kind: kind.into(), message: message.into() }
    }
}
