//! One imported request, packed: all are held at once, to be put in the order in which they started.

use crate::model::{ErrorKind, Micros, Stage, Stages};

/// Stands for a length that is not there; no stage is that long.
const ABSENT: u32 = u32::MAX;

/// One imported request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignRow {
    lengths: [u32; Stage::ALL.len()],
    /// In microseconds; the least there is stands for none.
    start: i64,
    /// The tool's own number, or else its place in the log.
    pub(super) number: u64,
    received: u64,
    sent: u64,
    status: u16,
    error: Option<ErrorKind>,
}

/// What is known of the request beside its times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForeignOutcome {
    /// HTTP status, if an answer came.
    pub status: Option<u16>,
    /// Why it failed.
    pub error: Option<ErrorKind>,
    /// Bytes of the request, where the tool says it.
    pub sent: Option<u64>,
    /// Bytes of the answer, where the tool says it.
    pub received: Option<u64>,
}

impl ForeignRow {
    pub(super) fn new(
        number: u64,
        start: Option<i64>,
        stages: [Option<Micros>; 8],
        outcome: ForeignOutcome,
    ) -> Self {
        let packed =
            |length: Option<Micros>| length.map_or(ABSENT, |length| (length.0 as u32).min(ABSENT - 1));
        ForeignRow {
            lengths: stages.map(packed),
            start: start.unwrap_or(i64::MIN),
            number,
            received: outcome.received.unwrap_or(u64::MAX),
            sent: outcome.sent.unwrap_or(u64::MAX),
            status: outcome.status.unwrap_or(0),
            error: outcome.error,
        }
    }

    /// The tool's own number, or else its place in the log.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// When it started, or was due, in microseconds.
    pub fn start(&self) -> Option<i64> {
        (self.start != i64::MIN).then_some(self.start)
    }

    /// Its stages.
    pub fn stages(&self) -> Stages {
        let length = |packed: u32| (packed != ABSENT).then_some(Micros(u64::from(packed)));
        Stages::from_lengths(self.lengths.map(length))
    }

    /// What is known of it beside its times.
    pub fn outcome(&self) -> ForeignOutcome {
        let known = |bytes: u64| (bytes != u64::MAX).then_some(bytes);
        ForeignOutcome {
            status: (self.status != 0).then_some(self.status),
            error: self.error,
            sent: known(self.sent),
            received: known(self.received),
        }
    }

    /// Whether it failed.
    pub fn failed(&self) -> bool {
        self.error.is_some()
    }
}
