//! What is known of an answer when its request has ended: the bytes, as long as there is room for them, or their digest.

use std::sync::Arc;

use bytes::Bytes;

use super::{Digest, Lease};

/// The answer of a success, on its way to the log.
#[derive(Debug)]
pub enum AnswerBody {
    /// The bytes, which are digested off the engine's thread.
    Kept(KeptAnswer),
    /// There was no room for a copy: the digest of the bytes as they came.
    Rolled(Digest),
}

impl AnswerBody {
    /// The bytes, where a copy was kept.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            AnswerBody::Kept(kept) => Some(kept.bytes()),
            AnswerBody::Rolled(_) => None,
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
