//! One request, as it is drawn.

use crate::analyze::Observation;
use crate::model::{ErrorKind, Micros, Stage, TraceId};

/// One request, as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dot {
    /// Counted from 1.
    pub repetition: u32,
    /// Place in the plan.
    pub seq: u64,
    /// Its trace.
    pub trace: TraceId,
    /// From the start of its repetition.
    pub due: Micros,
    /// By stage; absent ones are `None`.
    pub stages: [Option<Micros>; Stage::ALL.len()],
    /// Their sum.
    pub latency: Micros,
    /// HTTP status.
    pub status: Option<u16>,
    /// Why it failed.
    pub error: Option<ErrorKind>,
    /// SYN retransmissions of its connection, and data retransmissions.
    pub retransmits: [Option<u32>; 2],
    /// Requests in its exchange.
    pub batch: Option<u32>,
    /// Waiting for a replica and computing, as the server says.
    pub server: [Option<Micros>; 2],
}

impl Dot {
    /// Of a row.
    pub fn of(row: &Observation) -> Dot {
        Dot {
            repetition: row.repetition(),
            seq: row.seq(),
            trace: row.trace_id(),
            due: Micros(row.due().map_or(0, |due| due.as_micros())),
            stages: Stage::ALL.map(|stage| row.stage(stage)),
            latency: row.latency(),
            status: row.status(),
            error: row.error(),
            retransmits: [row.connection().and_then(|used| used.syn_retransmits), row.retransmits()],
            batch: row.batch().map(|batch| batch.size),
            server: [row.server_queue(), row.server_compute()],
        }
    }

    /// The stage that took most of its time.
    pub fn dominant(&self) -> Stage {
        let length = |stage: &Stage| self.stages[*stage as usize].unwrap_or_default();
        // The first of equals, so that a request without any time is one of the queue.
        Stage::ALL.into_iter().rev().max_by_key(length).unwrap_or(Stage::Queue)
    }
}
