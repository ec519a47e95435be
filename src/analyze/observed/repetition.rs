//! What one pass over the rows of a repetition tells.

use std::collections::BTreeMap;

use super::observation::Observation;
use crate::model::{ErrorKind, Micros, Moment};
use crate::stats::Distribution;

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
    /// Of the rows of a repetition; the service latencies of its successes are added to those of the others.
    pub(super) fn of(rows: &[Observation], requests: u64, service_latencies: &mut Vec<u64>) -> Self {
        let (mut latencies, mut errors) = (Vec::with_capacity(rows.len()), BTreeMap::new());
        let (mut first, mut last, mut seq_end): (Option<Moment>, Option<Moment>, _) = (None, None, 0);
        for row in rows {
            first = row.due().into_iter().chain(first).min();
            last = last.max(row.end());
            seq_end = seq_end.max(row.seq() as usize + 1);
            match row.error() {
                None => {
                    latencies.push(row.latency().0);
                    service_latencies.push(row.service_latency().0);
                }
                Some(ErrorKind::Unsent) => {}
                Some(word) => *errors.entry(word).or_default() += 1,
            }
        }
        let span = first.zip(last).map(|(first, last)| last.since(first));
        RepetitionSums { latency: Distribution::new(latencies, requests), errors, span, seq_end }
    }
}
