//! `load.warmup`: what is sent before the first repetition, so that no phase meets a cold server.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::error::ScenarioError;
use super::length;

const KEY: &str = "load.warmup";
/// More than anything takes to get warm.
const LONGEST_HOURS: u32 = 1;

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Warmup {
    /// Nothing.
    None,
    /// The distinct bodies of this share of the plan, from its start, each once; 1 is all of it.
    Share(f64),
    /// Distinct bodies of the plan, again and again, for so long.
    Time(Duration),
}

/// As it is written.
impl fmt::Display for Warmup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warmup::None => f.write_str("none"),
            Warmup::Share(1.0) => f.write_str("all"),
            Warmup::Share(share) => write!(f, "{}%", share * 100.0),
            Warmup::Time(time) => write!(f, "{}s", time.as_secs_f64()),
        }
    }
}

impl Serialize for Warmup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `None` is `auto`: what is right hangs on the target.
pub(super) fn resolve(text: &str) -> Result<Option<Warmup>, ScenarioError> {
    let text = text.trim();
    let wrong = || {
        let problem = format!(
            "`{text}` is no warm-up; use \"all\" (each distinct body of the plan once), a share of the plan such as \"20%\", a time \
             such as \"10s\" (up to 1h), \"none\", or \"auto\" (all where there is a target, none with the mock)"
        );
        ScenarioError::value(KEY, problem)
    };
    match text {
        "auto" => return Ok(None),
        "all" => return Ok(Some(Warmup::Share(1.0))),
        "none" | "off" | "0" => return Ok(Some(Warmup::None)),
        _ => {}
    }
    if let Some(number) = text.strip_suffix('%') {
        let plain = number.trim_end().chars().all(|letter| letter.is_ascii_digit() || letter == '.');
        let percent: f64 = number.trim_end().parse().ok().filter(|_| plain).ok_or_else(wrong)?;
        return match percent {
            0.0 => Ok(Some(Warmup::None)),
            percent if percent <= 100.0 => Ok(Some(Warmup::Share(percent / 100.0))),
            _ => Err(wrong()),
        };
    }
    match length::parse(text, LONGEST_HOURS).ok_or_else(wrong)? {
        Duration::ZERO => Ok(Some(Warmup::None)),
        time => Ok(Some(Warmup::Time(time))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_a_share_a_time_or_none() {
        let time = |seconds| Some(Warmup::Time(Duration::from_secs_f64(seconds)));
        for (text, warmup, written) in [
            ("auto", None, ""),
            ("all", Some(Warmup::Share(1.0)), "all"),
            ("100%", Some(Warmup::Share(1.0)), "all"),
            ("20 %", Some(Warmup::Share(0.2)), "20%"),
            ("0.5%", Some(Warmup::Share(0.005)), "0.5%"),
            ("10s", time(10.0), "10s"),
            ("1500ms", time(1.5), "1.5s"),
            ("2m", time(120.0), "120s"),
            ("none", Some(Warmup::None), "none"),
            ("0%", Some(Warmup::None), "none"),
            ("0s", Some(Warmup::None), "none"),
            ("0", Some(Warmup::None), "none"),
        ] {
            assert_eq!(resolve(text).expect("a warm-up"), warmup, "{text}");
            assert_eq!(warmup.map_or(String::new(), |warmup| warmup.to_string()), written);
        }
        for bad in
            ["", "some", "10", "101%", "-1%", "NaN%", "1e1%", "%", "2h", "-1s", "infs", "99999999999999h"]
        {
            let problem = resolve(bad).expect_err(bad).to_string();
            assert!(problem.contains(KEY) && problem.contains("\"all\""), "{problem}");
        }
    }
}
