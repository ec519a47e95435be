//! The latencies of a phase by endpoint, where there are several.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analyze::document::EndpointFigures;
use crate::model::{Micros, Sample};
use crate::stats::Distribution;

/// What is known of each endpoint by its name.
#[derive(Clone, Debug, Default)]
pub struct EndpointTimes(BTreeMap<Arc<str>, EndpointRows>);

#[derive(Clone, Debug, Default)]
struct EndpointRows {
    planned: u64,
    /// Latencies of the successes in microseconds.
    successes: Vec<u64>,
}

impl EndpointTimes {
    /// Notes one request.
    pub(super) fn take(&mut self, sample: &Sample) {
        let Some(name) = &sample.endpoint else { return };
        let sent = self.0.entry(Arc::clone(name)).or_default();
        sent.planned += 1;
        if sample.succeeded() {
            sent.successes.push(sample.stages.latency().0);
        }
    }

    /// Whether there is more than one.
    pub fn are_several(&self) -> bool {
        self.0.len() > 1
    }

    /// The figures of each, in the order of their names.
    pub fn figures(&self) -> Vec<EndpointFigures> {
        let figures = |(name, sent): (&Arc<str>, &EndpointRows)| {
            let latency = Distribution::new(sent.successes.clone(), sent.planned);
            let percentile = |permille| latency.percentile(permille).map(Micros::as_millis);
            EndpointFigures {
                path: name.to_string(),
                planned: sent.planned,
                succeeded: latency.succeeded(),
                p50_ms: percentile(500),
                p95_ms: percentile(950),
                p99_ms: percentile(990),
            }
        };
        self.0.iter().map(figures).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::sample;
    use super::*;
    use crate::model::ErrorKind;

    #[test]
    fn each_endpoint_has_its_own_percentiles_over_all_that_went_there() {
        let mut endpoints = EndpointTimes::default();
        let to = |name: &str, seq| Sample { endpoint: Some(name.into()), ..sample(seq, 1_000 * (seq + 1)) };
        (0..100).for_each(|seq| endpoints.take(&to("/b", seq)));
        for seq in 0..10 {
            let error = (seq == 0).then_some(ErrorKind::Reset);
            endpoints.take(&Sample { error, ..to("/a", seq) });
        }
        endpoints.take(&sample(7, 5));
        let [a, b] = &endpoints.figures()[..] else { panic!("{endpoints:?}") };
        assert_eq!((a.path.as_str(), a.planned, a.succeeded), ("/a", 10, 9));
        assert_eq!((a.p50_ms, a.p95_ms, a.p99_ms), (Some(6.0), None, None), "one of ten has no answer");
        assert_eq!((b.planned, b.p50_ms, b.p95_ms, b.p99_ms), (100, Some(50.0), Some(95.0), Some(99.0)));
    }
}
