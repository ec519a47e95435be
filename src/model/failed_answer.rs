//! What the answer of a failure said: enough to know what was wrong, and no more.

use bytes::Bytes;

/// A failed exchange's answer, as far as one came. All of it is the server's word: not masked, not made printable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedAnswer {
    /// Where the server sends the client instead.
    pub location: Option<String>,
    /// When it wants to be asked again.
    pub retry_after: Option<String>,
    /// Why the answer cannot be understood.
    pub reason: Option<&'static str>,
    /// The first bytes of its content, [`FailedAnswer::OPENING`] at most.
    pub opening: Bytes,
}

impl FailedAnswer {
    /// Bytes of an answer that are kept.
    pub const OPENING: usize = 512;

    /// The first bytes of a content, in memory of their own: the rest of it need not be kept for them.
    pub fn opening_of(content: &[u8]) -> Bytes {
        Bytes::copy_from_slice(&content[..content.len().min(Self::OPENING)])
    }
}
