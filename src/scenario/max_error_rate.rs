//! `load.max_error_rate`: with which share of failures a run has failed, whatever its times are.

use serde::{Deserialize, Deserializer};
use toml::Value;

use super::error::ScenarioError;
use crate::model::SlaLine;

const KEY: &str = "load.max_error_rate";

/// Text, or a number as it is written on the command line.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(Some(text)),
        number @ (Value::Integer(_) | Value::Float(_)) => Ok(Some(number.to_string())),
        _ => Err(serde::de::Error::custom("expected a share, such as \"1%\"")),
    }
}

/// A share of 1, written as that of a line of the SLA; `None` where there is none.
pub(super) fn resolve(text: Option<&str>) -> Result<Option<f64>, ScenarioError> {
    let share = |text: &str| SlaLine::parse("error_rate", text.trim()).map(|line| line.limit().value());
    text.map(share).transpose().map_err(|problem| ScenarioError::value(KEY, problem))
}

/// A search over rates judges each of its measurements.
pub(super) fn refuse(text: Option<&str>) -> Result<(), ScenarioError> {
    const PROBLEM: &str =
        "a search over rates judges failures by its SLA; use --sla error_rate=1%, and leave this out";
    text.map_or(Ok(()), |_| Err(ScenarioError::value(KEY, PROBLEM)))
}

#[cfg(test)]
mod tests {
    use super::super::raw;
    use super::*;

    #[test]
    fn a_share_is_written_as_in_the_sla() {
        let of = |text: &str| {
            let raw = raw::parse(&format!("[load]\nmax_error_rate = {text}"), "x.toml".as_ref())
                .expect("a scenario");
            resolve(raw.load.max_error_rate.as_deref())
        };
        for (text, share) in [("\"5%\"", 0.05), ("0.25", 0.25), ("0", 0.0), ("1", 1.0), ("\"100%\"", 1.0)] {
            assert_eq!(of(text).expect("a share"), Some(share), "{text}");
        }
        for bad in ["\"-1%\"", "1.5", "\"many\"", "\"101%\""] {
            let problem = of(bad).expect_err(bad).to_string();
            assert!(problem.contains(KEY) && problem.contains('%'), "{problem}");
        }
        assert_eq!(resolve(None).expect("none is none"), None);
    }
}
