//! What one pass over the rows of a repetition tells.

use std::collections::BTreeMap;

use super::observation::Observation;
use crate::model::{ErrorKind, Micros, Moment};
use crate::stats::Distribution;

/// Times of the successes of all repetitions, in microseconds.
#[derive(Default)]
pub(super) struct PooledTimes {
    /// From due to the first byte, where that was seen.
    pub(super) ttfb: Vec<u64>,
    /// Without the queue.
    pub(super) service_latency: Vec<u64>,
}

/// What one pass over the rows of a repetition tells.
#[derive(Debug)]
pub(super) struct RepetitionSums {
    pub(super) latency: Distribution,
    /// Failures by word; unsent requests are no failures.
    pub(super) errors: BTreeMap<ErrorKind, u64>,
    /// Last end − first due.
    pub(super) span: Option<Micros>,
    /// The greatest place in the plan, and one more.
    pub(super) seq_end: usize,
}

impl RepetitionSums {
    /// Of the rows of a repetition; other times of its successes are added to those of the others.
    pub(super) fn of(rows: &[Observation], requests: u64, pooled: &mut PooledTimes) -> Self {
        let (mut latencies, mut errors) = (Vec::with_capacity(rows.len()), BTreeMap::new());
        let (mut first, mut last, mut seq_end): (Option<Moment>, Option<Moment>, _) = (None, None, 0);
        for row in rows {
            first = row.due().into_iter().chain(first).min();
            last = last.max(row.end());
            seq_end = seq_end.max(row.seq() as usize + 1);
            match row.error() {
                None => {
                    latencies.push(row.latency().0);
                    pooled.service_latency.push(row.service_latency().0);
                    pooled.ttfb.extend(row.ttfb().map(|ttfb| ttfb.0));
                }
                Some(ErrorKind::Unsent) => {}
                Some(word) => *errors.entry(word).or_default() += 1,
            }
        }
        let span = first.zip(last).map(|(first, last)| last.since(first));
        RepetitionSums { latency: Distribution::new(latencies, requests), errors, span, seq_end }
    }
}
