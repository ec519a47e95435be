//! The one clock: whole microseconds since the start of a repetition, and the wall-clock anchor.

use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::time::Instant as Ticks;

use crate::model::{Micros, Moment};

/// Reads the monotonic clock, counted from the start of one repetition. It is the clock of the runtime: time that a test has
/// paused stands still here too.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Ticks,
}

impl Clock {
    /// A clock that starts now.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn start() -> Self {
        Clock { origin: Ticks::now() }
    }

    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn now(&self) -> Moment {
        Moment::from_micros(Micros::from(Ticks::now().saturating_duration_since(self.origin)).0)
    }

    /// The kernel's monotonic clock at the start, in nanoseconds, for a timer of the kernel.
    #[cfg(target_os = "linux")]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub(super) fn kernel_origin(&self) -> io::Result<u64> {
        let read = || {
            let before = Instant::now();
            let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            // SAFETY: `time` is a valid place to write to.
            if unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) } != 0 {
                return Err(io::Error::last_os_error());
            }
            let took = Instant::now().saturating_duration_since(before);
            let now = Duration::new(
                time.tv_sec.try_into().unwrap_or_default(),
                time.tv_nsec.try_into().unwrap_or_default(),
            );
            let since = before.saturating_duration_since(self.origin.into_std());
            Ok((took, now.saturating_sub(since)))
        };
        let readings = (0..READINGS).map(|_| read()).collect::<io::Result<Vec<_>>>()?;
        // Who reads two clocks can be stopped between them: the closest reading counts. It is late by less than it took.
        let (_, origin) = readings.into_iter().min().unwrap_or_default();
        Ok(u64::try_from(origin.as_nanos()).unwrap_or(u64::MAX))
    }

    /// The runtime's instant at which `moment` is reached, for timers.
    pub fn instant(&self, moment: Moment) -> Ticks {
        self.origin + Duration::from_micros(moment.as_micros())
    }
}

/// Who reads two clocks can be stopped between them, but not each time.
const READINGS: usize = 5;

/// One reading of monotonic and wall clock together: it places every moment of a run on the wall
/// clock, so that a step of the system time during the run cannot tear rows and spans apart.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    monotonic: Instant,
    unix: Duration,
}

impl Anchor {
    /// Reads both clocks.
    pub fn now() -> Self {
        let read = (0..READINGS).map(|_| Self::read()).min_by_key(|(took, _)| *took);
        read.expect("it is read more than once").1
    }

    /// One reading of the wall clock between two of the monotonic one, which it is put in the middle of; how long that
    /// took is how far it can be off.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn read() -> (Duration, Self) {
        let before = Instant::now();
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let took = Instant::now().saturating_duration_since(before);
        (took, Anchor { monotonic: before + took / 2, unix })
    }

    /// Microseconds since the Unix epoch at which `clock` started.
    pub fn unix_micros(&self, clock: &Clock) -> u64 {
        let since = clock.origin.into_std().saturating_duration_since(self.monotonic);
        Micros::from(self.unix + since).0
    }

    /// How far the wall clock has moved against the monotonic one since the anchor, in microseconds:
    /// a step of the system time, or its slewing.
    pub fn drift_micros(&self) -> i64 {
        self.drift_until(&Self::now())
    }

    fn drift_until(&self, now: &Anchor) -> i64 {
        let expected = self.unix + now.monotonic.saturating_duration_since(self.monotonic);
        let signed = |length: Duration| i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
        signed(now.unix).saturating_sub(signed(expected))
    }

    /// Microseconds since the Unix epoch of the anchor itself.
    pub fn unix_micros_at_anchor(&self) -> u64 {
        Micros::from(self.unix).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_is_set_drifts_and_one_that_runs_on_does_not() {
        let (anchor, hour) = (Anchor::now(), Duration::from_secs(3_600));
        let later = Anchor { monotonic: anchor.monotonic + hour, unix: anchor.unix + hour };
        assert_eq!(anchor.drift_until(&later), 0);
        let set_back = Anchor { unix: later.unix - Duration::from_secs(2), ..later };
        assert_eq!(anchor.drift_until(&set_back), -2_000_000);
        let set_on = Anchor { unix: later.unix + Duration::from_micros(7), ..later };
        assert_eq!(anchor.drift_until(&set_on), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_counts_the_time_of_its_runtime() {
        let clock = Clock::start();
        tokio::time::sleep_until(clock.instant(Moment::from_micros(5_000))).await;
        assert_eq!(clock.now(), Moment::from_micros(5_000));
        tokio::time::advance(Duration::from_nanos(2_345_999)).await;
        assert_eq!(clock.now(), Moment::from_micros(7_345), "rounded down, once");
    }
}
