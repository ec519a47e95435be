//! The one clock: whole microseconds since the start of a repetition, and the wall-clock anchor.
//!
//! Every instant is rounded to a microsecond once, here. Stages are differences of such instants,
//! so they are integers that add up exactly.

use std::fmt;
use std::ops::Add;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A point in time: microseconds since the start of the repetition it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// The start of the repetition.
    pub const START: Moment = Moment(0);

    /// A moment `micros` microseconds after the start.
    pub const fn from_micros(micros: u64) -> Self {
        Moment(micros)
    }

    /// Microseconds since the start.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Time since `earlier`; zero if `earlier` is the later one.
    pub fn since(self, earlier: Moment) -> Micros {
        Micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Moment {
    type Output = Moment;

    fn add(self, length: Duration) -> Moment {
        Moment(self.0 + Micros::from(length).0)
    }
}

impl Add<Micros> for Moment {
    type Output = Moment;

    fn add(self, length: Micros) -> Moment {
        Moment(self.0 + length.0)
    }
}

/// A length of time in whole microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub u64);

impl Micros {
    /// The same length in milliseconds, for display and JSON.
    pub fn as_millis(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

impl From<Duration> for Micros {
    fn from(length: Duration) -> Self {
        Micros(u64::try_from(length.as_micros()).unwrap_or(u64::MAX))
    }
}

impl Add for Micros {
    type Output = Micros;

    fn add(self, other: Micros) -> Micros {
        Micros(self.0 + other.0)
    }
}

impl std::iter::Sum for Micros {
    fn sum<I: Iterator<Item = Micros>>(lengths: I) -> Micros {
        lengths.fold(Micros(0), Add::add)
    }
}

/// Milliseconds with three decimals: exact, because a microsecond is the third decimal.
impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

/// Reads the monotonic clock, counted from the start of one repetition.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock that starts now.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn start() -> Self {
        Clock { origin: Instant::now() }
    }

    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn now(&self) -> Moment {
        Moment(Micros::from(Instant::now().saturating_duration_since(self.origin)).0)
    }

    /// The runtime's instant at which `moment` is reached, for timers.
    pub fn instant(&self, moment: Moment) -> tokio::time::Instant {
        (self.origin + Duration::from_micros(moment.0)).into()
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
        let since = clock.origin.saturating_duration_since(self.monotonic);
        Micros::from(self.unix + since).0
    }

    /// How far the wall clock has moved against the monotonic one since the anchor, in microseconds:
    /// a step of the system time, or its slewing.
    pub fn drift_micros(&self) -> i64 {
        let now = Self::now();
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
    fn milliseconds_are_printed_exactly() {
        for (micros, text) in [(0, "0.000"), (7, "0.007"), (1_234_567, "1234.567")] {
            assert_eq!(Micros(micros).to_string(), text);
        }
    }

    #[test]
    fn the_wall_clock_does_not_drift_while_nobody_sets_it() {
        let mut anchor = Anchor::now();
        assert!(anchor.drift_micros().abs() < 100_000, "{}", anchor.drift_micros());
        anchor.unix += Duration::from_secs(2);
        assert!((-2_100_000..-1_900_000).contains(&anchor.drift_micros()), "as if set back by 2 s");
    }

    #[test]
    fn moments_count_from_the_start() {
        let clock = Clock::start();
        let first = clock.now();
        std::thread::sleep(Duration::from_millis(2));
        assert!(clock.now().since(first) >= Micros(2_000));
        assert_eq!(first.since(clock.now()), Micros(0), "never negative");
    }
}
