//! The one noun: the record of a planned request, whatever became of it.

use std::sync::Arc;

use super::{AnswerBody, AnswerDigest, ConnectionUse, ErrorKind, Micros, Moment, Stages, TimeKind, TraceId};

/// What the server says of its own time for an exchange, and for this request's item in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerTimes {
    /// Waiting for a replica.
    pub queue: Option<Micros>,
    /// Computing.
    pub compute: Option<Micros>,
    /// What this request's own item cost, which does not hang on who shares its exchange.
    pub item: Option<Micros>,
    /// All that the server took, as what stands before it says: how much of it was queue and how much compute it does not.
    pub total: Option<Micros>,
}

impl ServerTimes {
    /// One of the times of the exchange.
    pub fn of(&self, kind: TimeKind) -> Option<Micros> {
        match kind {
            TimeKind::Queue => self.queue,
            TimeKind::Compute => self.compute,
            TimeKind::Total => self.total,
        }
    }

    /// Its place.
    pub fn of_mut(&mut self, kind: TimeKind) -> &mut Option<Micros> {
        match kind {
            TimeKind::Queue => &mut self.queue,
            TimeKind::Compute => &mut self.compute,
            TimeKind::Total => &mut self.total,
        }
    }
}

/// The batch that carried a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchUse {
    /// Unique within the repetition.
    pub id: u64,
    /// Planned requests in the exchange, at least 1.
    pub size: u32,
}

/// The record of one planned request; a failed one is the same struct with its error set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Place in the plan, from 0.
    pub seq: u64,
    /// Derived from run, phase, repetition and `seq`.
    pub trace_id: TraceId,
    /// When it should have started; absent if the run ended before that was known.
    pub due: Option<Moment>,
    /// Where its time went; empty if it was never sent.
    pub stages: Stages,
    /// What the server says of itself.
    pub server: ServerTimes,
    /// The connection of its last attempt, if it came to one.
    pub connection: Option<ConnectionUse>,
    /// Data retransmissions of this exchange.
    pub retransmits: Option<u32>,
    /// Set where the strategy batches, also for a batch of one.
    pub batch: Option<BatchUse>,
    /// Attempts, 0 if never sent.
    pub attempts: u32,
    /// HTTP status, if a response head came.
    pub status: Option<u16>,
    /// Why it failed; `None` is success.
    pub error: Option<ErrorKind>,
    /// Bytes of the exchange handed to the kernel (above TLS), over all attempts.
    pub bytes_sent: u64,
    /// Bytes of the exchange received (above TLS), over all attempts.
    pub bytes_received: u64,
    /// Bytes of the exchange's content once it was decoded; absent where it came as it is.
    pub bytes_decoded: Option<u64>,
    /// Digest of the answer, for successes.
    pub answer_digest: Option<AnswerDigest>,
    /// The endpoint that it goes to, where there are several. The engine leaves that to the recorder.
    pub endpoint: Option<Arc<str>>,
}

impl Sample {
    /// A planned request that was never sent.
    pub fn unsent(seq: u64, trace_id: TraceId, due: Option<Moment>) -> Self {
        Sample {
            seq,
            trace_id,
            due,
            stages: Stages::default(),
            server: ServerTimes::default(),
            connection: None,
            retransmits: None,
            batch: None,
            attempts: 0,
            status: None,
            error: Some(ErrorKind::Unsent),
            bytes_sent: 0,
            bytes_received: 0,
            bytes_decoded: None,
            answer_digest: None,
            endpoint: None,
        }
    }

    /// Whether the request got a usable answer.
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }

    /// The end of the request, if it was sent.
    pub fn end(&self) -> Option<Moment> {
        let sent = self.error != Some(ErrorKind::Unsent);
        self.due.filter(|_| sent).map(|due| due + self.stages.latency())
    }
}

/// A finished request with its answer, which the recorder digests off the engine's thread.
#[derive(Debug)]
pub struct Completed {
    /// The record; its `answer_digest` is not filled yet.
    pub sample: Sample,
    /// The answer of a success; of some failures what they said.
    pub answer: Option<AnswerBody>,
}
