//! Collects an answer's content as it comes: a copy while there is room for one, its digest alone where there is none.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::batch_room::{BatchHold, BatchRoom};
use crate::model::digest::RollingDigest;
use crate::model::{AnswerBody, AnswerChecks, ByteBudget, Digest, ErrorKind, KeptAnswer, Lease, Moment};
use crate::transport::BodySink;

/// How much of answers is taken.
#[derive(Clone, Debug)]
pub struct AnswerLimits {
    /// Bytes of one answer; a longer one has failed.
    pub most: u64,
    /// Copies of all answers that the recorder has not seen yet.
    pub budget: Arc<ByteBudget>,
    /// Answers that must be looked at, as those to batches, and are not complete.
    pub batches: Arc<BatchRoom>,
}

/// Of a copy this long the digest is taken beside it, so that a budget that is used up later costs no time then.
const DIGESTED_BESIDE: usize = 256 * 1024;

/// Takes one answer.
pub struct AnswerCollector {
    limits: AnswerLimits,
    /// What the answer holds that must be looked at: one to a batch, and one that is checked.
    hold: Option<BatchHold>,
    received: u64,
    content: Collecting,
}

enum Collecting {
    Nothing,
    /// A copy with its place in the budget, and its digest so far where it is long. One that must be looked at has its place elsewhere,
    /// and asks for one here later.
    Copy(Vec<u8>, Option<Lease>, Option<RollingDigest>),
    Rolling(RollingDigest),
}

impl AnswerCollector {
    /// Waits for an answer. Where its content must be looked at it needs a copy, and what there is no room for waits in the network.
    pub fn new(limits: &AnswerLimits, needs_copy: bool) -> Self {
        let hold = needs_copy.then(|| BatchHold::new(&limits.batches));
        AnswerCollector { limits: limits.clone(), hold, received: 0, content: Collecting::Nothing }
    }

    /// The content, once it is complete.
    pub fn finish(self) -> Collected {
        match self.content {
            Collecting::Nothing => Collected::Copy(Bytes::new(), None),
            Collecting::Copy(copy, lease, _) => match self.hold {
                Some(hold) => Collected::Held(copy.into(), hold),
                None => Collected::Copy(copy.into(), lease),
            },
            Collecting::Rolling(running) => Collected::Rolled(running.finish()),
        }
    }
}

fn checked(checks: &AnswerChecks, answer: &[u8]) -> Result<(), ErrorKind> {
    if checks.pass(answer) { Ok(()) } else { Err(ErrorKind::CheckFailed) }
}

/// A complete content.
pub enum Collected {
    /// A copy, with its place in the budget.
    Copy(Bytes, Option<Lease>),
    /// One that must be looked at, with its place among these.
    Held(Bytes, BatchHold),
    /// The digest of the bytes.
    Rolled(Digest),
}

impl Collected {
    /// The answer to one request; a copy that was needed only to be looked at stays where the budget has room for it.
    ///
    /// # Errors
    /// It is not what `checks` ask for.
    pub fn whole(self, budget: &Arc<ByteBudget>, checks: &AnswerChecks) -> Result<AnswerBody, ErrorKind> {
        match self {
            Collected::Copy(copy, lease) => {
                checked(checks, &copy)?;
                let kept = match lease {
                    Some(lease) => KeptAnswer::new(copy, lease),
                    None => KeptAnswer::uncounted(copy),
                };
                Ok(AnswerBody::Kept(kept))
            }
            Collected::Held(copy, _hold) => {
                checked(checks, &copy)?;
                Ok(match budget.reserve(copy.len() as u64) {
                    Some(lease) => AnswerBody::Kept(KeptAnswer::new(copy, lease)),
                    None => AnswerBody::Rolled(Digest::of(&copy)),
                })
            }
            Collected::Rolled(digest) => Ok(AnswerBody::Rolled(digest)),
        }
    }

    /// The answers to the members of a batch, as `split` takes the content apart: copies where the budget has room for them. Each is
    /// checked by itself.
    ///
    /// # Errors
    /// What `split` cannot take apart.
    pub fn apart(
        self,
        budget: &Arc<ByteBudget>,
        split: impl FnOnce(&Bytes) -> Option<Vec<Bytes>>,
        checks: &AnswerChecks,
    ) -> Result<Vec<Result<AnswerBody, ErrorKind>>, ErrorKind> {
        // What it holds is free once its parts have places of their own.
        let Collected::Held(copy, _hold) = self else { return Err(ErrorKind::Protocol) };
        let parts = split(&copy).ok_or(ErrorKind::Protocol)?;
        let outcomes: Vec<_> = parts.iter().map(|part| checked(checks, part)).collect();
        let bodies: Vec<_> = match budget.reserve(copy.len() as u64) {
            Some(lease) => KeptAnswer::shared(parts, lease).into_iter().map(AnswerBody::Kept).collect(),
            None => parts.iter().map(|part| AnswerBody::Rolled(Digest::of(part))).collect(),
        };
        Ok(outcomes.into_iter().zip(bodies).map(|(outcome, body)| outcome.map(|()| body)).collect())
    }
}

