//! What must be found, and how far it may be from the truth.
use std::collections::HashMap;
use std::path::PathBuf;

use spanload::analyze::{ClientHealth, PhaseAnalysis, PhaseData, attribute};
use spanload::model::Sample;
use spanload::plan::Plan;

use super::server::{Injected, Log};
use super::truth;
use super::truth::{AtServer, latency, share_of_excess};
use crate::common;
use crate::common::load::Load;
pub use crate::common::undisturbed::alone;
use crate::common::{Mock, wait_until};

/// How far a share may be off: three points.
pub const TOLERANCE: f64 = 0.03;
/// What is neither injected nor a companion may not weigh more, be it more or less than in the middle.
const STRANGER: f64 = 0.10;

pub fn analysed_with(samples: &[Sample], health: &ClientHealth) -> PhaseAnalysis {
    let mut collector = PhaseData::collect(samples.len() as u64, 1);
    for sample in samples {
        collector.take(1, sample).expect("a sample of this phase");
    }
    attribute(&collector.finish(), health)
}

pub fn analysed(samples: &[Sample]) -> PhaseAnalysis {
    analysed_with(samples, &ClientHealth::default())
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
        println!("{causes:?}: found {:.1} %, truth {:.1} %", sum * 100.0, truth * 100.0);
        assert!((sum - truth).abs() <= TOLERANCE, "{causes:?}: {sum:.3}, in truth {truth:.3}: {table}");
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

/// A mock with a truth log, a run against it, and what it says happened, by sequence number.
pub fn run_mock(name: &str, flags: &[&str], mut load: Load) -> (Vec<Sample>, HashMap<u64, AtServer>) {
    load.plan = Plan::of_prompts(load.plan.requests(), 7);
    let log: PathBuf = common::run::fresh_folder(&format!("attribution_{name}")).join("truth.csv");
    let flag = format!("--truth-log={}", log.display());
    let mut mock = Mock::start(&[flags, &[flag.as_str()]].concat());
    let samples = load.run(&mock.hello.infer);
    mock.signal(libc::SIGTERM);
    wait_until("the mock ends", || mock.process.try_wait().expect("a child"));
    let by_trace = truth::of_log(&log);
    let at_server = |sample: &Sample| Some((sample.seq, *by_trace.get(&sample.trace_id.to_string())?));
    let found = samples.iter().filter_map(at_server).collect();
    (samples, found)
}

/// The truth's share of something that happened at the server.
pub fn at_server(samples: &[Sample], truth: &HashMap<u64, AtServer>, part: fn(&AtServer) -> f64) -> f64 {
    share_of_excess(samples, |sample| part(&truth[&sample.seq]))
}

/// The truth's share of what happened before the request reached the server.
pub fn before_server(samples: &[Sample], truth: &HashMap<u64, AtServer>) -> f64 {
    share_of_excess(samples, |sample| latency(sample) - truth[&sample.seq].handled)
}

/// What the server logged of so many requests; it writes a line after the answer has left.
pub fn of_log(log: &Log, requests: usize) -> HashMap<u64, AtServer> {
    wait_until("the server has logged every request", || {
        let log = log.lock().expect("nothing panics with it");
        (log.len() >= requests).then(|| log.clone())
    })
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
