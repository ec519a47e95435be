//! The mock's own metrics, in the Prometheus text format.
use std::sync::{Mutex, MutexGuard, PoisonError};

use metrics::{Gauge, Histogram, Label, counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use super::queue::Replicas;
use crate::telemetry::names::{Kind, MetricFamily, metric};

const START: MetricFamily = metric(
    "spanload_mock_start_time_seconds",
    Kind::Gauge,
    &[],
    "Start of this mock, in seconds since 1970: each repetition of a run has a mock of its own, which counts from 0",
);
const REQUESTS: MetricFamily = metric(
    "spanload_mock_requests_total",
    Kind::Counter,
    &["endpoint", "status"],
    "Exchanges by endpoint and HTTP status; 0 is a reset on purpose, 499 a caller gone",
);
const QUEUE_DEPTH: MetricFamily =
    metric("spanload_mock_queue_depth", Kind::Gauge, &[], "Exchanges that wait for a replica");
const REPLICAS_BUSY: MetricFamily =
    metric("spanload_mock_replicas_busy", Kind::Gauge, &[], "Replicas that compute");
const QUEUE: MetricFamily = metric(
    "spanload_mock_queue_seconds",
    Kind::Histogram,
    &[],
    "Time of an answered exchange from the whole request read to a replica taken",
);
const COMPUTE: MetricFamily = metric(
    "spanload_mock_compute_seconds",
    Kind::Histogram,
    &[],
    "Time of an answered exchange from a replica taken to the answer handed over",
);
/// The table.
const ALL: [MetricFamily; 6] = [START, REQUESTS, QUEUE_DEPTH, REPLICAS_BUSY, QUEUE, COMPUTE];
const SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8];

/// Exchanges whose observations may be kept before they are sorted into their buckets, should whoever does it each second
/// be late: 3 MiB, and more than a second's.
const MOST_UNSORTED: u32 = 1 << 16;

/// A recorder of its own, not the process's: whoever embeds the mock keeps theirs.
pub(super) struct Exposition {
    recorder: PrometheusRecorder,
    /// Locked while an exchange is counted and while all is read, so that who reads sees it in every metric or in none.
    ended: Mutex<EndedExchanges>,
    queue_depth: Gauge,
    replicas_busy: Gauge,
    queue: Histogram,
    compute: Histogram,
}

/// Exchanges that have ended.
#[derive(Default)]
struct EndedExchanges {
    all: u64,
    /// Those whose observations are not in their buckets yet.
    unsorted: u32,
}

impl Exposition {
    /// Of a mock that started at this instant, in microseconds since 1970.
    pub(super) fn new(started_unix_us: u64) -> Self {
        // without buckets the exporter renders summaries, which cannot be aggregated
        let builder = PrometheusBuilder::new().set_buckets(&SECONDS).expect("the buckets are not empty");
        let recorder = builder.build_recorder();
        with_local_recorder(&recorder, describe);
        let (queue_depth, replicas_busy, queue, compute) = with_local_recorder(&recorder, || {
            gauge!(START.name).set(started_unix_us as f64 / 1e6);
            let gauges = (gauge!(QUEUE_DEPTH.name), gauge!(REPLICAS_BUSY.name));
            (gauges.0, gauges.1, histogram!(QUEUE.name), histogram!(COMPUTE.name))
        });
        Self { recorder, ended: Mutex::default(), queue_depth, replicas_busy, queue, compute }
    }

