//! What is left of an answer once it has been read.

use super::tally::TokenTally;
use super::wire::WireChunk;
use crate::model::{Finish, StreamRecord, TokenCounts, TokenTimes};

/// A stream that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Streamed {
    /// What came when.
    pub record: StreamRecord,
    /// The text of each choice in the order of their indices: content, refusals, tool calls, not the reasoning. Absent if it
    /// is longer than may be kept, or not all of it was text.
    pub texts: Option<Vec<String>>,
    /// The beginning of what an error said; the server's word, not made printable.
    pub error: Option<String>,
}

/// An answer that is one document, as its request asked.
#[derive(Clone, Debug, PartialEq)]
pub struct WholeAnswer {
    /// Tokens by usage.
    pub tokens: TokenCounts,
    /// Why the model stopped.
    pub finish: Option<Finish>,
    /// What the server says of its time.
    pub server: TokenTimes,
    /// As of a stream.
    pub texts: Option<Vec<String>>,
}

impl WholeAnswer {
    /// Reads the document; `None` if it is no answer of these APIs, or says that the request failed.
    pub fn read(document: &[u8], most_text: usize) -> Option<Self> {
        let chunk: WireChunk = serde_json::from_slice(document).ok()?;
        let mut tally = TokenTally::new(most_text);
        tally.take(&chunk);
        let failed = chunk.is_error() || tally.finish.is_some_and(Finish::is_failure);
        (tally.choices() > 0 && !failed).then(|| WholeAnswer {
            tokens: tally.tokens,
            finish: tally.finish,
            server: tally.server,
            texts: tally.text.finish(),
        })
    }
}
