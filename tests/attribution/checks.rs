//! What must be found, and how far it may be from the truth.
use std::collections::HashMap;

use spanload::analyze::{ClientHealth, PhaseAnalysis, PhaseCollector, attribute};
use spanload::model::Sample;

use super::server::{Injected, Log};
use super::truth::{AtServer, latency, share_of_excess};
use crate::simulated::inference::{Inference, Served};
use crate::simulated::load::Outcome;

/// How far a share may be off: time is exact, and what is left is rounding.
pub const TOLERANCE: f64 = 0.001;
/// What is neither injected nor a companion may not weigh more, be it more or less than in the middle.
const STRANGER: f64 = 0.10;

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

/// What must be found.
pub struct Expected<'a> {
    pub first: &'a str,
    /// Causes that the truth cannot tell apart, and their share of the tail's excess.
    pub shares: &'a [(&'a [&'a str], f64)],
    /// What may weigh something beside these.
    pub companions: &'a [&'a str],
}

#[track_caller]
pub fn check(found: &PhaseAnalysis, expected: &Expected<'_>) {
    let share = |name: &str| found.tail.excess_causes.get(name).and_then(|part| part.share).unwrap_or(0.0);
    let table = format!("{:#?}", found.tail.excess_causes);
    let first = found.causes.first().map(|cause| cause.cause.name());
    assert_eq!(first, Some(expected.first), "{table}");
    for (causes, truth) in expected.shares {
        let sum: f64 = causes.iter().map(|cause| share(cause)).sum();
        println!("{causes:?}: found {:.2} %, truth {:.2} %", sum * 100.0, truth * 100.0);
        assert!((sum - truth).abs() <= TOLERANCE, "{causes:?}: {sum:.4}, in truth {truth:.4}: {table}");
    }
    let known = |name: &str| {
        expected.companions.contains(&name)
            || expected.shares.iter().any(|(causes, _)| causes.contains(&name))
    };
    for (name, part) in &found.tail.excess_causes.0 {
        let share = part.share.unwrap_or(0.0);
        assert!(
            share.abs() <= STRANGER || known(name),
            "{name} has {share:.3}, where nobody put it: {table}"
        );
    }
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
