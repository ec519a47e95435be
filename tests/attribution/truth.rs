//! The truth about a run, by code that shares nothing with the analysis: what the server logged or the test injected.
use std::collections::HashMap;
use std::path::Path;

use spanload::model::Sample;

use crate::common::run::Table;

/// What really happened to one request at the server, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtServer {
    pub queue: f64,
    pub compute: f64,
    /// From the request's arrival to the answer handed over, silence included.
    pub handled: f64,
    pub status: u64,
}

/// By trace id, from the mock's truth log.
pub fn of_log(path: &Path) -> HashMap<String, AtServer> {
    let table = Table::read(&std::fs::read_to_string(path).expect("a truth log"));
    let at = ["trace_id", "received_us", "dequeued_us", "done_us", "status"].map(|name| table.at(name));
    let row = |row: &Vec<String>| {
        let micros = |place: usize| row[at[place]].parse::<f64>().unwrap_or(f64::NAN);
        let (received, dequeued, done) = (micros(1) / 1e3, micros(2) / 1e3, micros(3) / 1e3);
        let (queue, compute) = (dequeued - received, done - dequeued);
        (row[at[0]].clone(), AtServer { queue, compute, handled: done - received, status: micros(4) as u64 })
    };
    table.rows.iter().map(row).collect()
}

pub fn latency(sample: &Sample) -> f64 {
    sample.stages.latency().0 as f64 / 1e3
}

/// The share of `part` in what the slowest 5 % of the successes have more than the middle tenth.
pub fn share_of_excess(samples: &[Sample], part: impl Fn(&Sample) -> f64) -> f64 {
    let mut sorted: Vec<&Sample> = samples.iter().filter(|sample| sample.error.is_none()).collect();
    sorted.sort_by(|one, other| latency(one).total_cmp(&latency(other)));
    let rank = |share: f64| latency(sorted[(share * sorted.len() as f64).ceil() as usize - 1]);
    let (low, high, threshold) = (rank(0.45), rank(0.55), rank(0.95));
    let mean = |from: f64, to: f64, figure: &dyn Fn(&Sample) -> f64| {
        let group: Vec<f64> =
            sorted.iter().filter(|one| (from..=to).contains(&latency(one))).map(|one| figure(one)).collect();
        group.iter().sum::<f64>() / group.len() as f64
    };
    let excess =
        |figure: &dyn Fn(&Sample) -> f64| mean(threshold, f64::MAX, figure) - mean(low, high, figure);
    excess(&part) / excess(&latency)
}
