//! What moved the bytes, where it was not the tool's own connections, which see every stage.

use crate::model::{Stage, TransportKind};

/// In words, with the stages that it cannot see.
pub fn moved_by(transport: TransportKind, merged: &[Stage]) -> Option<String> {
    if transport == TransportKind::Direct {
        return None;
    }
    let names: Vec<_> = merged.iter().map(|stage| stage.name()).collect();
    Some(match names.is_empty() {
        true => transport.name().to_string(),
        false => format!(
            "{}; not seen by it: {}, whose time is in the stage that follows",
            transport.name(),
            names.join(" and ")
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_sees_less_is_worth_a_line() {
        assert_eq!(moved_by(TransportKind::Direct, &[]), None);
        let text = moved_by(TransportKind::Reqwest, &[Stage::Retry, Stage::Send]);
        let text = text.expect("it sees less");
        assert!(text.starts_with("reqwest; ") && text.contains("retry and send"), "{text}");
    }
}
