//! The one noun: the record of a planned request, whatever became of it.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use crate::clock::{Micros, Moment};
use crate::digest::Digest;

/// One arm of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The load as it is sent today.
    Before,
    /// The same load, sent with the optimisation.
    After,
}

impl Phase {
    /// Both, in the order in which they are reported.
    pub const BOTH: [Phase; 2] = [Phase::Before, Phase::After];

    /// The name in files, metrics and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Before => "before",
            Phase::After => "after",
        }
    }
}

/// A disjoint part of a request's time. The order of the variants is the order in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Due → the request may use a connection, or starts to open one.
    Queue,
    /// Start of the first attempt → start of the last.
    Retry,
    /// Name lookup.
    Dns,
    /// TCP connect start → established; SYN retransmissions are in here.
    Connect,
    /// TLS handshake.
    Tls,
    /// Connection ready → last request byte handed to the kernel (the start of the call that took it),
    /// or first response byte if earlier.
    Send,
    /// Last request byte handed over → first response byte.
    Wait,
    /// First → last response byte.
    Receive,
}

impl Stage {
    /// All stages in the order in time.
    pub const ALL: [Stage; 8] = [
        Stage::Queue,
        Stage::Retry,
        Stage::Dns,
        Stage::Connect,
        Stage::Tls,
        Stage::Send,
        Stage::Wait,
        Stage::Receive,
    ];

    /// The name in files, metrics and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Queue => "queue",
            Stage::Retry => "retry",
            Stage::Dns => "dns",
            Stage::Connect => "connect",
            Stage::Tls => "tls",
            Stage::Send => "send",
            Stage::Wait => "wait",
            Stage::Receive => "receive",
        }
    }
}

/// The lengths of the stages a request reached. Absent stages are `None`, never zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    lengths: [Option<Micros>; Stage::ALL.len()],
}

impl Stages {
    /// Puts stages together from their lengths, as read from a log; in the order of [`Stage::ALL`].
    pub fn from_lengths(lengths: [Option<Micros>; Stage::ALL.len()]) -> Self {
        Stages { lengths }
    }

    /// The length of one stage, if the request had it.
    pub fn get(&self, stage: Stage) -> Option<Micros> {
        self.lengths[stage as usize]
    }

    /// Last response byte − due: the sum of all stages, exactly.
    pub fn latency(&self) -> Micros {
        self.lengths.iter().flatten().copied().sum()
    }

    /// First response byte − due, if a response began.
    pub fn ttfb(&self) -> Option<Micros> {
        self.get(Stage::Receive).map(|receive| Micros(self.latency().0 - receive.0))
    }

    /// Latency without the queue stage: what a tool that ignores waiting would report.
    pub fn service_latency(&self) -> Micros {
        let queue = self.get(Stage::Queue).unwrap_or_default();
        Micros(self.latency().0 - queue.0)
    }
}

/// Builds [`Stages`] from the instants at which they ended, in order.
///
/// Each stage starts where the one before it ended, so the lengths add up by construction and
/// none can be negative.
#[derive(Clone, Debug)]
pub struct Timeline {
    reached: Moment,
    last: Option<Stage>,
    stages: Stages,
}

impl Timeline {
    /// Starts at the instant the request was due.
    pub fn from_due(due: Moment) -> Self {
        Timeline { reached: due, last: None, stages: Stages::default() }
    }

    /// Ends `stage` at `end`. Stages must be ended in their order; a stage that is skipped is absent.
    pub fn end(&mut self, stage: Stage, end: Moment) {
        debug_assert!(self.last < Some(stage), "{stage:?} after {:?}", self.last);
        self.last = Some(stage);
        self.stages.lengths[stage as usize] = Some(end.since(self.reached));
        self.reached = self.reached.max(end);
    }

    /// The stages so far.
    pub fn finish(self) -> Stages {
        self.stages
    }
}

/// Why a request has no usable answer: the fixed words of the `error` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorWord {
    /// The name could not be resolved.
    Dns,
    /// Nobody listens at the address.
    ConnectRefused,
    /// The connection could not be established for another reason.
    ConnectFailed,
    /// A limit of this machine was hit: file descriptors or local ports.
    LocalLimit,
    /// The TLS handshake failed.
    Tls,
    /// The peer reset the connection.
    Reset,
    /// The peer closed the connection before the answer was complete.
    Closed,
    /// The deadline, counted from due, passed.
    Timeout,
    /// The peer does not speak HTTP/1.1, or a batch answer does not fit its batch.
    Protocol,
    /// A redirect, which is not followed.
    Http3xx,
    /// The server refused the request.
    Http4xx,
    /// The server failed or shed load.
    Http5xx,
    /// The run was interrupted while the request was under way.
    Interrupted,
    /// The run ended before the request was sent.
    Unsent,
}

impl ErrorWord {
    const ALL: [ErrorWord; 14] = [
        ErrorWord::Dns,
        ErrorWord::ConnectRefused,
        ErrorWord::ConnectFailed,
        ErrorWord::LocalLimit,
        ErrorWord::Tls,
        ErrorWord::Reset,
        ErrorWord::Closed,
        ErrorWord::Timeout,
        ErrorWord::Protocol,
        ErrorWord::Http3xx,
        ErrorWord::Http4xx,
        ErrorWord::Http5xx,
        ErrorWord::Interrupted,
        ErrorWord::Unsent,
    ];

