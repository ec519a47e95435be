//! The mock's one clock: whole microseconds since its start, and the wall-clock time of that start.
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Who reads two clocks can be stopped between them, but not each time.
const READINGS: usize = 5;

#[derive(Debug, Clone, Copy)]
pub(super) struct Uptime {
    start: Instant,
    started_unix_us: u64,
}

impl Uptime {
    pub(super) fn start() -> Self {
        let read = (0..READINGS).map(|_| Self::read()).min_by_key(|(took, _)| *took);
        read.expect("it is read more than once").1
    }

    /// Both clocks, and how far apart the readings can lie.
    #[allow(clippy::disallowed_methods, reason = "the clock of the mock, apart from the client's on purpose")]
    fn read() -> (Duration, Self) {
        let start = Instant::now();
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let took = start.elapsed();
        let started_unix_us = u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX);
        (took, Self { start: start + took / 2, started_unix_us })
    }

    /// Whole microseconds since the start, on the monotonic clock.
    pub(super) fn micros(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// The start, in microseconds since 1970 on the wall clock: 0 if that clock stands before 1970.
    pub(super) fn started_unix_us(&self) -> u64 {
        self.started_unix_us
    }
}
