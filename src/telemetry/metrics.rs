//! The metrics of a run: their families, and what is set from outside the stream of samples.

use std::sync::{Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::buckets;
use super::names::{self, MetricFamily};
use super::registry::{Bounds, Counter, Gauge, Seconds, Series, Shelf, Traced};
use super::verdict::{Line, Unit, VerdictFigures};

/// All families of a run.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    changing: Mutex<()>,
    pub latency: Series<Traced, Bounds>,
    pub exchange: Series<Histogram, Bounds>,
    pub stage: Series<Histogram, Bounds>,
    pub slow_stage: Series<Seconds>,
    pub slow: Series<Counter>,
    pub server_queue: Series<Histogram, Bounds>,
    pub server_compute: Series<Histogram, Bounds>,
    pub requests: Series<Counter>,
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
    pub(super) fn new(run_id: &str, sla: &[Line]) -> Self {
        let mut shelf = Shelf::new(run_id);
        let limits: Vec<u64> = sla.iter().filter_map(Line::limit_us).collect();
        let times = buckets::latencies(&limits);
        let build = shelf.gauge(&names::BUILD_INFO);
        build.of(&[env!("CARGO_PKG_VERSION")]).set(1.0);
        let metrics = Metrics {
            latency: shelf.histogram(&names::LATENCY, times.clone()),
            exchange: shelf.histogram(&names::EXCHANGE, times),
            stage: shelf.histogram(&names::STAGE, buckets::stages()),
            slow_stage: shelf.seconds(&names::SLOW_STAGE),
            slow: shelf.counter(&names::SLOW),
            server_queue: shelf.histogram(&names::SERVER_QUEUE, buckets::stages()),
            server_compute: shelf.histogram(&names::SERVER_COMPUTE, buckets::stages()),
            requests: shelf.counter(&names::REQUESTS),
            errors: shelf.counter(&names::ERRORS),
            active: shelf.gauge(&names::ACTIVE),
            connections: shelf.gauge(&names::CONNECTIONS),
            connects: shelf.counter(&names::CONNECTS),
            syn_retransmits: shelf.counter(&names::SYN_RETRANSMITS),
            retransmits: shelf.counter(&names::RETRANSMITS),
            batch_size: shelf.histogram(&names::BATCH_SIZE, buckets::sizes()),
            loop_lag: shelf.histogram(&names::LOOP_LAG, buckets::lags()),
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
            metrics.sla_limits[line.unit as usize].of(&[&line.metric]).set(line.limit);
            if let Some(percent) = line.percentile() {
                metrics.sla_percentile.of(&[&line.metric]).set(percent);
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
            for (phase, value) in [("before", line.before), ("after", line.after)] {
                if let Some(value) = value {
                    self.sla_values[line.unit as usize].of(&[phase, &line.metric]).set(value);
                }
            }
            self.sla_met.of(&[&line.metric]).set(f64::from(u8::from(line.met)));
        }
        self.verdict.of(&[]).set(f64::from(u8::from(verdict.met)));
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
    debug_assert_eq!(Unit::RequestsPerSecond as usize, 2);
    [0, 1, 2].map(|unit| shelf.gauge(&metrics[unit]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_on_a_percentile_say_which_and_others_nothing() {
        let line = |metric: &str, unit| Line {
            metric: metric.into(),
            unit,
            limit: 0.5,
            before: None,
            after: None,
            met: false,
        };
        let sla = [("p50", Unit::Seconds), ("p99_9", Unit::Seconds), ("max", Unit::Seconds)]
            .into_iter()
            .chain([("mean", Unit::Seconds), ("error_rate", Unit::Ratio)])
            .map(|(metric, unit)| line(metric, unit))
            .collect::<Vec<_>>();
        let text = Metrics::new("run", &sla).render();
        let mut shown: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("spanload_sla_percentile")).collect();
        let wanted = [("max", "100.0"), ("p50", "50.0"), ("p99_9", "99.9")]
            .map(|(metric, percent)| format!("{{run=\"run\",metric=\"{metric}\"}} {percent}"));
        shown.sort_unstable();
        assert_eq!(shown, wanted);
    }
}
