//! Collects an answer's content as it comes: a copy while there is room for one, its digest alone where there is none.

use std::sync::Arc;

use bytes::Bytes;

use crate::model::digest::Running;
use crate::model::{AnswerBody, ByteBudget, Digest, ErrorKind, KeptAnswer, Lease, Moment};
use crate::transport::BodySink;

/// How much of answers is taken.
#[derive(Clone, Debug)]
pub struct AnswerLimits {
    /// Bytes of one answer; a longer one has failed.
    pub most: u64,
    /// Copies of all answers that the recorder has not seen yet.
    pub budget: Arc<ByteBudget>,
}

/// Takes one answer.
pub struct AnswerCollector {
    limits: AnswerLimits,
    received: u64,
    content: Collecting,
}

enum Collecting {
    Nothing,
    Copy(Vec<u8>, Lease),
    Rolling(Running),
}

impl AnswerCollector {
    /// Waits for an answer.
    pub fn new(limits: &AnswerLimits) -> Self {
        AnswerCollector { limits: limits.clone(), received: 0, content: Collecting::Nothing }
    }

    /// The content, once it is complete.
    pub fn finish(self) -> Collected {
        match self.content {
            Collecting::Nothing => Collected::Copy(Bytes::new(), None),
            Collecting::Copy(copy, lease) => Collected::Copy(copy.into(), Some(lease)),
            Collecting::Rolling(running) => Collected::Rolled(running.finish()),
        }
    }
}

/// A complete content.
pub enum Collected {
    /// A copy, with its place in the budget.
    Copy(Bytes, Option<Lease>),
    /// The digest of the bytes.
    Rolled(Digest),
}

impl Collected {
    /// The answer to one request.
    pub fn whole(self) -> AnswerBody {
        match self {
            Collected::Copy(copy, Some(lease)) => AnswerBody::Kept(KeptAnswer::new(copy, lease)),
            Collected::Copy(copy, None) => AnswerBody::Kept(KeptAnswer::uncounted(copy)),
            Collected::Rolled(digest) => AnswerBody::Rolled(digest),
        }
    }

    /// The answers to the members of a batch, as `split` takes the content apart.
    ///
    /// # Errors
    /// What there is no copy of, and what `split` cannot take apart.
    pub fn apart(
        self,
        split: impl FnOnce(&Bytes) -> Option<Vec<Bytes>>,
    ) -> Result<Vec<AnswerBody>, ErrorKind> {
        let Collected::Copy(copy, lease) = self else { return Err(ErrorKind::TooLarge) };
        let parts = split(&copy).ok_or(ErrorKind::Protocol)?;
        let kept = match lease {
            Some(lease) => KeptAnswer::shared(parts, lease),
            None => parts.into_iter().map(KeptAnswer::uncounted).collect(),
        };
        Ok(kept.into_iter().map(AnswerBody::Kept).collect())
    }
}

impl BodySink for AnswerCollector {
    fn chunk(&mut self, _at: Moment, data: &[u8]) -> Result<(), ErrorKind> {
        self.received += data.len() as u64;
        if self.received > self.limits.most {
            self.content = Collecting::Nothing;
            return Err(ErrorKind::TooLarge);
        }
        self.content = match std::mem::replace(&mut self.content, Collecting::Nothing) {
            Collecting::Nothing => match self.limits.budget.reserve(data.len() as u64) {
                Some(lease) => Collecting::Copy(data.to_vec(), lease),
                None => rolling(&[data]),
            },
            Collecting::Copy(mut copy, mut lease) => {
                if lease.grow(data.len() as u64) {
                    grow(&mut copy, data.len());
                    copy.extend_from_slice(data);
                    Collecting::Copy(copy, lease)
                } else {
                    rolling(&[&copy, data])
                }
            }
            Collecting::Rolling(mut running) => {
                running.add(data);
                Collecting::Rolling(running)
            }
        };
        Ok(())
    }
}

/// Makes room for more, and for a quarter again at most: twice as much, as a vector does by itself, would be memory that no budget
/// counts.
fn grow(copy: &mut Vec<u8>, more: usize) {
    if copy.capacity() - copy.len() < more {
        copy.reserve_exact(more.max(copy.len() / 4));
    }
}

/// The digest of what has come, and of what will.
fn rolling(pieces: &[&[u8]]) -> Collecting {
    let mut running = Running::default();
    pieces.iter().for_each(|piece| running.add(piece));
    Collecting::Rolling(running)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collected(most: u64, budget: &Arc<ByteBudget>, chunks: &[&str]) -> Result<AnswerBody, ErrorKind> {
        let mut collector = AnswerCollector::new(&AnswerLimits { most, budget: Arc::clone(budget) });
        for chunk in chunks {
            collector.chunk(Moment::START, chunk.as_bytes())?;
        }
        Ok(collector.finish().whole())
    }

    #[test]
    fn a_copy_is_kept_while_there_is_room_and_a_digest_where_there_is_none() {
        let budget = ByteBudget::new(5);
        let whole = collected(100, &budget, &["abc", "de"]);
        assert!(matches!(&whole, Ok(AnswerBody::Kept(kept)) if kept.bytes() == "abcde"));
        let rolled = collected(100, &budget, &["abc", "de"]);
        assert!(matches!(rolled, Ok(AnswerBody::Rolled(digest)) if digest == Digest::of(b"abcde")));
        drop(whole);
        let grown = collected(100, &budget, &["abc", "def", "g"]);
        assert!(matches!(grown, Ok(AnswerBody::Rolled(digest)) if digest == Digest::of(b"abcdefg")));
        assert!(matches!(collected(100, &budget, &["abcde"]), Ok(AnswerBody::Kept(_))), "all was given back");
        assert!(
            matches!(collected(100, &budget, &[]), Ok(AnswerBody::Kept(kept)) if kept.bytes().is_empty())
        );
    }

    #[test]
    fn an_answer_past_the_limit_is_too_large_and_holds_no_memory() {
        let budget = ByteBudget::new(100);
        assert!(matches!(collected(4, &budget, &["abc", "d"]), Ok(AnswerBody::Kept(_))));
        assert_eq!(collected(4, &budget, &["abc", "de"]).err(), Some(ErrorKind::TooLarge));
        assert!(budget.reserve(100).is_some());
    }
}
