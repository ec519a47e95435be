//! Reads a stream of tokens as it arrives, and leaves the record of it.

use std::borrow::Cow;

use super::sse::{SseEvent, SseParser};
use super::streamed::Streamed;
use super::tally::{Brought, TokenTally};
use super::wire::WireChunk;
use crate::model::{ChunkGaps, Moment, StreamEnd, StreamRecord};

/// Bytes of an error that are kept.
const ERROR: usize = 512;

/// What a stream may hold in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// Bytes of one event.
    pub event: usize,
    /// Bytes of the assembled text.
    pub text: usize,
}

impl Default for StreamLimits {
    fn default() -> Self {
        StreamLimits { event: 8 << 20, text: 1 << 20 }
    }
}

/// A stream of the OpenAI APIs that is under way.
#[derive(Debug)]
pub struct TokenStream {
    parser: SseParser,
    progress: StreamProgress,
    /// Nothing but white space has come.
    blank: bool,
    /// It cannot be read on.
    unreadable: bool,
}

impl TokenStream {
    /// Of an answer whose head says this content type, if any.
    pub fn new(content_type: Option<&str>, limits: StreamLimits) -> Self {
        let mut stream = TokenStream {
            parser: SseParser::new(limits.event),
            progress: StreamProgress::new(limits.text),
            blank: true,
            unreadable: false,
        };
        if !content_type.is_none_or(is_event_stream) {
            stream.give_up(StreamEnd::NotAStream);
        }
        stream
    }

    /// Takes the next bytes, which came at `at`.
    pub fn chunk(&mut self, at: Moment, data: &[u8]) {
        if self.blank {
            let first = data.iter().find(|byte| !byte.is_ascii_whitespace());
            self.blank = first.is_none();
            // No line of an event stream begins so.
            if matches!(first, Some(b'{' | b'[')) {
                self.give_up(StreamEnd::NotAStream);
            }
        }
        if self.is_over() {
            return;
        }
        let progress = &mut self.progress;
        if self.parser.feed(data, |event| progress.event(at, event)).is_err() && !progress.done {
            self.give_up(StreamEnd::EventTooLarge);
        }
    }

    fn give_up(&mut self, end: StreamEnd) {
        self.unreadable = true;
        self.progress.fail(end);
    }

    /// Whether nothing that may still come matters: after `[DONE]`, also if the server leaves the connection open, and where
    /// it cannot be read on.
    pub fn is_over(&self) -> bool {
        self.progress.done || self.unreadable
    }

    /// The record, once no more will come.
    pub fn finish(self) -> Streamed {
        let half = self.parser.is_unfinished() && !self.is_over();
        self.progress.finish(half)
    }
}

/// Without its parameters, in any case.
fn is_event_stream(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case("text/event-stream")
}

#[derive(Debug)]
struct StreamProgress {
    record: StreamRecord,
    tally: TokenTally,
    /// The first thing that went wrong, a failure that the server tells before one that is only seen.
    failure: Option<StreamEnd>,
    error: Option<String>,
    /// `[DONE]` has come.
    done: bool,
}

impl StreamProgress {
    fn new(most_text: usize) -> Self {
        let (record, tally) = (StreamRecord::default(), TokenTally::new(most_text));
        StreamProgress { record, tally, failure: None, error: None, done: false }
    }

    fn fail(&mut self, end: StreamEnd) {
        if self.failure.is_none() || end == StreamEnd::ErrorEvent {
            self.failure = Some(end);
        }
    }

    fn event(&mut self, at: Moment, event: SseEvent<'_>) {
        if self.done {
            return;
        }
        self.record.events += 1;
        self.record.first_event.get_or_insert(at);
        let data = event.data.trim_ascii();
        if event.name == b"error" {
            self.failed(data);
        } else if data == b"[DONE]" {
            (self.done, self.record.ended) = (true, Some(at));
        } else if !data.is_empty() {
            self.document(at, data);
        }
    }

    /// What an error says.
    fn failed(&mut self, said: &[u8]) {
        self.fail(StreamEnd::ErrorEvent);
        let opening = String::from_utf8_lossy(&said[..said.len().min(ERROR)]);
        self.error.get_or_insert_with(|| opening.into_owned());
    }

    fn document(&mut self, at: Moment, data: &[u8]) {
        // Event streams are UTF-8; what is none is replaced, not refused.
        let text = str::from_utf8(data).map_or_else(|_| String::from_utf8_lossy(data), Cow::Borrowed);
        match serde_json::from_str(&text) {
            Ok(chunk) => self.take(at, &chunk, data),
            Err(_) => self.fail(StreamEnd::BadEvent),
        }
    }

    fn take(&mut self, at: Moment, chunk: &WireChunk<'_>, data: &[u8]) {
        if chunk.is_error() {
            return self.failed(data);
        }
        let brought = self.tally.take(chunk);
        if brought.finish {
            self.record.ended = Some(at);
        }
        if brought.content || brought.reasoning {
            self.tokens(at, brought);
        }
    }

    /// A chunk with at least one token.
    fn tokens(&mut self, at: Moment, brought: Brought) {
        let record = &mut self.record;
        let before = record.last_token.replace(at);
        match before {
            Some(before) => record.gaps.record(at.since(before)),
            None => record.first_token = Some(at),
        }
        record.instants += u64::from(before != Some(at));
        if brought.content {
            record.first_content.get_or_insert(at);
        }
        record.reasoned |= brought.reasoning;
        record.chunks += 1;
    }

    fn finish(self, half: bool) -> Streamed {
        let StreamProgress { mut record, tally, failure, error, done } = self;
        record.half_event = half;
        record.choices = tally.choices();
        if record.choices != 1 {
            // Between chunks of different answers.
            record.gaps = ChunkGaps::default();
        }
        (record.tokens, record.finish, record.server) = (tally.tokens, tally.finish, tally.server);
        record.contradiction = tally.fell || record.is_contradicted();
        let told = tally.finish.filter(|finish| finish.is_failure()).map(|_| StreamEnd::ErrorEvent);
        record.end = failure.or(told).unwrap_or(match (done || tally.has_finished(), half) {
            (true, _) if record.first_token.is_none() => StreamEnd::NoToken,
            (true, _) => StreamEnd::Complete,
            (false, true) => StreamEnd::HalfEvent,
            (false, false) => StreamEnd::Truncated,
        });
        Streamed { record, texts: tally.text.finish(), error }
    }
}

#[cfg(test)]
#[path = "token_stream_tests.rs"]
mod tests;
