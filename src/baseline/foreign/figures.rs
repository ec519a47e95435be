//! Figures as tools write them: lengths of time, instants, counts. What is empty is absent, never nothing.

use jiff::Timestamp;

use super::problem::{Flaw, shown};
use crate::model::{Micros, TimeUnit};

/// No request takes longer, and no stage is held to more.
const LONGEST: Micros = Micros(3_600_000_000);
/// Later than this in seconds is the year 5138: the stamp has a finer unit.
const MOST_SECONDS: u64 = 100_000_000_000;

/// A length of time; empty is absent.
pub(super) fn length(text: &str, unit: TimeUnit) -> Result<Option<Micros>, Flaw> {
    let Some(number) = number(text)? else { return Ok(None) };
    of_number(number, unit).map(Some)
}

/// The same of a number.
pub(super) fn of_number(number: f64, unit: TimeUnit) -> Result<Micros, Flaw> {
    if number < 0.0 {
        return Err(Flaw::new(
            format!("{number} {} is a negative time", unit.symbol()),
            "the clock was set during the run, or the column is another one; take the row out, or run again",
        ));
    }
    let length = unit.micros(number).filter(|length| *length <= LONGEST);
    length.ok_or_else(|| {
        let hours = number * seconds(unit) / 3_600.0;
        Flaw::new(
            format!("{number} {} are {hours:.1} hours, which no request takes", unit.symbol()),
            "check the unit of the column, or take the row out",
        )
    })
}

/// An instant in microseconds since the Unix epoch, or since the start of the run where the tool counts from there. Without a
/// unit it is a date and time, or its size tells the unit.
pub(super) fn instant(text: &str, unit: Option<TimeUnit>) -> Result<Option<i64>, Flaw> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.contains('T') || text.contains(' ') {
        return dated(text).map(Some);
    }
    let whole = text.parse::<i64>().ok();
    if let Some(whole) = whole {
        return in_micros(whole, unit.or_else(|| guessed(whole)), text).map(Some);
    }
    let Some(number) = number(text)? else { return Ok(None) };
    let unit = unit.or_else(|| guessed(number as i64)).ok_or_else(|| without_unit(text))?;
    let micros = number * seconds(unit) * 1e6;
    if micros.abs() < i64::MAX as f64 { Ok(Some(micros.round() as i64)) } else { Err(no_instant(text)) }
}

fn dated(text: &str) -> Result<i64, Flaw> {
    let stamp: Timestamp = text.parse().map_err(|_| {
        Flaw::new(
            format!("`{}` is no date and time with its zone", shown(text)),
            "write it as 2026-01-02T03:04:05.678Z, or as a number",
        )
    })?;
    Ok(stamp.as_microsecond())
}

fn in_micros(whole: i64, unit: Option<TimeUnit>, text: &str) -> Result<i64, Flaw> {
    match unit.ok_or_else(|| without_unit(text))? {
        TimeUnit::Seconds => whole.checked_mul(1_000_000),
        TimeUnit::Millis => whole.checked_mul(1_000),
        TimeUnit::Micros => Some(whole),
        TimeUnit::Nanos => Some(whole.div_euclid(1_000)),
    }
    .ok_or_else(|| no_instant(text))
}

/// The unit of a stamp of our time.
fn guessed(number: i64) -> Option<TimeUnit> {
    match number.unsigned_abs() {
        1_000_000_000..MOST_SECONDS => Some(TimeUnit::Seconds),
        MOST_SECONDS..100_000_000_000_000 => Some(TimeUnit::Millis),
        100_000_000_000_000..100_000_000_000_000_000 => Some(TimeUnit::Micros),
        100_000_000_000_000_000.. => Some(TimeUnit::Nanos),
        _ => None,
    }
}

fn without_unit(text: &str) -> Flaw {
    Flaw::new(
        format!("`{}` is no time of our days, so its unit cannot be told", shown(text)),
        "give the unit, as in --map start=COLUMN:ms",
    )
}

fn no_instant(text: &str) -> Flaw {
    Flaw::new(format!("`{}` is no time that can be", shown(text)), "check the unit of the column")
}

