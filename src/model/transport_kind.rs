//! What moves the bytes: the noun; what it does is the room `transport`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What moves the bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportKind {
    /// The tool's own connections, every byte of which it reads and writes itself; what versions of this tool had that knew nothing
    /// else.
    #[default]
    Direct,
    /// A client of the library reqwest with its pool: what an application that is built on it sees.
    Reqwest,
}

impl TransportKind {
    /// Its name in scenarios, files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            TransportKind::Direct => "direct",
            TransportKind::Reqwest => "reqwest",
        }
    }
}

impl FromStr for TransportKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known =
            [TransportKind::Direct, TransportKind::Reqwest].into_iter().find(|kind| kind.name() == text);
        known.ok_or_else(|| format!("`{text}` is no transport; use \"direct\" or \"reqwest\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_scenarios_and_in_files() {
        for kind in [TransportKind::Direct, TransportKind::Reqwest] {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).expect("a name"), kind.name());
        }
        assert!("curl".parse::<TransportKind>().is_err_and(|error| error.contains("reqwest")));
    }
}