    /// The word in files and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorWord::Dns => "dns",
            ErrorWord::ConnectRefused => "connect_refused",
            ErrorWord::ConnectFailed => "connect_failed",
            ErrorWord::LocalLimit => "local_limit",
            ErrorWord::Tls => "tls",
            ErrorWord::Reset => "reset",
            ErrorWord::Closed => "closed",
            ErrorWord::Timeout => "timeout",
            ErrorWord::Protocol => "protocol",
            ErrorWord::Http3xx => "http_3xx",
            ErrorWord::Http4xx => "http_4xx",
            ErrorWord::Http5xx => "http_5xx",
            ErrorWord::Interrupted => "interrupted",
            ErrorWord::Unsent => "unsent",
        }
    }

    /// The word for an HTTP status that is no success; `None` for 2xx.
    pub fn from_status(status: u16) -> Option<Self> {
        match status {
            200..=299 => None,
            300..=399 => Some(ErrorWord::Http3xx),
            400..=499 => Some(ErrorWord::Http4xx),
            500..=599 => Some(ErrorWord::Http5xx),
            _ => Some(ErrorWord::Protocol),
        }
    }
}

impl FromStr for ErrorWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = ErrorWord::ALL.into_iter().find(|word| word.name() == text);
        known.ok_or_else(|| format!("unknown error word `{text}`"))
    }
}

/// A W3C trace id: what went out in `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(pub u128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for TraceId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let id = u128::from_str_radix(text, 16).ok().filter(|_| text.len() == 32);
        id.map(TraceId).ok_or_else(|| format!("`{text}` is no trace id of 32 hexadecimal digits"))
    }
}

/// What the server says of its own time for an exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerTimes {
    /// Waiting for a replica.
    pub queue: Option<Micros>,
    /// Computing.
    pub compute: Option<Micros>,
}

/// The connection that carried the last attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionUse {
    /// Unique within the repetition.
    pub id: u64,
    /// Whether an earlier exchange had used it.
    pub reused: bool,
    /// SYN retransmissions while it was opened; absent where the platform has no `TCP_INFO`.
    pub syn_retransmits: Option<u32>,
}

/// The batch that carried a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    pub error: Option<ErrorWord>,
    /// Bytes of the exchange handed to the kernel (above TLS), over all attempts.
    pub bytes_sent: u64,
    /// Bytes of the exchange received (above TLS), over all attempts.
    pub bytes_received: u64,
    /// Digest of the answer as canonical JSON, for successes.
    pub answer_digest: Option<Digest>,
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
            error: Some(ErrorWord::Unsent),
            bytes_sent: 0,
            bytes_received: 0,
            answer_digest: None,
        }
    }

    /// Whether the request got a usable answer.
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }

    /// The end of the request, if it was sent.
    pub fn end(&self) -> Option<Moment> {
        let sent = self.error != Some(ErrorWord::Unsent);
        self.due.filter(|_| sent).map(|due| due + self.stages.latency())
    }
}

/// A finished request with its answer, which the recorder digests off the engine's thread.
#[derive(Debug)]
pub struct Completed {
    /// The record; its `answer_digest` is not filled yet.
    pub sample: Sample,
    /// The answer of a success.
    pub answer: Option<Bytes>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn stages_sum_to_the_span_from_due_to_the_last_end(
            due in 0_u64..1_000_000_000,
            steps in prop::collection::vec(prop::option::of(0_u64..10_000_000), 8),
        ) {
            let mut timeline = Timeline::from_due(Moment::from_micros(due));
            let mut end = due;
            for (stage, step) in Stage::ALL.into_iter().zip(&steps) {
                if let Some(step) = step {
                    end += step;
                    timeline.end(stage, Moment::from_micros(end));
                }
            }
            let stages = timeline.finish();
            prop_assert_eq!(stages.latency(), Micros(end - due));
            for (stage, step) in Stage::ALL.into_iter().zip(steps) {
                prop_assert_eq!(stages.get(stage), step.map(Micros));
            }
        }

        #[test]
        fn a_mark_from_the_past_cannot_make_a_stage_negative(ends in prop::collection::vec(0_u64..1_000, 8)) {
            let mut timeline = Timeline::from_due(Moment::from_micros(500));
            for (stage, end) in Stage::ALL.into_iter().zip(&ends) {
                timeline.end(stage, Moment::from_micros(*end));
            }
            let last = ends.iter().copied().max().unwrap_or(0).max(500);
            prop_assert_eq!(timeline.finish().latency(), Micros(last - 500));
        }
    }

    #[test]
    fn words_survive_a_round_trip() {
        for word in ErrorWord::ALL {
            assert_eq!(word.name().parse(), Ok(word));
        }
        let id = TraceId(0x0123_4567_89ab_cdef_0011_2233_4455_6677);
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}