/// A count; empty is absent.
pub(super) fn count<T: std::str::FromStr>(text: &str) -> Result<Option<T>, Flaw> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        Flaw::new(
            format!("`{}` is no whole number that can stand here", shown(text)),
            "check that the column is the right one and the row is whole",
        )
    })
}

/// Whether a field says yes; empty is absent.
pub(super) fn truth(text: &str) -> Result<Option<bool>, Flaw> {
    match text.to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "1" | "true" | "yes" | "ok" => Ok(Some(true)),
        "0" | "false" | "no" | "ko" => Ok(Some(false)),
        _ => Err(Flaw::new(
            format!("`{}` is neither true nor false", shown(text)),
            "a success is 1 or true, a failure 0 or false",
        )),
    }
}

fn number(text: &str) -> Result<Option<f64>, Flaw> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse::<f64>().map_err(|_| {
        let comma = text.contains(',');
        let remedy = if comma {
            "it has a decimal comma: write numbers with a point (LC_ALL=C)"
        } else {
            "check that the column is the right one; a time that is not known is left empty"
        };
        Flaw::new(format!("`{}` is no number", shown(text)), remedy)
    })?;
    if number.is_finite() {
        return Ok(Some(number));
    }
    Err(Flaw::new(
        format!("`{}` is no time", shown(text)),
        "take the row out, or leave the field empty if the time is not known",
    ))
}

fn seconds(unit: TimeUnit) -> f64 {
    match unit {
        TimeUnit::Seconds => 1.0,
        TimeUnit::Millis => 1e-3,
        TimeUnit::Micros => 1e-6,
        TimeUnit::Nanos => 1e-9,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(fault: Flaw) -> String {
        fault.in_file(std::path::Path::new("x")).to_string()
    }

    #[test]
    fn a_length_is_a_time_or_an_error_and_empty_is_absent() {
        assert_eq!(length("", TimeUnit::Millis), Ok(None));
        assert_eq!(length("0.0004", TimeUnit::Seconds), Ok(Some(Micros(400))));
        assert_eq!(length("1e-05", TimeUnit::Seconds), Ok(Some(Micros(10))));
        let cases = [
            ("NaN", "is no time"),
            ("inf", "is no time"),
            ("-3", "negative"),
            ("12,5", "decimal comma"),
            ("144000000", "40.0 hours"),
            ("fast", "no number"),
        ];
        for (text, problem) in cases {
            let fault = length(text, TimeUnit::Millis).map_err(said).expect_err(text);
            assert!(fault.contains(problem), "{fault}");
        }
    }

    #[test]
    fn the_size_of_a_stamp_tells_its_unit() {
        for text in
            ["1767323045", "1767323045000", "1767323045000000", "1767323045000000000", "2026-01-02T03:04:05Z"]
        {
            assert_eq!(instant(text, None), Ok(Some(1_767_323_045_000_000)), "{text}");
        }
        assert_eq!(instant("1767323045.25", None), Ok(Some(1_767_323_045_250_000)));
        assert_eq!(instant("0.5", Some(TimeUnit::Seconds)), Ok(Some(500_000)));
        assert_eq!(instant("-1500", Some(TimeUnit::Nanos)), Ok(Some(-2)));
        let cases = [
            ("0.5", "unit cannot be told"),
            ("2026-01-02 03:04", "no date"),
            ("9223372036854775807e9", "time"),
        ];
        for (text, problem) in cases {
            let fault = instant(text, None).map_err(said).expect_err(text);
            assert!(fault.contains(problem), "{fault}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_a_file_holds_can_panic(text in any::<String>(), unit in prop::sample::select(TimeUnit::ALL.to_vec())) {
            let _ = (length(&text, unit), instant(&text, Some(unit)), instant(&text, None), count::<u16>(&text), truth(&text));
        }

        #[test]
        fn no_number_can_panic(number in any::<i64>(), unit in prop::sample::select(TimeUnit::ALL.to_vec())) {
            let text = number.to_string();
            let _ = (instant(&text, Some(unit)), instant(&text, None), length(&text, unit));
        }
    }
}
