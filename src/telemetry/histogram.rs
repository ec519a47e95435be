//! Histograms that are written to a chunk of samples at a time: observations are counted where nobody else looks, and
//! handed over under one lock.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// The bounds of a family's buckets, in the figures that are shown and in the whole numbers that are observed.
#[derive(Debug)]
pub(super) struct BucketBounds {
    shown: Vec<f64>,
    bounds: Vec<u64>,
    /// For each number of binary digits the first bucket that a number of so many can be in.
    first: [usize; 65],
    /// What is observed, in one of what is shown.
    per_one: f64,
}

impl BucketBounds {
    /// Of microseconds that are shown as seconds. `bounds` rise.
    pub(super) fn seconds(bounds: Vec<f64>) -> Arc<Self> {
        Self::new(bounds, 1e6)
    }

    /// Of counts.
    pub(super) fn counts(bounds: Vec<f64>) -> Arc<Self> {
        Self::new(bounds, 1.0)
    }

    fn new(shown: Vec<f64>, per_one: f64) -> Arc<Self> {
        let bounds: Vec<u64> = shown.iter().map(|bound| (bound * per_one).round() as u64).collect();
        let smallest = |digits: usize| if digits == 0 { 0 } else { 1_u64 << (digits - 1) };
        let first = |digits| bounds.partition_point(|bound| *bound < smallest(digits));
        Arc::new(BucketBounds { first: std::array::from_fn(first), shown, bounds, per_one })
    }

    /// As shown.
    pub(super) fn bounds(&self) -> impl Iterator<Item = f64> {
        self.shown.iter().copied()
    }

    /// The bucket of a value; the one after the last bound has none.
    fn bucket(&self, value: u64) -> usize {
        let first = self.first[(u64::BITS - value.leading_zeros()) as usize];
        first + self.bounds[first..].iter().take_while(|bound| value > **bound).count()
    }
}

/// What is exposed.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    scale: Arc<BucketBounds>,
    figures: Arc<Mutex<BucketCounts>>,
}

#[derive(Debug)]
struct BucketCounts {
    counts: Vec<u64>,
    sum: u64,
}

impl Histogram {
    pub(super) fn new(scale: &Arc<BucketBounds>) -> Self {
        let figures = BucketCounts { counts: vec![0; scale.bounds.len() + 1], sum: 0 };
        Histogram { scale: Arc::clone(scale), figures: Arc::new(Mutex::new(figures)) }
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let bounds = self.scale.bounds().chain([f64::INFINITY]);
        let (buckets, sum): (Vec<(f64, u64)>, _) = {
            let figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
            (bounds.zip(figures.counts.iter().copied()).collect(), figures.sum)
        };
        let count = buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(sum as f64 / self.scale.per_one, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

/// Observations that are still to be handed over.
#[derive(Debug)]
pub(super) struct Tally {
    histogram: Histogram,
    counts: Vec<u32>,
    sum: u64,
    any: bool,
}

impl Tally {
    pub(super) fn new(histogram: Histogram) -> Self {
        let counts = vec![0; histogram.scale.bounds.len() + 1];
        Tally { histogram, counts, sum: 0, any: false }
    }

    /// Counts one observation. Cheap, and seen by nobody yet.
    pub(super) fn observe(&mut self, value: u64) {
        self.counts[self.histogram.scale.bucket(value)] += 1;
        // No value is that large, but a server may say of itself what it likes.
        self.sum = self.sum.saturating_add(value);
        self.any = true;
    }

    /// Makes all of them seen at once.
    pub(super) fn hand_over(&mut self) {
        if !std::mem::take(&mut self.any) {
            return;
        }
        let mut figures = self.histogram.figures.lock().unwrap_or_else(PoisonError::into_inner);
        for (all, new) in figures.counts.iter_mut().zip(&mut self.counts) {
            *all += u64::from(std::mem::take(new));
        }
        figures.sum = figures.sum.saturating_add(std::mem::take(&mut self.sum));
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;
    use proptest::prelude::*;

    use super::*;
    use crate::telemetry::buckets;

    fn shown(histogram: &Histogram) -> String {
        let (mut registry, mut text) = (Registry::default(), String::new());
        registry.register("x", "X", histogram.clone());
        encode(&mut text, &registry).expect("a string takes any text");
        text
    }

    proptest! {
        /// The library's own histogram is the reference, also for how its figures look.
        #[test]
        fn it_shows_what_the_library_s_shows(
            values in prop::collection::vec(prop_oneof![0..200_u64, 0..3_000_000_u64, any::<u32>().prop_map(u64::from)], 0..60),
            limit in 1..10_000_000_u64,
            chunk in 1..7_usize,
        ) {
            let bounds = buckets::latencies(&[limit]);
            let theirs = prometheus_client::metrics::histogram::Histogram::new(bounds.iter().copied());
            let ours = Histogram::new(&BucketBounds::seconds(bounds));
            let mut tally = Tally::new(ours.clone());
            for values in values.chunks(chunk) {
                for value in values {
                    theirs.observe(*value as f64 / 1e6);
                    tally.observe(*value);
                }
                tally.hand_over();
            }
            let (mut registry, mut text) = (Registry::default(), String::new());
            registry.register("x", "X", theirs);
            encode(&mut text, &registry).expect("a string takes any text");
            // Their sum is a sum of floats and ours is exact.
            let lines = |text: &str| text.lines().filter(|line| !line.contains("_sum")).map(str::to_string).collect::<Vec<_>>();
            prop_assert_eq!(lines(&shown(&ours)), lines(&text));
            let text = shown(&ours);
            let sum = text.lines().find_map(|line| line.strip_prefix("x_sum ")?.parse::<f64>().ok());
            prop_assert_eq!(sum, Some(values.iter().sum::<u64>() as f64 / 1e6));
        }

        #[test]
        fn a_value_is_in_the_first_bucket_whose_bound_it_does_not_exceed(value in any::<u64>(), digits in 0..64_u32, limit in 1..10_000_000_u64) {
            let value = value >> digits;
            for scale in [BucketBounds::seconds(buckets::latencies(&[limit])), BucketBounds::counts(buckets::sizes())] {
                let expected = scale.bounds.iter().position(|bound| value <= *bound);
                prop_assert_eq!(scale.bucket(value), expected.unwrap_or(scale.bounds.len()));
            }
        }
    }

    #[test]
    fn bounds_are_inclusive() {
        let scale = BucketBounds::seconds(buckets::latencies(&[800_000]));
        for (at, bound) in scale.bounds.iter().enumerate() {
            assert_eq!([scale.bucket(*bound), scale.bucket(bound + 1)], [at, at + 1], "{bound}");
        }
        assert_eq!(BucketBounds::counts(buckets::sizes()).bucket(1), 0);
    }

    #[test]
    fn nothing_is_seen_before_it_is_handed_over_and_nothing_twice() {
        let histogram = Histogram::new(&BucketBounds::counts(buckets::sizes()));
        let mut tally = Tally::new(histogram.clone());
        tally.observe(3);
        assert!(shown(&histogram).contains("x_count 0"));
        tally.hand_over();
        tally.hand_over();
        assert!(shown(&histogram).contains("x_count 1") && shown(&histogram).contains("x_sum 3.0"));
    }
}
