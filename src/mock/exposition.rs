//! The mock's own metrics, in the Prometheus text format.
use metrics::{Gauge, Histogram, counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use super::queue::Replicas;

const REQUESTS: &str = "spanload_mock_requests_total";
const QUEUE_DEPTH: &str = "spanload_mock_queue_depth";
const REPLICAS_BUSY: &str = "spanload_mock_replicas_busy";
const QUEUE: &str = "spanload_mock_queue_seconds";
const COMPUTE: &str = "spanload_mock_compute_seconds";
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
            (gauge!(QUEUE_DEPTH), gauge!(REPLICAS_BUSY), histogram!(QUEUE), histogram!(COMPUTE))
        });
        Self { recorder, queue_depth, replicas_busy, queue, compute }
    }

    pub(super) fn count(&self, endpoint: &'static str, status: u16) {
        with_local_recorder(&self.recorder, || {
            counter!(REQUESTS, "endpoint" => endpoint, "status" => status.to_string()).increment(1);
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
    metrics::describe_counter!(
        REQUESTS,
        "Exchanges by endpoint and HTTP status; 0 is a reset on purpose, 499 a caller gone."
    );
    metrics::describe_gauge!(QUEUE_DEPTH, "Exchanges that wait for a replica.");
    metrics::describe_gauge!(REPLICAS_BUSY, "Replicas that compute.");
    metrics::describe_histogram!(QUEUE, "Time from the whole request read to a replica taken.");
    metrics::describe_histogram!(COMPUTE, "Time from a replica taken to the answer handed over.");
}
