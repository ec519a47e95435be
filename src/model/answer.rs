//! The content of an answer on its way from the engine to the recorder.

use std::sync::Arc;

use bytes::Bytes;

use super::Digest;
use super::byte_budget::Lease;

/// What there is of an answer.
#[derive(Clone, Debug)]
pub enum AnswerBody {
    /// All of it.
    Kept(KeptAnswer),
    /// There was no room for a copy: the digest of its bytes, taken as they came.
    Rolled(Digest),
}

/// An answer, or a part of one, with its share of the budget.
#[derive(Clone, Debug)]
pub struct KeptAnswer {
    /// The content.
    pub bytes: Bytes,
    /// Given back with the last part of the exchange's answer.
    lease: Option<Arc<Lease>>,
}

impl KeptAnswer {
    /// A whole answer.
    pub fn new(bytes: Bytes, lease: Option<Lease>) -> Self {
        KeptAnswer { bytes, lease: lease.map(Arc::new) }
    }

    /// A part of this answer, which shares its memory.
    pub fn part(&self, bytes: Bytes) -> Self {
        KeptAnswer { bytes, lease: self.lease.clone() }
    }
}
