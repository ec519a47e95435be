//! Lengths of time as a scenario writes them: `"10s"`, `"1.5 min"`.

use std::time::Duration;

const UNITS: [(&str, f64); 5] = [("ms", 1.0), ("s", 1e3), ("min", 60e3), ("m", 60e3), ("h", 3_600e3)];

/// A number with its unit, of at most so many hours; `None` where it is none.
pub(super) fn parse(text: &str, hours: u32) -> Option<Duration> {
    let text = text.trim();
    let with_unit = |(unit, scale): (&str, f64)| {
        let number = text.strip_suffix(unit)?.trim_end();
        // What `parse` takes beside digits, such as `inf` and `1e3`, is no time that anybody writes.
        let plain = number.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
        Some(number.parse::<f64>().ok().filter(|_| plain)? * scale)
    };
    let millis = UNITS.into_iter().find_map(with_unit)?;
    (millis <= f64::from(hours) * 3_600e3).then(|| Duration::from_micros((millis * 1e3).round() as u64))
}
