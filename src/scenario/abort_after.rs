//! `load.abort_after`: for how long nothing but failures may end before a phase does.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use toml::Value;

use super::error::ScenarioError;
use super::length;

const KEY: &str = "load.abort_after";
/// A day: longer than any request may take.
const LONGEST_HOURS: u32 = 24;

/// Text, or the number 0, as it is written on the command line.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        other => other.to_string(),
    })
}

/// `None` is never.
pub(super) fn resolve(text: &str) -> Result<Option<Duration>, ScenarioError> {
    let text = text.trim();
    if matches!(text, "off" | "0") {
        return Ok(None);
    }
    let wrong = || {
        let problem = format!(
            "`{text}` is no time; write one with its unit, such as \"10s\" or \"500ms\", up to 24h, or \"off\""
        );
        ScenarioError::value(KEY, problem)
    };
    let lasting = length::parse(text, LONGEST_HOURS).ok_or_else(wrong)?;
    Ok(Some(lasting).filter(|lasting| !lasting.is_zero()))
}

#[cfg(test)]
mod tests {
    use super::super::raw;
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_off_is_never() {
        for (text, millis) in [
            ("10s", Some(10_000)),
            ("1.5 s", Some(1_500)),
            ("500ms", Some(500)),
            ("2m", Some(120_000)),
            ("2min", Some(120_000)),
            ("24h", Some(86_400_000)),
            ("off", None),
            ("0", None),
            ("0s", None),
        ] {
            assert_eq!(resolve(text).expect("a time"), millis.map(Duration::from_millis), "{text}");
        }
        for bad in ["10", "", "s", "-1s", "infs", "NaNs", "1e3s", "25h", "never"] {
            let problem = resolve(bad).expect_err(bad).to_string();
            assert!(problem.contains(KEY) && problem.contains("\"off\""), "{problem}");
        }
    }

    #[test]
    fn nought_needs_no_unit_and_no_quotation_marks() {
        let of = |text: &str| raw::parse(&format!("[load]\nabort_after = {text}"), "x.toml".as_ref());
        for (written, text) in [("0", "0"), ("\"off\"", "off"), ("\"3s\"", "3s")] {
            assert_eq!(of(written).expect("a scenario").load.abort_after, text);
        }
    }
}
