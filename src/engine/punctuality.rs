//! How late the requests of an open load are let go, counted from due.

use hdrhistogram::Histogram;

use crate::model::{Micros, Releases};

/// The longest lateness that is told apart, in microseconds: an hour.
const HIGHEST_US: u64 = 3_600_000_000;

/// Counts them as they become due.
pub(super) struct Punctuality {
    lags: Histogram<u64>,
    on_time: u64,
}

impl Punctuality {
    pub(super) fn new() -> Self {
        let lags = Histogram::new_with_bounds(1, HIGHEST_US, 2).expect("the bounds are in order");
        Punctuality { lags, on_time: 0 }
    }

    /// Takes one that was let go so long after due.
    pub(super) fn take(&mut self, lag: Micros) {
        self.lags.saturating_record(lag.0);
        self.on_time += u64::from(lag.0 <= Releases::ON_TIME_US);
    }

    pub(super) fn releases(&self) -> Releases {
        Releases {
            all: self.lags.len(),
            on_time: self.on_time,
            lag_p99_us: self.lags.value_at_quantile(0.99).min(self.lags.max()),
            lag_max_us: self.lags.max(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_millisecond_is_on_time_and_more_is_not() {
        let mut punctuality = Punctuality::new();
        (0..98).for_each(|_| punctuality.take(Micros(40)));
        [1_000, 1_001].map(Micros).into_iter().for_each(|lag| punctuality.take(lag));
        let found = punctuality.releases();
        assert_eq!((found.all, found.on_time, found.share_on_time()), (100, 99, 0.99));
        assert!(found.lag_p99_us >= 1_000 && found.lag_max_us >= 1_001, "{found:?}");
        let both = found.with(Releases { all: 100, on_time: 50, lag_p99_us: 9, lag_max_us: 9_000 });
        assert_eq!(
            (both.all, both.on_time, both.lag_p99_us, both.lag_max_us),
            (200, 149, found.lag_p99_us, 9_000)
        );
    }
}
