//! Collects an answer's content as it comes, decoded where it is encoded.

use std::task::{Context, Poll};

use super::answer_limits::AnswerLimits;
use super::collected::Collected;
use super::decoding::Decoding;
use super::gathered::Gathered;
use crate::model::{ErrorKind, Moment};
use crate::transport::{BodySink, ContentCoding, Head};

/// Takes one answer.
pub struct AnswerCollector {
    most: u64,
    received: u64,
    coding: ContentCoding,
    content: Decoding,
}

impl AnswerCollector {
    /// Waits for an answer. Where its content must be looked at it needs a copy, and what there is no room for waits in the network.
    pub fn new(limits: &AnswerLimits, needs_copy: bool) -> Self {
        let content = Decoding::Plain(Gathered::new(limits, needs_copy));
        AnswerCollector { most: limits.most, received: 0, coding: ContentCoding::Identity, content }
    }

    /// The content is complete: decodes what is left of it.
    ///
    /// # Errors
    /// Its encoding ends too early, or it is too large decoded.
    pub fn end(&mut self) -> Result<(), ErrorKind> {
        self.content.end()
    }

    /// The content, after its end.
    ///
    /// # Errors
    /// It is not whole.
    pub fn finish(self) -> Result<Collected, ErrorKind> {
        self.content.finish().map(Gathered::finish)
    }

    /// The bytes of the decoded content so far, where it is encoded.
    pub fn decoded(&self) -> Option<u64> {
        self.content.decoded()
    }
}

impl BodySink for AnswerCollector {
    fn forget(&mut self) {
        self.received = 0;
        self.coding = ContentCoding::Identity;
        self.content.gathered().forget();
    }

    fn begins(&mut self, head: &Head) {
        // What is no success has failed whatever it says, also if nobody can read it.
        if ErrorKind::from_status(head.status).is_none() {
            self.coding = head.coding;
        }
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.content.gathered().poll_room(cx)
    }

    fn chunk(&mut self, _at: Moment, data: &[u8]) -> Result<(), ErrorKind> {
        self.received += data.len() as u64;
        // Only what has content is encoded: an answer to HEAD says how it would be.
        if self.coding != ContentCoding::Identity {
            self.content.begin(std::mem::take(&mut self.coding))?;
        }
        if self.received > self.most {
            self.content.gathered().refuse();
            return Err(ErrorKind::TooLarge);
        }
        self.content.take(data)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::client::BatchRoom;
    use crate::model::{AnswerBody, AnswerChecks, ByteBudget, Digest};

    fn limits(most: u64, budget: &Arc<ByteBudget>) -> AnswerLimits {
        AnswerLimits { most, budget: Arc::clone(budget), batches: BatchRoom::new(most) }
    }

    fn collected(most: u64, budget: &Arc<ByteBudget>, chunks: &[&str]) -> Result<AnswerBody, ErrorKind> {
        let mut collector = AnswerCollector::new(&limits(most, budget), false);
        for chunk in chunks {
            collector.chunk(Moment::START, chunk.as_bytes())?;
        }
        collector.finish()?.whole(budget, &AnswerChecks::default())
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
            let parts = collector.finish().expect("it is whole").apart(
                &limits.budget,
                split,
                &AnswerChecks::default(),
            );
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
