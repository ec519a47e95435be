//! A sample, packed: analysis holds every row of a phase at once, and a long run has millions.

use crate::model::{AnswerDigest, BatchUse, ConnectionUse, ErrorKind, Sample, Stage, TimeKind, TraceId};
use crate::model::{Micros, Moment};

/// What analysis needs of one row, in about a third of a [`Sample`]'s memory.
///
/// A stage is held to 71 minutes; a longer one is cut to that, which no timeout allows.
#[derive(Clone, Debug)]
pub struct Observation {
    repetition: u32,
    seq: u32,
    due: Option<Moment>,
    stages: [Packed; Stage::ALL.len()],
    server_queue: Packed,
    server_compute: Packed,
    server_item: Packed,
    server_total: Packed,
    connection: Option<(u32, bool)>,
    syn_retransmits: Packed,
    retransmits: Packed,
    batch: Option<(u32, u16)>,
    attempts: u16,
    status: Option<u16>,
    error: Option<ErrorKind>,
    answer: Option<AnswerDigest>,
    /// In halves, which need no more than eight bytes' alignment.
    trace_id: [u64; 2],
}

/// A number that may be absent, in four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packed(u32);

impl Packed {
    const ABSENT: u32 = u32::MAX;

    fn new(value: Option<u64>) -> Self {
        let fits = |value| u32::try_from(value).map_or(Self::ABSENT - 1, |value| value.min(Self::ABSENT - 1));
        Packed(value.map_or(Self::ABSENT, fits))
    }

    fn get(self) -> Option<u32> {
        (self.0 != Self::ABSENT).then_some(self.0)
    }

    fn time(self) -> Option<Micros> {
        self.get().map(|micros| Micros(u64::from(micros)))
    }
}

/// More is cut to 65,535, which no scenario allows.
fn cut(count: u32) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

impl Observation {
    /// Packs a sample of a repetition, which counts from 1.
    pub fn new(repetition: u32, sample: &Sample) -> Self {
        let time = |length: Option<Micros>| Packed::new(length.map(|length| length.0));
        let count = |count: Option<u32>| Packed::new(count.map(u64::from));
        let connection = sample.connection;
        Observation {
            repetition,
            seq: sample.seq as u32,
            due: sample.due,
            stages: Stage::ALL.map(|stage| time(sample.stages.get(stage))),
            server_queue: time(sample.server.queue),
            server_compute: time(sample.server.compute),
            server_item: time(sample.server.item),
            server_total: time(sample.server.total),
            connection: connection.map(|connection| (connection.id as u32, connection.reused)),
            syn_retransmits: count(connection.and_then(|connection| connection.syn_retransmits)),
            retransmits: count(sample.retransmits),
            batch: sample.batch.map(|batch| (batch.id as u32, cut(batch.size))),
            attempts: cut(sample.attempts),
            status: sample.status,
            error: sample.error,
            answer: sample.answer_digest,
            trace_id: [(sample.trace_id.0 >> 64) as u64, sample.trace_id.0 as u64],
        }
    }

    /// Counted from 1.
    pub fn repetition(&self) -> u32 {
        self.repetition
    }

    /// Place in the plan.
    pub fn seq(&self) -> u64 {
        u64::from(self.seq)
    }

    /// When it was due, from the start of its repetition.
    pub fn due(&self) -> Option<Moment> {
        self.due
    }

    /// The length of a stage, if the request had it.
    pub fn stage(&self, stage: Stage) -> Option<Micros> {
        self.stages[stage as usize].time()
    }

    /// The sum of its stages.
    pub fn latency(&self) -> Micros {
        Stage::ALL.into_iter().filter_map(|stage| self.stage(stage)).sum()
    }

    /// From due to the first response byte, if a response began and its first byte was seen.
    pub fn ttfb(&self) -> Option<Micros> {
        self.stage(Stage::Receive).map(|receive| Micros(self.latency().0 - receive.0))
    }

    /// Latency without the queue stage.
    pub fn service_latency(&self) -> Micros {
        Micros(self.latency().0 - self.stage(Stage::Queue).unwrap_or_default().0)
    }

    /// When it ended, if it was sent.
    pub fn end(&self) -> Option<Moment> {
        let sent = self.error != Some(ErrorKind::Unsent);
        self.due.filter(|_| sent).map(|due| due + self.latency())
    }

    /// Waiting for a replica, as the server says.
    pub fn server_queue(&self) -> Option<Micros> {
        self.server_queue.time()
    }

    /// Computing, as the server says.
    pub fn server_compute(&self) -> Option<Micros> {
        self.server_compute.time()
    }

    /// What its own item cost, as the server says.
    pub fn server_item(&self) -> Option<Micros> {
        self.server_item.time()
    }

    /// All that the server took, as what stands before it says.
    pub fn server_total(&self) -> Option<Micros> {
        self.server_total.time()
    }

    /// One of the times of its exchange that the server says.
    pub fn server_time(&self, kind: TimeKind) -> Option<Micros> {
        match kind {
            TimeKind::Queue => self.server_queue(),
            TimeKind::Compute => self.server_compute(),
            TimeKind::Total => self.server_total(),
        }
    }

    /// Takes the server for one that says nothing of itself.
    pub fn forget_server_times(&mut self) {
        let times =
            [&mut self.server_queue, &mut self.server_compute, &mut self.server_item, &mut self.server_total];
        times.into_iter().for_each(|time| *time = Packed::new(None));
    }

    /// The connection of the last attempt.
    pub fn connection(&self) -> Option<ConnectionUse> {
        let syn_retransmits = self.syn_retransmits.get();
        self.connection.map(|(id, reused)| ConnectionUse {
            id: u64::from(id),
            reused,
            syn_retransmits,
            ..ConnectionUse::default()
        })
    }

    /// Data retransmissions of its exchange.
    pub fn retransmits(&self) -> Option<u32> {
        self.retransmits.get()
    }

    /// The batch that carried it.
    pub fn batch(&self) -> Option<BatchUse> {
        self.batch.map(|(id, size)| BatchUse { id: u64::from(id), size: u32::from(size) })
    }

    /// Requests in its exchange, itself among them.
    pub fn exchange_size(&self) -> u32 {
        self.batch().map_or(1, |batch| batch.size)
    }

    /// Attempts, 0 if never sent.
    pub fn attempts(&self) -> u32 {
        u32::from(self.attempts)
    }

    /// HTTP status.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Why it failed.
    pub fn error(&self) -> Option<ErrorKind> {
        self.error
    }

    /// Whether it got a usable answer.
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }

    /// Digest of its answer.
    pub fn answer(&self) -> Option<AnswerDigest> {
        self.answer
    }

    /// The trace that went out with it.
    pub fn trace_id(&self) -> TraceId {
        TraceId((u128::from(self.trace_id[0]) << 64) | u128::from(self.trace_id[1]))
    }
}