    /// Counts an exchange that has ended, with its time in the queue and its time of computing in microseconds if it was
    /// answered; returns which it is, from 1.
    pub(super) fn count(&self, endpoint: &'static str, status: u16, answered: Option<(u64, u64)>) -> u64 {
        let status = status.to_string();
        let mut ended = self.change();
        ended.all += 1;
        with_local_recorder(&self.recorder, || {
            let [by_endpoint, by_status] = [REQUESTS.labels[0], REQUESTS.labels[1]];
            let labels = vec![Label::new(by_endpoint, endpoint), Label::new(by_status, status)];
            counter!(REQUESTS.name, labels).increment(1);
        });
        if let Some((queue, compute)) = answered {
            self.queue.record(queue as f64 / 1e6);
            self.compute.record(compute as f64 / 1e6);
            ended.unsorted += 1;
        }
        if ended.unsorted >= MOST_UNSORTED {
            self.sort(&mut ended);
        }
        ended.all
    }

    pub(super) fn render(&self, replicas: &Replicas) -> String {
        let _whole = self.change();
        self.queue_depth.set(replicas.waiting() as f64);
        self.replicas_busy.set(replicas.busy() as f64);
        self.recorder.handle().render()
    }

    /// Sorts the observations into their buckets; until then each one is kept in memory.
    pub(super) fn upkeep(&self) {
        self.sort(&mut self.change());
    }

    fn sort(&self, ended: &mut EndedExchanges) {
        self.recorder.handle().run_upkeep();
        ended.unsorted = 0;
    }

    /// To be held while figures change that belong together, and while they are read.
    fn change(&self) -> MutexGuard<'_, EndedExchanges> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn describe() {
    for MetricFamily { name, kind, help, .. } in ALL {
        match kind {
            Kind::Counter => metrics::describe_counter!(name, help),
            Kind::Gauge => metrics::describe_gauge!(name, help),
            Kind::Histogram => metrics::describe_histogram!(name, help),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

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
        let exposition = Exposition::new(1_700_000_000_123_456);
        exposition.count("/v1/infer", 200, Some((1_000, 2_000)));
        exposition.upkeep();
        let text = exposition.render(&Replicas::new(1, 1));
        for MetricFamily { name, kind, labels, help } in ALL {
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

    #[test]
    fn observations_are_sorted_in_time_even_if_nobody_sees_to_it() {
        let exposition = Exposition::new(0);
        let count = || exposition.count("/v1/infer", 200, Some((1_000, 2_000)));
        (1..MOST_UNSORTED).for_each(|_| _ = count());
        assert_eq!(exposition.change().unsorted, MOST_UNSORTED - 1);
        assert_eq!(count(), u64::from(MOST_UNSORTED));
        assert_eq!(exposition.change().unsorted, 0);
        let text = exposition.render(&Replicas::new(1, 1));
        assert!(text.contains(&format!("spanload_mock_queue_seconds_count {MOST_UNSORTED}")), "{text}");
    }

    /// Or percentiles and rates over a window that begins or ends with such a reading are wrong.
    #[test]
    fn who_reads_sees_an_exchange_in_all_metrics_or_in_none() {
        /// That many times something was counted between two readings, and the end where that does not come about.
        const READINGS: u64 = 100;
        const MOST: u64 = 5_000_000;
        let (exposition, replicas) = (Exposition::new(0), Replicas::new(1, 1));
        let enough = AtomicBool::new(false);
        let figure = |text: &str, series: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(series));
            line.map_or(0, |rest| rest.rsplit(' ').next().and_then(|one| one.parse().ok()).expect("a count"))
        };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut at = 1..=MOST;
                at.all(|at| exposition.count("/", 200, Some((1, 1))) == at && !enough.load(Ordering::Relaxed))
            });
            let (mut readings, mut before) = (0, 0);
            while readings < READINGS && before < MOST {
                let text = exposition.render(&replicas);
                let ended: u64 = figure(&text, "spanload_mock_requests_total{");
                for series in ["spanload_mock_queue_seconds_count", "spanload_mock_compute_seconds_count"] {
                    assert_eq!(figure(&text, series), ended, "{series} in {text}");
                }
                exposition.upkeep();
                readings += u64::from(ended > before);
                before = ended;
            }
            enough.store(true, Ordering::Relaxed);
            assert_eq!(readings, READINGS);
        });
    }
}
