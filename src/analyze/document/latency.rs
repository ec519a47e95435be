//! Distributions of times in figures.

use serde::Serialize;

use crate::model::{Micros, Statistic};
use crate::stats::{Distribution, Interval, rounded};

/// A distribution in figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LatencyMs {
    /// Fastest.
    pub min: Option<f64>,
    /// Mean.
    pub mean: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 75th percentile.
    pub p75: Option<f64>,
    /// 90th percentile.
    pub p90: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// 99.9th percentile.
    pub p99_9: Option<f64>,
    /// Slowest.
    pub max: Option<f64>,
}

impl LatencyMs {
    /// The figures of a distribution.
    pub fn of(distribution: &Distribution) -> Self {
        let percentile = |permille| distribution.percentile(permille).map(Micros::as_millis);
        LatencyMs {
            min: distribution.min().map(Micros::as_millis),
            mean: distribution.mean().map(|mean| rounded(mean / 1e3, 3)),
            p50: percentile(500),
            p75: percentile(750),
            p90: percentile(900),
            p95: percentile(950),
            p99: percentile(990),
            p99_9: percentile(999),
            max: distribution.max().map(Micros::as_millis),
        }
    }

    /// The figures with what they are, in the order in which they are reported.
    pub fn named(&self) -> [(Statistic, Option<f64>); 9] {
        [
            (Statistic::Min, self.min),
            (Statistic::Mean, self.mean),
            (Statistic::P50, self.p50),
            (Statistic::Percentile(750), self.p75),
            (Statistic::Percentile(900), self.p90),
            (Statistic::P95, self.p95),
            (Statistic::P99, self.p99),
            (Statistic::Percentile(999), self.p99_9),
            (Statistic::Max, self.max),
        ]
    }
}

/// Three percentiles in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct ThreePercentiles {
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
}

/// 95 % intervals of three percentiles; `null` where the percentile of any repetition is, or where the
/// requests are too few to bound it.
#[derive(Clone, Debug, Serialize)]
pub struct ThreeIntervals {
    /// Median.
    pub p50: Option<Interval>,
    /// 95th percentile.
    pub p95: Option<Interval>,
    /// 99th percentile.
    pub p99: Option<Interval>,
}
