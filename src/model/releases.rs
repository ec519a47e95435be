//! How punctually the requests of an open load were let go.

use serde::{Deserialize, Serialize};

/// Of one repetition. What a request waits for after that, such as a connection, is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Releases {
    /// Requests that became due.
    pub all: u64,
    /// Those that were let go within a millisecond of due.
    pub on_time: u64,
    /// 99th percentile of how late they were, in microseconds.
    pub lag_p99_us: u64,
    /// The latest.
    pub lag_max_us: u64,
}

impl Releases {
    /// Later is not on time.
    pub const ON_TIME_US: u64 = 1_000;

    /// Whether so many were on time that the load was the planned one: 99 %.
    pub fn are_punctual(&self) -> bool {
        self.share_on_time() >= 0.99
    }

    /// Share of those on time, 0 to 1.
    pub fn share_on_time(&self) -> f64 {
        self.on_time as f64 / self.all.max(1) as f64
    }

    /// With those of another thread: the worse lateness of the two, for one that is late makes its own requests late.
    pub fn with(self, other: Self) -> Self {
        Releases {
            all: self.all + other.all,
            on_time: self.on_time + other.on_time,
            lag_p99_us: self.lag_p99_us.max(other.lag_p99_us),
            lag_max_us: self.lag_max_us.max(other.lag_max_us),
        }
    }
}
