//! A row of the log against what the mock's truth log says really happened to its request.
use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use spanload::model::{Micros, Sample, Stage};

/// Two processes read the same clock, each rounding to its own microsecond; nothing else may differ.
const BELOW_MS: f64 = -0.05;

/// What the mock logged of a request; instants in microseconds since its start.
#[derive(Debug, Deserialize)]
pub struct Truth {
    pub trace_id: String,
    pub status: u16,
    pub received_us: u64,
    pub dequeued_us: u64,
    pub done_us: u64,
}

impl Truth {
    /// By trace id.
    pub fn read(log: &Path) -> HashMap<String, Truth> {
        let rows = csv::Reader::from_path(log).expect("a log").into_deserialize();
        rows.map(|row| row.expect("a row")).map(|row: Truth| (row.trace_id.clone(), row)).collect()
    }

    /// From the request's arrival to the answer handed over.
    pub fn inside(&self) -> Micros {
        Micros(self.done_us - self.received_us)
    }

    /// By how many milliseconds a row's `wait` is longer than its request's stay in the server. Whatever the machine does, it
    /// is not shorter, and what the server says of itself is what it logged.
    pub fn excess_ms(&self, sample: &Sample) -> f64 {
        assert_eq!((sample.error, self.status), (None, 200));
        assert!(sample.stages.latency() >= self.inside(), "{sample:?} {self:?}");
        assert_eq!(sample.server.compute, Some(Micros(self.done_us - self.dequeued_us)), "{self:?}");
        // The server's queue starts when the body is read, which `received` comes before.
        let until_dequeued = Micros(self.dequeued_us - self.received_us);
        assert!(sample.server.queue.is_some_and(|queue| queue <= until_dequeued), "{sample:?} {self:?}");
        let wait = sample.stages.get(Stage::Wait).expect("never absent");
        let excess = wait.as_millis() - self.inside().as_millis();
        assert!(
            excess >= BELOW_MS,
            "shorter by {excess} ms than its stay in the server: {sample:?} {self:?}"
        );
        excess
    }
}