impl AnswerCollector {
    fn begun(&self, data: &[u8]) -> Collecting {
        if self.hold.is_some() {
            return Collecting::Copy(data.to_vec(), None, None);
        }
        match self.limits.budget.reserve(data.len() as u64) {
            Some(lease) => Collecting::Copy(data.to_vec(), Some(lease), None),
            None => Collecting::Rolling(digest_of(&[data])),
        }
    }

    fn copied(
        &self,
        mut copy: Vec<u8>,
        mut lease: Option<Lease>,
        running: Option<RollingDigest>,
        data: &[u8],
    ) -> Collecting {
        let mut running = running.or_else(|| {
            let long = self.hold.is_none() && copy.len() >= DIGESTED_BESIDE;
            long.then(|| digest_of(&[&copy]))
        });
        running.iter_mut().for_each(|running| running.add(data));
        if lease.as_mut().is_none_or(|lease| lease.grow(data.len() as u64)) {
            grow(&mut copy, data.len());
            copy.extend_from_slice(data);
            return Collecting::Copy(copy, lease, running);
        }
        Collecting::Rolling(running.unwrap_or_else(|| digest_of(&[&copy, data])))
    }
}

impl BodySink for AnswerCollector {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.hold.as_mut().map_or(Poll::Ready(()), |hold| hold.poll_room(cx))
    }

    fn chunk(&mut self, _at: Moment, data: &[u8]) -> Result<(), ErrorKind> {
        self.received += data.len() as u64;
        if self.received > self.limits.most {
            (self.content, self.hold) = (Collecting::Nothing, None);
            return Err(ErrorKind::TooLarge);
        }
        if let Some(hold) = &mut self.hold {
            hold.add(data.len() as u64);
        }
        self.content = match std::mem::replace(&mut self.content, Collecting::Nothing) {
            Collecting::Nothing => self.begun(data),
            Collecting::Copy(copy, lease, running) => self.copied(copy, lease, running, data),
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

/// The digest of what has come, to be gone on with.
fn digest_of(pieces: &[&[u8]]) -> RollingDigest {
    let mut running = RollingDigest::default();
    pieces.iter().for_each(|piece| running.add(piece));
    running
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(most: u64, budget: &Arc<ByteBudget>) -> AnswerLimits {
        AnswerLimits { most, budget: Arc::clone(budget), batches: BatchRoom::new(most) }
    }

    fn collected(most: u64, budget: &Arc<ByteBudget>, chunks: &[&str]) -> Result<AnswerBody, ErrorKind> {
        let mut collector = AnswerCollector::new(&limits(most, budget), false);
        for chunk in chunks {
            collector.chunk(Moment::START, chunk.as_bytes())?;
        }
        collector.finish().whole(budget, &AnswerChecks::default())
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

    #[test]
    fn a_long_answer_is_rolled_with_the_digest_of_all_its_bytes() {
        let chunk = "x".repeat(100_000);
        let budget = ByteBudget::new(450_000);
        let rolled = collected(1 << 20, &budget, &[chunk.as_str(); 6]);
        let expected = Digest::of("x".repeat(600_000).as_bytes());
        assert!(matches!(rolled, Ok(AnswerBody::Rolled(digest)) if digest == expected));
    }

    #[test]
    fn a_batch_is_taken_apart_whatever_the_budget_and_only_its_copies_are_dropped() {
        let split = |whole: &Bytes| Some(vec![whole.slice(..2), whole.slice(2..)]);
        for (room, kept) in [(4, true), (3, false)] {
            let limits = limits(100, &ByteBudget::new(room));
            let mut collector = AnswerCollector::new(&limits, true);
            collector.chunk(Moment::START, b"1234").expect("it is short");
            let parts = collector.finish().apart(&limits.budget, split, &AnswerChecks::default());
            let parts: Vec<_> =
                parts.expect("two parts").into_iter().map(|part| part.expect("no check")).collect();
            let is_kept = |part: &AnswerBody| matches!(part, AnswerBody::Kept(_));
            assert_eq!(parts.iter().map(is_kept).collect::<Vec<_>>(), [kept; 2]);
            let rolled = AnswerBody::Rolled(Digest::of(b"34"));
            assert!(
                kept || matches!((&parts[1], rolled), (AnswerBody::Rolled(a), AnswerBody::Rolled(b)) if *a == b)
            );
        }
    }
}
