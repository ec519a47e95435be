//! What the tests of causes share: a phase analysed, the truth about it, and how far a share may be from that.
use std::collections::HashMap;

use spanload::analyze::{ClientHealth, PhaseAnalysis, PhaseCollector, attribute};
use spanload::model::Sample;

use super::expected;
pub use super::expected::Expected;
use super::server::{AtServer, Injected, Log};
use super::shares::{latency, share_of_excess};
use crate::simulated::inference::{Inference, Served};
use crate::simulated::load::Outcome;

/// How far a share may be off: time is exact, and what is left is rounding.
const TOLERANCE: f64 = 0.001;

pub fn analysed_with(samples: &[Sample], health: &ClientHealth) -> PhaseAnalysis {
    let mut collector = PhaseCollector::new(samples.len() as u64, 1);
    for sample in samples {
        collector.take(1, sample).expect("a sample of this phase");
    }
    attribute(&collector.finish(), health)
}

pub fn analysed(samples: &[Sample]) -> PhaseAnalysis {
    analysed_with(samples, &ClientHealth::default())
}

pub fn samples(outcome: Outcome) -> Vec<Sample> {
    outcome.completed.into_iter().map(|completed| completed.sample).collect()
}

#[track_caller]
pub fn check(found: &PhaseAnalysis, expected: &Expected<'_>) {
    expected::check(found, expected, TOLERANCE);
}

/// What a server says happened, by sequence number.
pub fn log_of(server: &Inference) -> HashMap<u64, AtServer> {
    let ms = |micros: u64| micros as f64 / 1e3;
    let at_server = |served: Served| AtServer {
        queue: ms(served.queue),
        compute: ms(served.compute),
        handled: ms(served.handled),
        status: served.status,
    };
    server.log().into_iter().map(|(seq, served)| (seq, at_server(served))).collect()
}

/// The truth's share of something that happened at the server.
pub fn at_server(samples: &[Sample], truth: &HashMap<u64, AtServer>, part: fn(&AtServer) -> f64) -> f64 {
    share_of_excess(samples, |sample| part(&truth[&sample.seq]))
}

/// The truth's share of what happened before the request reached the server.
pub fn before_server(samples: &[Sample], truth: &HashMap<u64, AtServer>) -> f64 {
    share_of_excess(samples, |sample| latency(sample) - truth[&sample.seq].handled)
}

/// The same of a server that a test has told what to do.
pub fn outside(samples: &[Sample], log: &Log) -> f64 {
    before_server(samples, &log.borrow())
}

/// One request in ten, so that the slowest 5 % all have it and the middle has not.
pub fn chosen(seq: u64) -> bool {
    seq % 10 == 3
}

pub fn injected_share(samples: &[Sample], millis: f64) -> f64 {
    share_of_excess(samples, |sample| if chosen(sample.seq) { millis } else { 0.0 })
}

pub fn always_20(_: u64) -> Injected {
    Injected { compute: 20, ..Injected::default() }
}
