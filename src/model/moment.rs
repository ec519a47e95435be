//! Time as this crate counts it: whole microseconds.
//!
//! Every instant is rounded to a microsecond once, by the clock. Stages are differences of such instants,
//! so they are integers that add up exactly.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

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
    fn a_length_of_time_is_never_negative() {
        let [earlier, later] = [Moment::from_micros(5), Moment::from_micros(8)];
        assert_eq!((later.since(earlier), earlier.since(later)), (Micros(3), Micros(0)));
    }
}
