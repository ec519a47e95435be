//! Collects an answer's content as it comes, decoded where it is encoded.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;

use super::answer_limits::AnswerLimits;
use super::collected::Collected;
use super::decoding::Decoding;
use super::gathered::Gathered;
use crate::model::{ErrorKind, Moment};
use crate::transport::{BodySink, ContentCoding, Head};

/// Bytes of an encoded answer that are decoded at once, where there must be room for what comes of them: a quarter of a MiB of
/// gzip.
const PIECE: usize = 256;

/// Takes one answer.
pub struct AnswerCollector {
    most: u64,
    received: u64,
    coding: ContentCoding,
    /// How what is no success is encoded: nobody decodes it but to show its beginning.
    undecoded: ContentCoding,
    content: Decoding,
    /// What is encoded and waits for room.
    rest: BytesMut,
    /// What is wrong with what had waited.
    failed: Option<ErrorKind>,
}

impl AnswerCollector {
    /// Waits for an answer. Where its content must be looked at it needs a copy, and what there is no room for waits in the network.
    pub fn new(limits: &AnswerLimits, needs_copy: bool) -> Self {
        let content = Decoding::Plain(Gathered::new(limits, needs_copy));
        let (coding, undecoded, rest, failed) = Default::default();
        AnswerCollector { most: limits.most, received: 0, coding, undecoded, content, rest, failed }
    }

    /// How the content is encoded that it gathers.
    pub fn undecoded(&self) -> ContentCoding {
        self.undecoded
    }

    /// The content is complete: decodes what is left of it.
    ///
    /// # Errors
    /// Its encoding ends too early, or it is too large decoded.
    pub fn end(&mut self) -> Result<(), ErrorKind> {
        match self.failed {
            Some(kind) => Err(kind),
            None => self.content.end(),
        }
    }

    /// Waits until all that has come is decoded.
    pub async fn decoded_all(&mut self) {
        poll_fn(|cx| self.poll_ready(cx)).await;
    }

    /// Decodes what there is room for.
    fn decode(&mut self) -> Result<(), ErrorKind> {
        while !self.rest.is_empty() && self.content.gathered().has_room() {
            self.decode_piece()?;
        }
        Ok(())
    }

    fn decode_piece(&mut self) -> Result<(), ErrorKind> {
        let piece = self.rest.split_to(PIECE.min(self.rest.len()));
        self.content.take(&piece)
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
        (self.coding, self.undecoded, self.rest, self.failed) = Default::default();
        self.content.gathered().forget();
    }

    fn begins(&mut self, head: &Head) {
        // What is no success has failed whatever it says, also if nobody can read it.
        match ErrorKind::from_status(head.status) {
            None => self.coding = head.coding,
            Some(_) => self.undecoded = head.coding,
        }
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.content.gathered().poll_room(cx));
            if self.rest.is_empty() {
                return Poll::Ready(());
            }
            if let Err(kind) = self.decode_piece() {
                self.rest.clear();
                self.failed = Some(kind);
            }
        }
    }

    fn chunk(&mut self, _at: Moment, data: &[u8]) -> Result<(), ErrorKind> {
        if let Some(kind) = self.failed {
            return Err(kind);
        }
        self.received += data.len() as u64;
        // Only what has content is encoded: an answer to HEAD says how it would be.
        if self.coding != ContentCoding::Identity {
            self.content.begin(std::mem::take(&mut self.coding))?;
        }
        if self.received > self.most {
            self.content.gathered().refuse();
            return Err(ErrorKind::TooLarge);
        }
        if !self.content.must_wait() {
            return self.content.take(data);
        }
        self.rest.extend_from_slice(data);
        self.decode()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use bytes::Bytes;
    use flate2::Compression;
    use flate2::write::GzEncoder;

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
    fn what_is_encoded_waits_for_room_between_its_pieces() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&vec![b'1'; 4 << 20]).expect("memory takes it");
        let encoded = encoder.finish().expect("memory takes it");
        let limits = AnswerLimits { most: 8 << 20, ..limits(1_000, &ByteBudget::new(64 << 20)) };
        let head = Head { status: 200, coding: ContentCoding::Gzip, ..Head::default() };
        let [mut beyond, mut waiting] = [(); 2].map(|()| {
            let mut collector = AnswerCollector::new(&limits, true);
            collector.begins(&head);
            collector.chunk(Moment::START, &encoded).expect("it is whole");
            collector
        });
        // Its decoder holds the last of it back until it is told that this is the end.
        assert!(beyond.decoded().is_some_and(|bytes| bytes > 4_000_000), "{:?}", beyond.decoded());
        assert!(waiting.decoded().is_some_and(|bytes| bytes < 400_000), "{:?}", waiting.decoded());
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(waiting.poll_ready(&mut cx).is_pending());
        beyond.end().expect("it is whole");
        drop(beyond);
        assert!(waiting.poll_ready(&mut cx).is_ready());
        waiting.end().expect("it is whole");
        assert_eq!(waiting.decoded(), Some(4 << 20));
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
