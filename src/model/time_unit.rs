//! The units in which servers say their times, and how a number with or without one is read.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Micros;

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeUnit {
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Millis,
    /// Microseconds.
    #[serde(rename = "us")]
    Micros,
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanos,
}

impl TimeUnit {
    /// From the longest to the shortest; each is a thousand of the next.
    pub const ALL: [TimeUnit; 4] = [TimeUnit::Seconds, TimeUnit::Millis, TimeUnit::Micros, TimeUnit::Nanos];

    /// As settings and values spell it.
    pub const fn symbol(self) -> &'static str {
        match self {
            TimeUnit::Seconds => "s",
            TimeUnit::Millis => "ms",
            TimeUnit::Micros => "us",
            TimeUnit::Nanos => "ns",
        }
    }

    /// The unit with this symbol.
    pub fn of_symbol(symbol: &str) -> Option<Self> {
        TimeUnit::ALL.into_iter().find(|unit| unit.symbol() == symbol)
    }

    /// So many of it, rounded to whole microseconds; `None` of what is no time.
    pub fn micros(self, number: f64) -> Option<Micros> {
        let micros = match self {
            TimeUnit::Seconds => number * 1e6,
            TimeUnit::Millis => number * 1e3,
            TimeUnit::Micros => number,
            TimeUnit::Nanos => number / 1e3,
        };
        (0.0..1e15).contains(&micros).then(|| Micros(micros.round() as u64))
    }

    /// A number, which has this unit unless it has one of its own behind it.
    pub fn read(self, text: &str) -> Option<Micros> {
        let text = text.trim();
        // The longer ones first: each of them ends in `s`.
        let own = [("ns", TimeUnit::Nanos), ("us", TimeUnit::Micros), ("µs", TimeUnit::Micros)];
        let own = own.into_iter().chain([("ms", TimeUnit::Millis), ("s", TimeUnit::Seconds)]);
        let with_own = own.into_iter().find_map(|(symbol, unit)| Some((text.strip_suffix(symbol)?, unit)));
        let (number, unit) = with_own.unwrap_or((text, self));
        unit.micros(number.trim_end().parse().ok()?)
    }

    /// The unit that is a thousand times this one, so many times over; fewer than none is the other way.
    pub fn thousandfold(self, times: i32) -> Option<Self> {
        let place = usize::try_from(i32::try_from(self as usize).ok()? - times).ok()?;
        TimeUnit::ALL.get(place).copied()
    }
}

/// In words.
impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeUnit::Seconds => "seconds",
            TimeUnit::Millis => "milliseconds",
            TimeUnit::Micros => "microseconds",
            TimeUnit::Nanos => "nanoseconds",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_has_the_unit_that_was_named_unless_it_has_one_itself() {
        let micros = |unit: TimeUnit, text| unit.read(text).map(|time| time.0);
        assert_eq!(micros(TimeUnit::Seconds, "0.1503212"), Some(150_321));
        assert_eq!(micros(TimeUnit::Millis, " 12.5 "), Some(12_500));
        assert_eq!(micros(TimeUnit::Nanos, "1500"), Some(2));
        let own = ["0.25 s", "7ms", "90us", "90µs", "3000ns"].map(|text| micros(TimeUnit::Millis, text));
        assert_eq!(own, [250_000, 7_000, 90, 90, 3].map(Some));
        for text in ["", "s", "-1", "NaN", "inf", "1e300", "7 8", "ms7", "1,5"] {
            assert_eq!(micros(TimeUnit::Millis, text), None, "{text}");
        }
    }

    #[test]
    fn a_thousand_of_one_unit_are_one_of_the_next() {
        assert_eq!(TimeUnit::Millis.thousandfold(1), Some(TimeUnit::Seconds));
        assert_eq!(TimeUnit::Seconds.thousandfold(-2), Some(TimeUnit::Micros));
        assert_eq!([TimeUnit::Seconds.thousandfold(1), TimeUnit::Nanos.thousandfold(-1)], [None; 2]);
        for unit in TimeUnit::ALL {
            assert_eq!(TimeUnit::of_symbol(unit.symbol()), Some(unit));
            assert_eq!(serde_json::to_value(unit).expect("a word"), unit.symbol());
        }
    }

    proptest! {
        #[test]
        fn nothing_that_a_server_sends_can_panic(text in any::<String>(), unit in prop::sample::select(TimeUnit::ALL.to_vec())) {
            unit.read(&text);
        }
    }
}
