//! The mock's own metrics, in the Prometheus text format.
use metrics::{Gauge, Histogram, Label, counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use super::queue::Replicas;
use crate::telemetry::names::{Kind, Metric, metric};

const REQUESTS: Metric = metric(
    "spanload_mock_requests_total",
    Kind::Counter,
    &["endpoint", "status"],
    "Exchanges by endpoint and HTTP status; 0 is a reset on purpose, 499 a caller gone",
);
const QUEUE_DEPTH: Metric =
    metric("spanload_mock_queue_depth", Kind::Gauge, &[], "Exchanges that wait for a replica");
const REPLICAS_BUSY: Metric =
    metric("spanload_mock_replicas_busy", Kind::Gauge, &[], "Replicas that compute");
const QUEUE: Metric = metric(
    "spanload_mock_queue_seconds",
    Kind::Histogram,
    &[],
    "Time of an answered exchange from the whole request read to a replica taken",
);
const COMPUTE: Metric = metric(
    "spanload_mock_compute_seconds",
    Kind::Histogram,
    &[],
    "Time of an answered exchange from a replica taken to the answer handed over",
);
/// The table.
const ALL: [Metric; 5] = [REQUESTS, QUEUE_DEPTH, REPLICAS_BUSY, QUEUE, COMPUTE];
const SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8];

/// A recorder of its own, not the process's: whoever embeds the mock keeps theirs.
pub(super) struct Exposition {
    recorder: PrometheusRecorder,
    queue_depth: Gauge,
    replicas_busy: Gauge,
    queue: Histogram,
    compute: Histogram,
}

impl Exposition {
    pub(super) fn new() -> Self {
        // without buckets the exporter renders summaries, which cannot be aggregated
        let builder = PrometheusBuilder::new().set_buckets(&SECONDS).expect("the buckets are not empty");
        let recorder = builder.build_recorder();
        with_local_recorder(&recorder, describe);
        let (queue_depth, replicas_busy, queue, compute) = with_local_recorder(&recorder, || {
            let gauges = (gauge!(QUEUE_DEPTH.name), gauge!(REPLICAS_BUSY.name));
            (gauges.0, gauges.1, histogram!(QUEUE.name), histogram!(COMPUTE.name))
        });
        Self { recorder, queue_depth, replicas_busy, queue, compute }
    }

    pub(super) fn count(&self, endpoint: &'static str, status: u16) {
        with_local_recorder(&self.recorder, || {
            let [by_endpoint, by_status] = [REQUESTS.labels[0], REQUESTS.labels[1]];
            let labels = vec![Label::new(by_endpoint, endpoint), Label::new(by_status, status.to_string())];
            counter!(REQUESTS.name, labels).increment(1);
        });
    }

    pub(super) fn observe(&self, queue_us: u64, compute_us: u64) {
        self.queue.record(queue_us as f64 / 1e6);
        self.compute.record(compute_us as f64 / 1e6);
    }

    pub(super) fn render(&self, replicas: &Replicas) -> String {
        self.queue_depth.set(replicas.waiting() as f64);
        self.replicas_busy.set(replicas.busy() as f64);
        self.recorder.handle().render()
    }

    /// Sorts the observations into their buckets; until then each one is kept in memory.
    pub(super) fn upkeep(&self) {
        self.recorder.handle().run_upkeep();
    }
}

fn describe() {
    for Metric { name, kind, help, .. } in ALL {
        match kind {
            Kind::Counter => metrics::describe_counter!(name, help),
            Kind::Gauge => metrics::describe_gauge!(name, help),
            Kind::Histogram => metrics::describe_histogram!(name, help),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::names::markdown;

    #[test]
    fn the_docs_show_this_table() {
        let docs = include_str!("../../docs/telemetry.md");
        let shown = docs.split_once("<!-- mock metrics -->\n");
        let shown = shown.and_then(|(_, rest)| rest.split_once("<!-- /mock metrics -->"));
        assert_eq!(shown.map(|(table, _)| table), Some(markdown(&ALL).as_str()), "put it between the marks");
    }

    #[test]
    fn the_exposition_has_the_metrics_of_the_table_with_its_labels() {
        let exposition = Exposition::new();
        exposition.count("/v1/infer", 200);
        exposition.observe(1_000, 2_000);
        exposition.upkeep();
        let text = exposition.render(&Replicas::new(1, 1));
        for Metric { name, kind, labels, help } in ALL {
            for line in [format!("# TYPE {name} {}", kind.name()), format!("# HELP {name} {help}")] {
                assert!(text.lines().any(|one| one == line), "no {line} in {text}");
            }
            let shown = text.lines().find(|line| line.starts_with(name)).expect("a series");
            let found = labels.iter().all(|label| shown.contains(&format!("{label}=\"")));
            assert!(
                found && (!shown.contains('{') || !labels.is_empty() || shown.contains("le=")),
                "{shown}"
            );
        }
        assert_eq!(text.lines().filter(|line| line.starts_with("# TYPE")).count(), ALL.len());
    }
}
