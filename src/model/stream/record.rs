//! The record of one answer that came as a stream, and what is measured by it.

use super::super::{Micros, Moment};
use super::{ChunkGaps, Finish, StreamEnd, TokenCounts, TokenTimes};

/// What came when. An instant is that of the read that completed the event, taken before anybody looked into it.
///
/// A *chunk* is an event that brings at least one token of any kind: content, reasoning, a tool call or a refusal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamRecord {
    /// The first event, whatever it holds.
    pub first_event: Option<Moment>,
    /// The first chunk.
    pub first_token: Option<Moment>,
    /// The first chunk that is not reasoning alone.
    pub first_content: Option<Moment>,
    /// The last chunk.
    pub last_token: Option<Moment>,
    /// Where the stream said that it ends: `[DONE]`, else the last `finish_reason`.
    pub ended: Option<Moment>,
    /// Events, `[DONE]` included.
    pub events: u64,
    /// Chunks.
    pub chunks: u64,
    /// Instants at which chunks came: far fewer than chunks where something on the way buffers.
    pub instants: u64,
    /// Choices that were met.
    pub choices: u32,
    /// Tokens by usage.
    pub tokens: TokenCounts,
    /// Whether a chunk held reasoning.
    pub reasoned: bool,
    /// Why the model stopped; of several choices, the reason that is not `stop`.
    pub finish: Option<Finish>,
    /// How it ended.
    pub end: StreamEnd,
    /// Whether half an event was left at the end, also of a stream that was complete by then.
    pub half_event: bool,
    /// Whether usage contradicts itself or the events: flagged, not a failure.
    pub contradiction: bool,
    /// What the server says of its time.
    pub server: TokenTimes,
    /// Between one chunk and the next, where there is one choice.
    pub gaps: ChunkGaps,
}

/// What a gap is the time of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapUnit {
    /// Of one token: the gaps are the inter-token latency.
    Token,
    /// Of one chunk, of unknown or more tokens.
    Chunk,
}

impl StreamRecord {
    /// Time to first token: first chunk − due.
    pub fn ttft(&self, due: Moment) -> Option<Micros> {
        Some(self.first_token?.since(due))
    }

    /// Time to the first chunk that is not reasoning.
    pub fn first_content_after(&self, due: Moment) -> Option<Micros> {
        Some(self.first_content?.since(due))
    }

    /// Time per output token: (last chunk − first chunk) ÷ (tokens by usage − 1), to the next microsecond.
    ///
    /// Absent of fewer than two tokens, where all chunks came at one instant, of several choices, and where usage has
    /// reasoning tokens that were never streamed: they took time that no two chunks enclose.
    pub fn tpot(&self) -> Option<Micros> {
        let between = self.tokens.output?.checked_sub(1).filter(|between| *between > 0)?;
        let unseen = self.tokens.reasoning.is_some_and(|tokens| tokens > 0) && !self.reasoned;
        if unseen || self.choices != 1 || self.instants < 2 {
            return None;
        }
        let length = self.last_token?.since(self.first_token?).0;
        Some(Micros((length + between / 2) / between))
    }

    /// What the gaps are of: of tokens if there are as many tokens by usage as chunks, or one more that ended the answer
    /// and has no text.
    pub fn gap_unit(&self) -> GapUnit {
        let more = self.tokens.output.and_then(|tokens| tokens.checked_sub(self.chunks));
        let end_token = u64::from(self.finish.is_some_and(Finish::has_end_token));
        match more {
            Some(more) if more <= end_token => GapUnit::Token,
            _ => GapUnit::Chunk,
        }
    }

    /// Output tokens by usage ÷ (last chunk − due), a second.
    pub fn tokens_per_second(&self, due: Moment) -> Option<f64> {
        let length = self.last_token?.since(due).0;
        let tokens = self.tokens.output? as f64;
        (length > 0).then(|| tokens * 1e6 / length as f64)
    }

    /// Whether what usage says cannot be what came.
    pub fn is_contradicted(&self) -> bool {
        let unseen = |tokens: u64| tokens > self.tokens.reasoning.unwrap_or(0) + 1;
        let chunks = self.tokens.output.is_some_and(|tokens| match self.chunks {
            0 => unseen(tokens),
            chunks => tokens < chunks,
        });
        chunks || self.tokens.contradict()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(tokens: u64, chunks: u64) -> StreamRecord {
        let mut record = StreamRecord { chunks, instants: chunks, choices: 1, ..StreamRecord::default() };
        record.tokens.output = Some(tokens);
        record.first_token = Some(Moment::from_micros(1_000_000));
        record.last_token = Some(Moment::from_micros(1_090_000));
        record
    }

    #[test]
    fn tpot_counts_tokens_not_chunks() {
        // 90 ms / 11 = 8.1818 ms
        assert_eq!(record(12, 4).tpot(), Some(Micros(8_182)));
        assert_eq!(record(4, 4).tpot(), Some(Micros(30_000)));
    }

    #[test]
    fn what_was_not_seen_has_no_tpot() {
        assert_eq!(record(1, 1).tpot(), None);
        assert_eq!(record(0, 4).tpot(), None);
        assert_eq!(StreamRecord { instants: 1, ..record(12, 4) }.tpot(), None);
        assert_eq!(StreamRecord { choices: 2, ..record(12, 4) }.tpot(), None);
        let mut hidden = record(12, 4);
        hidden.tokens.reasoning = Some(8);
        assert_eq!(hidden.tpot(), None);
        hidden.reasoned = true;
        assert_eq!(hidden.tpot(), Some(Micros(8_182)));
        hidden.tokens.output = None;
        assert_eq!(hidden.tpot(), None);
    }

    #[test]
    fn a_gap_is_a_tokens_only_where_usage_says_so() {
        let unit = |tokens, chunks, finish| StreamRecord { finish, ..record(tokens, chunks) }.gap_unit();
        assert_eq!(unit(4, 4, Some(Finish::Length)), GapUnit::Token);
        assert_eq!(unit(5, 4, Some(Finish::Stop)), GapUnit::Token);
        assert_eq!(unit(5, 4, Some(Finish::Length)), GapUnit::Chunk);
        assert_eq!(unit(6, 4, Some(Finish::Stop)), GapUnit::Chunk);
        assert_eq!(unit(3, 4, Some(Finish::Stop)), GapUnit::Chunk);
        assert_eq!(StreamRecord { chunks: 4, ..StreamRecord::default() }.gap_unit(), GapUnit::Chunk);
    }

    #[test]
    fn times_count_from_due() {
        let due = Moment::from_micros(880_000);
        assert_eq!(record(12, 4).ttft(due), Some(Micros(120_000)));
        assert_eq!(record(21, 4).tokens_per_second(due), Some(100.0));
        assert_eq!(StreamRecord::default().ttft(due), None);
        assert_eq!(record(21, 4).first_content_after(due), None);
    }

    #[test]
    fn usage_that_cannot_be_is_a_contradiction() {
        assert!(!record(4, 4).is_contradicted() && !record(40, 4).is_contradicted());
        assert!(record(3, 4).is_contradicted());
        assert!(record(2, 0).is_contradicted() && !record(1, 0).is_contradicted());
        let mut cached = record(4, 4);
        (cached.tokens.input, cached.tokens.cached) = (Some(10), Some(11));
        assert!(cached.is_contradicted());
        let mut hidden = record(9, 0);
        hidden.tokens.reasoning = Some(9);
        assert!(!hidden.is_contradicted());
    }
}
