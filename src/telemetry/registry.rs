//! The registry behind `/metrics`: families by their definition in the table, made once a run.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeMetric;
use prometheus_client::metrics::TypedMetric;
use prometheus_client::metrics::counter::Counter as Count;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge as Level;
use prometheus_client::registry::Registry;

use super::histogram::{BucketBounds, Histogram};
use super::names::MetricFamily;

/// The values of a metric's labels, in the order of the table.
pub(super) type Labels = Vec<(&'static str, String)>;
/// Counts events.
pub(super) type Counter = Count<u64, AtomicU64>;
/// Adds up seconds.
pub(super) type Seconds = Count<f64, AtomicU64>;
/// A figure that rises and falls.
pub(super) type Gauge = Level<f64, AtomicU64>;
/// A histogram whose buckets name a trace each: the way from a panel to a trace without a search.
pub(super) type Traced = HistogramWithExemplars<Labels>;

/// Makes histograms of one family.
#[derive(Clone, Debug)]
pub(super) struct Bounds(Arc<BucketBounds>);

impl MetricConstructor<Histogram> for Bounds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(&self.0)
    }
}

impl MetricConstructor<Traced> for Bounds {
    fn new_metric(&self) -> Traced {
        Traced::new(self.0.bounds())
    }
}

/// A family of series that differ in their labels.
#[derive(Debug)]
pub(super) struct Series<M, C = fn() -> M> {
    family: Family<Labels, M, C>,
    metric: &'static MetricFamily,
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

    pub(super) fn counter(&mut self, metric: &'static MetricFamily) -> Series<Counter> {
        let family = Family::<Labels, Counter>::default();
        self.register(metric, family.clone());
        Series { family, metric }
    }

    pub(super) fn seconds(&mut self, metric: &'static MetricFamily) -> Series<Seconds> {
        let family = Family::<Labels, Seconds>::default();
        self.register(metric, family.clone());
        Series { family, metric }
    }

    pub(super) fn gauge(&mut self, metric: &'static MetricFamily) -> Series<Gauge> {
        let family = Family::<Labels, Gauge>::default();
        self.register(metric, family.clone());
        Series { family, metric }
    }

    /// Of [`Histogram`]s, or of [`Traced`] ones.
    pub(super) fn histogram<H>(
        &mut self,
        metric: &'static MetricFamily,
        scale: Arc<BucketBounds>,
    ) -> Series<H, Bounds>
    where
        H: Clone + TypedMetric + EncodeMetric + fmt::Debug + Send + Sync + 'static,
        Bounds: MetricConstructor<H>,
    {
        let family = Family::<Labels, H, Bounds>::new_with_constructor(Bounds(scale));
        self.register(metric, family.clone());
        Series { family, metric }
    }

    fn register(&mut self, metric: &MetricFamily, family: impl prometheus_client::registry::Metric) {
        // The encoder adds the suffix of a counter itself.
        let name = metric.name.strip_suffix("_total").unwrap_or(metric.name);
        self.0.register(name, metric.help, family);
    }

    /// The registry, complete.
    pub(super) fn close(self) -> Registry {
        self.0
    }
}
