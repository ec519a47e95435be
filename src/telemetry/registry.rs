//! The registry behind `/metrics`: families by their definition in the table, made once a run.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter as Count;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge as Level;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::names::Metric;

/// The values of a metric's labels, in the order of the table.
type Labels = Vec<(&'static str, String)>;
/// Counts events.
pub(super) type Counter = Count<u64, AtomicU64>;
/// Adds up seconds.
pub(super) type Seconds = Count<f64, AtomicU64>;
/// A figure that rises and falls.
pub(super) type Gauge = Level<f64, AtomicU64>;

/// Makes histograms of one family.
#[derive(Clone, Debug)]
pub(super) struct Bounds(Arc<[f64]>);

impl MetricConstructor<Histogram> for Bounds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// A family of series that differ in their labels.
#[derive(Debug)]
pub(super) struct Series<M, C = fn() -> M> {
    family: Family<Labels, M, C>,
    metric: &'static Metric,
}

impl<M: Clone + 'static, C: MetricConstructor<M>> Series<M, C> {
    /// The series with these values of the labels, to be kept by whoever writes to it often.
    pub(super) fn of(&self, values: &[&str]) -> M {
        debug_assert_eq!(values.len(), self.metric.labels.len(), "{}", self.metric.name);
        let labels =
            self.metric.labels.iter().zip(values).map(|(label, value)| (*label, (*value).to_string()));
        self.family.get_or_create_owned(&labels.collect())
    }
}

/// Registers families as the table defines them.
pub(super) struct Shelf(Registry);

impl Shelf {
    /// Every series will have the label `run`.
    pub(super) fn new(run_id: &str) -> Self {
        Shelf(Registry::with_labels(std::iter::once(("run".into(), run_id.to_string().into()))))
    }

    pub(super) fn counter(&mut self, metric: &'static Metric) -> Series<Counter> {
        let family = Family::<Labels, Counter>::default();
        self.register(metric, family.clone());
        Series { family, metric }
    }

    pub(super) fn seconds(&mut self, metric: &'static Metric) -> Series<Seconds> {
        let family = Family::<Labels, Seconds>::default();
        self.register(metric, family.clone());
        Series { family, metric }
    }

    pub(super) fn gauge(&mut self, metric: &'static Metric) -> Series<Gauge> {
        let family = Family::<Labels, Gauge>::default();
        self.register(metric, family.clone());
        Series { family, metric }
    }

    pub(super) fn histogram(
        &mut self,
        metric: &'static Metric,
        bounds: Vec<f64>,
    ) -> Series<Histogram, Bounds> {
        let family = Family::<Labels, Histogram, Bounds>::new_with_constructor(Bounds(bounds.into()));
        self.register(metric, family.clone());
        Series { family, metric }
    }

    fn register(&mut self, metric: &Metric, family: impl prometheus_client::registry::Metric) {
        // The encoder adds the suffix of a counter itself.
        let name = metric.name.strip_suffix("_total").unwrap_or(metric.name);
        self.0.register(name, metric.help, family);
    }

    /// The registry, complete.
    pub(super) fn close(self) -> Registry {
        self.0
    }
}
