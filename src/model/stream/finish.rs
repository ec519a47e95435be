//! Why the model stopped.

/// The server's `finish_reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finish {
    /// It had said all, or met a stop sequence.
    Stop,
    /// It was allowed no more tokens.
    Length,
    /// It calls tools.
    ToolCalls,
    /// A filter cut the answer.
    ContentFilter,
    /// The server gave the request up.
    Abort,
    /// The server failed.
    Error,
    /// A word that is not known here.
    Other,
}

impl Finish {
    /// The word in files.
    pub const fn name(self) -> &'static str {
        match self {
            Finish::Stop => "stop",
            Finish::Length => "length",
            Finish::ToolCalls => "tool_calls",
            Finish::ContentFilter => "content_filter",
            Finish::Abort => "abort",
            Finish::Error => "error",
            Finish::Other => "other",
        }
    }

    /// From the server's word.
    pub fn from_word(word: &str) -> Self {
        match word {
            "stop" | "eos" | "stop_sequence" => Finish::Stop,
            "length" | "max_tokens" => Finish::Length,
            "tool_calls" | "function_call" => Finish::ToolCalls,
            "content_filter" => Finish::ContentFilter,
            "abort" => Finish::Abort,
            "error" => Finish::Error,
            _ => Finish::Other,
        }
    }

    /// Whether the answer is no success, though the stream was well formed.
    pub fn is_failure(self) -> bool {
        matches!(self, Finish::Abort | Finish::Error)
    }

    /// Whether the last token may be one that has no text: the one that says that the answer ends.
    pub fn has_end_token(self) -> bool {
        matches!(self, Finish::Stop | Finish::ToolCalls)
    }
}
