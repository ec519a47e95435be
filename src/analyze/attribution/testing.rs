//! Rows for the tests of this room.

use crate::analyze::observed::{Observation, PhaseCollector, PhaseData};
use crate::model::{BatchUse, ConnectionUse, ErrorKind, Sample, Stage, Stages, TraceId};
use crate::model::{Micros, Moment};

/// A row in the making: a success on a new connection. Times are in milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    sample: Sample,
    lengths: [Option<Micros>; Stage::ALL.len()],
}

impl Row {
    pub(crate) fn new() -> Self {
        let connection =
            ConnectionUse { id: 1, reused: false, syn_retransmits: Some(0), ..ConnectionUse::default() };
        let sample = Sample {
            error: None,
            attempts: 1,
            status: Some(200),
            connection: Some(connection),
            retransmits: Some(0),
            ..Sample::unsent(0, TraceId(1), Some(Moment::START))
        };
        Row { sample, lengths: Default::default() }
    }

    pub(crate) fn seq(mut self, seq: u64) -> Self {
        self.sample.seq = seq;
        self
    }

    pub(crate) fn due(mut self, due: u64) -> Self {
        self.sample.due = Some(Moment::from_micros(due * 1_000));
        self
    }

    pub(crate) fn stage(self, stage: Stage, length: u64) -> Self {
        self.micros(stage, length * 1_000)
    }

    pub(crate) fn micros(mut self, stage: Stage, length: u64) -> Self {
        self.lengths[stage as usize] = Some(Micros(length));
        self
    }

    pub(crate) fn server(mut self, queue: u64, compute: u64) -> Self {
        self.sample.server.queue = Some(Micros(queue * 1_000));
        self.sample.server.compute = Some(Micros(compute * 1_000));
        self
    }

    pub(crate) fn server_total(mut self, total: u64) -> Self {
        self.sample.server.total = Some(Micros(total * 1_000));
        self
    }

    pub(crate) fn reused(mut self) -> Self {
        self.sample.connection = self.sample.connection.map(|used| ConnectionUse { reused: true, ..used });
        self
    }

    pub(crate) fn syn(mut self, retransmits: u32) -> Self {
        let syn_retransmits = Some(retransmits);
        self.sample.connection = self.sample.connection.map(|used| ConnectionUse { syn_retransmits, ..used });
        self
    }

    pub(crate) fn retransmits(mut self, times: u32) -> Self {
        self.sample.retransmits = Some(times);
        self
    }

    pub(crate) fn no_kernel_evidence(mut self) -> Self {
        self.sample.connection =
            self.sample.connection.map(|used| ConnectionUse { syn_retransmits: None, ..used });
        self.sample.retransmits = None;
        self
    }

    pub(crate) fn batch(mut self, id: u64, size: u32) -> Self {
        self.sample.batch = Some(BatchUse { id, size });
        self
    }

    pub(crate) fn failed(mut self, status: Option<u16>, error: ErrorKind) -> Self {
        (self.sample.status, self.sample.error) = (status, Some(error));
        self
    }

    pub(crate) fn sample(&self) -> Sample {
        Sample { stages: Stages::from_lengths(self.lengths), ..self.sample.clone() }
    }

    pub(crate) fn row(&self) -> Observation {
        Observation::new(1, &self.sample())
    }

    pub(crate) fn unsent(&self) -> Observation {
        Observation::new(1, &Sample::unsent(0, TraceId(1), None))
    }
}

/// A phase of one repetition with these rows, numbered anew.
pub(crate) fn phase(rows: &[Row]) -> PhaseData {
    let mut collector = PhaseCollector::new(rows.len() as u64, 1);
    for (seq, row) in rows.iter().enumerate() {
        collector.take(1, &row.clone().seq(seq as u64).sample()).expect("a row of this phase");
    }
    collector.finish()
}

/// A handshake of 2 ms that tells the round trip.
pub(crate) fn told(wait: u64) -> Row {
    Row::new().stage(Stage::Connect, 2).stage(Stage::Wait, wait).server(10, 100)
}
