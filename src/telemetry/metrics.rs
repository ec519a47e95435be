//! The metrics of a run: their families, and what is set from outside the stream of samples.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::buckets;
use super::histogram::{BucketBounds, Histogram};
use super::names::{self, MetricFamily};
use super::registry::{Bounds, Counter, Gauge, Seconds, Series, Shelf, Traced};
use super::verdict::{VerdictFigures, limit_us, percent};
use crate::model::{Metric, Phase, SlaLine, Unit, Verdict};

/// All families of a run.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    changing: Mutex<()>,
    pub latency: Series<Traced, Bounds>,
    pub ttfb: Series<Histogram, Bounds>,
    pub exchange: Series<Histogram, Bounds>,
    pub stage: Series<Histogram, Bounds>,
    pub slow_stage: Series<Seconds>,
    pub slow: Series<Counter>,
    pub server_queue: Series<Histogram, Bounds>,
    pub server_compute: Series<Histogram, Bounds>,
    pub requests: Series<Counter>,
    pub due: Series<Counter>,
    pub errors: Series<Counter>,
    pub active: Series<Gauge>,
    pub connections: Series<Gauge>,
    pub connects: Series<Counter>,
    pub syn_retransmits: Series<Counter>,
    pub retransmits: Series<Counter>,
    pub batch_size: Series<Histogram, Bounds>,
    pub loop_lag: Series<Histogram, Bounds>,
    pub spans: Series<Counter>,
    pub spans_created: Series<Counter>,
    pub samples_dropped: Series<Counter>,
    pub phase_running: Series<Gauge>,
    pub repetition: Series<Gauge>,
    sla_limits: [Series<Gauge>; 3],
    sla_percentile: Series<Gauge>,
    sla_values: [Series<Gauge>; 3],
    sla_met: Series<Gauge>,
    verdict: Series<Gauge>,
}

impl Metrics {
    /// The families of a run, with the limits of its SLA set.
    pub(super) fn new(run_id: &str, sla: &[SlaLine]) -> Self {
        let mut shelf = Shelf::new(run_id);
        let limits: Vec<u64> = sla.iter().filter_map(limit_us).collect();
        let times = BucketBounds::seconds(buckets::latencies(&limits));
        let stages = BucketBounds::seconds(buckets::stages());
        let build = shelf.gauge(&names::BUILD_INFO);
        build.of(&[env!("CARGO_PKG_VERSION")]).set(1.0);
        let metrics = Metrics {
            latency: shelf.histogram(&names::LATENCY, Arc::clone(&times)),
            ttfb: shelf.histogram(&names::TTFB, Arc::clone(&times)),
            exchange: shelf.histogram(&names::EXCHANGE, times),
            stage: shelf.histogram(&names::STAGE, Arc::clone(&stages)),
            slow_stage: shelf.seconds(&names::SLOW_STAGE),
            slow: shelf.counter(&names::SLOW),
            server_queue: shelf.histogram(&names::SERVER_QUEUE, Arc::clone(&stages)),
            server_compute: shelf.histogram(&names::SERVER_COMPUTE, stages),
            requests: shelf.counter(&names::REQUESTS),
            due: shelf.counter(&names::DUE),
            errors: shelf.counter(&names::ERRORS),
            active: shelf.gauge(&names::ACTIVE),
            connections: shelf.gauge(&names::CONNECTIONS),
            connects: shelf.counter(&names::CONNECTS),
            syn_retransmits: shelf.counter(&names::SYN_RETRANSMITS),
            retransmits: shelf.counter(&names::RETRANSMITS),
            batch_size: shelf.histogram(&names::BATCH_SIZE, BucketBounds::counts(buckets::sizes())),
            loop_lag: shelf.histogram(&names::LOOP_LAG, BucketBounds::seconds(buckets::lags())),
            spans: shelf.counter(&names::SPANS),
            spans_created: shelf.counter(&names::SPANS_CREATED),
            samples_dropped: shelf.counter(&names::SAMPLES_DROPPED),
            phase_running: shelf.gauge(&names::PHASE_RUNNING),
            repetition: shelf.gauge(&names::REPETITION),
            sla_limits: of_units(&mut shelf, &names::SLA_LIMITS),
            sla_percentile: shelf.gauge(&names::SLA_PERCENTILE),
            sla_values: of_units(&mut shelf, &names::SLA_VALUES),
            sla_met: shelf.gauge(&names::SLA_MET),
            verdict: shelf.gauge(&names::VERDICT),
            registry: shelf.close(),
            changing: Mutex::default(),
        };
        for line in sla {
            let (metric, name) = (line.metric(), line.metric().to_string());
            metrics.sla_limits[of_unit(metric)].of(&[&name]).set(line.limit().value() / per_base(metric));
            if let Some(percent) = percent(metric) {
                metrics.sla_percentile.of(&[&name]).set(percent);
            }
        }
        metrics
    }

    /// To be held while figures change that belong together: who reads them sees all of the change or nothing of it.
    pub(super) fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the figures of the comparison.
    pub(super) fn judge(&self, verdict: &VerdictFigures) {
        let _whole = self.change();
        for line in &verdict.lines {
            let name = line.metric.to_string();
            for (phase, value) in [(Phase::Before, line.before), (Phase::After, line.after)] {
                if let Some(value) = value {
                    let series = &self.sla_values[of_unit(line.metric)];
                    series.of(&[phase.name(), &name]).set(value / per_base(line.metric));
                }
            }
            self.sla_met.of(&[&name]).set(one_if_met(line.verdict));
        }
        self.verdict.of(&[]).set(one_if_met(verdict.verdict));
    }

    /// The exposition, as OpenMetrics text.
    pub(super) fn render(&self) -> String {
        let _whole = self.change();
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes any text");
        text
    }
}

fn of_units(shelf: &mut Shelf, metrics: &'static [MetricFamily; 3]) -> [Series<Gauge>; 3] {
    [0, 1, 2].map(|unit| shelf.gauge(&metrics[unit]))
}

/// The place of a metric's unit among the families that there are for each.
fn of_unit(metric: Metric) -> usize {
    match metric.unit() {
        Unit::Milliseconds => 0,
        Unit::Share => 1,
        Unit::RequestsPerSecond => 2,
    }
}

/// How many of a metric's unit make one of the unit that is exported: times are in seconds.
fn per_base(metric: Metric) -> f64 {
    if metric.unit() == Unit::Milliseconds { 1e3 } else { 1.0 }
}

fn one_if_met(verdict: Verdict) -> f64 {
    f64::from(u8::from(verdict == Verdict::Met))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_on_a_percentile_say_which_and_others_nothing() {
        let lines = [("p50", "1s"), ("p99_9", "1s"), ("max", "1s"), ("mean", "1s"), ("error_rate", "1%")];
        let sla = lines.map(|(metric, limit)| SlaLine::parse(metric, limit).expect("a good line"));
        let text = Metrics::new("run", &sla).render();
        let mut shown: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("spanload_sla_percentile")).collect();
        let wanted = [("max", "100.0"), ("p50", "50.0"), ("p99_9", "99.9")]
            .map(|(metric, percent)| format!("{{run=\"run\",metric=\"{metric}\"}} {percent}"));
        shown.sort_unstable();
        assert_eq!(shown, wanted);
    }
}
