//! What is known of an answer when its request has ended: the bytes, as long as there is room for them, or their digest; of a
//! failure a little of what it said.

use std::sync::Arc;

use bytes::Bytes;

use super::{Digest, FailedAnswer, Lease};

/// An answer on its way to the log.
#[derive(Debug)]
pub enum AnswerBody {
    /// The bytes, which are digested off the engine's thread.
    Kept(KeptAnswer),
    /// There was no room for a copy: the digest of the bytes as they came.
    Rolled(Digest),
    /// What a failure said.
    Failed(Box<FailedAnswer>),
}

impl AnswerBody {
    /// The bytes, where a copy was kept.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            AnswerBody::Kept(kept) => Some(kept.bytes()),
            AnswerBody::Rolled(_) | AnswerBody::Failed(_) => None,
        }
    }
}

/// The bytes of an answer with their place in the budget, which is free once they are dropped.
#[derive(Debug)]
pub struct KeptAnswer {
    bytes: Bytes,
    _place: Holding,
}

/// Whose place the bytes have.
#[derive(Debug)]
enum Holding {
    /// No budget counts them.
    Uncounted,
    Own {
        _lease: Lease,
    },
    /// One of several that are slices of the same memory: it is held until the last of them is gone.
    Shared {
        _lease: Arc<Lease>,
    },
}

impl KeptAnswer {
    /// A whole answer.
    pub fn new(bytes: Bytes, lease: Lease) -> Self {
        KeptAnswer { bytes, _place: Holding::Own { _lease: lease } }
    }

    /// An answer that no budget counts.
    pub fn uncounted(bytes: Bytes) -> Self {
        KeptAnswer { bytes, _place: Holding::Uncounted }
    }

    /// The answers to the members of a batch, which are `slices` of the whole answer.
    pub fn shared(slices: Vec<Bytes>, lease: Lease) -> Vec<Self> {
        let lease = Arc::new(lease);
        let share = |bytes| KeptAnswer { bytes, _place: Holding::Shared { _lease: Arc::clone(&lease) } };
        slices.into_iter().map(share).collect()
    }

    /// The answer.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// What is left of an answer in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerDigest {
    /// Of its canonical JSON: two spellings of one value have the same.
    OfValue(Digest),
    /// Of its bytes, because no copy was kept or it would cost too much to read.
    OfBytes(Digest),
}

impl AnswerDigest {
    /// The digest itself.
    pub fn digest(self) -> Digest {
        match self {
            AnswerDigest::OfValue(digest) | AnswerDigest::OfBytes(digest) => digest,
        }
    }

    /// Whether a copy was kept until it was digested.
    pub fn is_copied(self) -> bool {
        matches!(self, AnswerDigest::OfValue(_))
    }

    /// Whether two answers are the same; `None` where that cannot be told: equal bytes are equal values, but other bytes
    /// may be another spelling, and bytes and a value have nothing in common.
    pub fn same(self, other: AnswerDigest) -> Option<bool> {
        match (self, other) {
            (AnswerDigest::OfValue(one), AnswerDigest::OfValue(other)) => Some(one == other),
            (AnswerDigest::OfBytes(one), AnswerDigest::OfBytes(other)) if one == other => Some(true),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ByteBudget;

    #[test]
    fn an_answer_holds_its_place_until_it_is_dropped() {
        let budget = ByteBudget::new(10);
        let answer = KeptAnswer::new(Bytes::from_static(b"{}"), budget.reserve(2).expect("there is room"));
        assert_eq!((budget.used(), answer.bytes().as_ref()), (2, b"{}".as_slice()));
        drop(answer);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_value_and_bytes_are_neither_equal_nor_different() {
        let [one, other] = [Digest::of(b"1"), Digest::of(b"2")];
        let (value, bytes) = (AnswerDigest::OfValue, AnswerDigest::OfBytes);
        assert_eq!([value(one).same(value(one)), value(one).same(value(other))], [Some(true), Some(false)]);
        assert_eq!([bytes(one).same(bytes(one)), bytes(one).same(bytes(other))], [Some(true), None]);
        assert_eq!([value(one).same(bytes(one)), bytes(one).same(value(other))], [None, None]);
    }

    #[test]
    fn slices_of_one_answer_hold_its_place_together() {
        let budget = ByteBudget::new(10);
        let whole = Bytes::from_static(b"[1,22]");
        let slices = vec![whole.slice(1..2), whole.slice(3..5)];
        let mut answers = KeptAnswer::shared(slices, budget.reserve(6).expect("there is room"));
        assert_eq!(answers[1].bytes().as_ref(), b"22");
        answers.pop();
        assert_eq!(budget.used(), 6, "the memory is one");
        answers.pop();
        assert_eq!(budget.used(), 0);
    }
}
