//! What limits the trust in a run's figures, said by whoever notices it.

use serde::{Deserialize, Serialize};

use super::{CaveatKind, printable};

/// Bytes of a message: it may repeat what a file or a server wrote, at any length.
const LONGEST: usize = 2_000;

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
        let message = message.into();
        let message = if message.len() > LONGEST { printable::shortened(&message, LONGEST) } else { message };
        Caveat { kind, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_repeats_what_was_written_is_short_and_keeps_its_remedy() {
        let long = format!("columns are unknown: {}; use the version that wrote it", "a,".repeat(50_000));
        let caveat = Caveat::new(CaveatKind::UnknownColumns, long);
        assert!(caveat.message.len() <= LONGEST, "{} bytes", caveat.message.len());
        assert!(caveat.message.ends_with("use the version that wrote it"), "{}", caveat.message);
        assert_eq!(Caveat::new(CaveatKind::Insecure, "short").message, "short");
    }
}
