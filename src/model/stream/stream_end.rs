//! How a stream of tokens ended, in one fixed word.

/// How it ended. All but [`StreamEnd::Complete`] are failures, however much came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamEnd {
    /// With a `finish_reason` of each choice, or `[DONE]`.
    Complete,
    /// Without either.
    #[default]
    Truncated,
    /// Without either, in the middle of an event.
    HalfEvent,
    /// It ended as it should, and no token had come.
    NoToken,
    /// It said that the request failed.
    ErrorEvent,
    /// The answer is of another content type, or one JSON document.
    NotAStream,
    /// An event holds something else than a chunk of an answer.
    BadEvent,
    /// An event grew past the limit.
    EventTooLarge,
}

impl StreamEnd {
    /// All words.
    pub const ALL: [StreamEnd; 8] = [
        StreamEnd::Complete,
        StreamEnd::Truncated,
        StreamEnd::HalfEvent,
        StreamEnd::NoToken,
        StreamEnd::ErrorEvent,
        StreamEnd::NotAStream,
        StreamEnd::BadEvent,
        StreamEnd::EventTooLarge,
    ];

    /// The word in files.
    pub const fn name(self) -> &'static str {
        match self {
            StreamEnd::Complete => "complete",
            StreamEnd::Truncated => "truncated",
            StreamEnd::HalfEvent => "half_event",
            StreamEnd::NoToken => "no_token",
            StreamEnd::ErrorEvent => "error_event",
            StreamEnd::NotAStream => "not_a_stream",
            StreamEnd::BadEvent => "bad_event",
            StreamEnd::EventTooLarge => "event_too_large",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_explain_every_word() {
        let page = include_str!("../../../docs/tokens.md");
        for end in StreamEnd::ALL {
            assert!(page.contains(&format!("| `{}` |", end.name())), "{}", end.name());
        }
    }
}
