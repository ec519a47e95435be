//! After against before.

use serde::Serialize;

use crate::stats::{Interval, rounded};

/// After − before for three percentiles and the mean.
#[derive(Clone, Debug, Serialize)]
pub struct Differences {
    /// Median.
    pub p50: Difference,
    /// 95th percentile.
    pub p95: Difference,
    /// 99th percentile.
    pub p99: Difference,
    /// Mean.
    pub mean: Difference,
}

/// After against before; `null` where either is.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// After − before.
    pub ms: Option<f64>,
    /// After ÷ before.
    pub ratio: Option<f64>,
    /// 95 % interval of `ms`.
    pub ci95_ms: Option<Interval>,
    /// 95 % interval of `ratio`.
    pub ci95_ratio: Option<Interval>,
    /// 95 % interval of `ms` over pairs of requests, in blocks: what repetitions differ in is not in it. Between two
    /// stored runs there is none.
    pub paired_ci95_ms: Option<Interval>,
}

impl Differences {
    /// Of phases whose latencies are no result.
    pub fn none() -> Self {
        let none = || Difference::of(None, None);
        Differences { p50: none(), p95: none(), p99: none(), mean: none() }
    }
}

impl Difference {
    /// Of two figures in one unit, without intervals.
    pub fn of(before: Option<f64>, after: Option<f64>) -> Self {
        let both = before.zip(after);
        Difference {
            ms: both.map(|(before, after)| rounded(after - before, 3)),
            ratio: both.filter(|(before, _)| *before > 0.0).map(|(before, after)| rounded(after / before, 4)),
            ci95_ms: None,
            ci95_ratio: None,
            paired_ci95_ms: None,
        }
    }
}
