//! A line of the SLA: what is judged, and its inclusive limit.

use serde::{Deserialize, Serialize};

use super::{Metric, Micros, Unit};

/// A limit, as the whole number that a comparison without rounding needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// Microseconds, at most.
    #[serde(rename = "limit_us")]
    Time(u64),
    /// Millionths of the planned requests, at most.
    #[serde(rename = "limit_ppm")]
    Share(u64),
    /// Thousandths of a request a second, at least.
    #[serde(rename = "limit_mrps")]
    Rate(u64),
}

/// `p95 ≤ 800 ms`. Metric and limit fit each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SlaLineForm", into = "SlaLineForm")]
pub struct SlaLine {
    metric: Metric,
    limit: Limit,
}

/// As it stands in the manifest.
#[derive(Serialize, Deserialize)]
struct SlaLineForm {
    metric: Metric,
    #[serde(flatten)]
    limit: Limit,
}

impl SlaLine {
    /// Parses a metric and a limit with its unit, such as `p95` and `800ms`.
    pub fn parse(metric: &str, limit: &str) -> Result<Self, String> {
        let metric: Metric = metric.parse()?;
        let limit = match metric.unit() {
            Unit::Milliseconds => Limit::Time(parse_time(limit)?),
            Unit::Share => Limit::Share(parse_share(limit)?),
            Unit::RequestsPerSecond => Limit::Rate(parse_rate(limit)?),
        };
        Ok(SlaLine { metric, limit })
    }

    /// What is judged.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The limit.
    pub fn limit(&self) -> Limit {
        self.limit
    }
}

impl Limit {
    /// In the unit of the reports: milliseconds, a share of 1, requests a second.
    pub fn value(self) -> f64 {
        match self {
            Limit::Time(micros) => Micros(micros).as_millis(),
            Limit::Share(millionths) => millionths as f64 / 1e6,
            Limit::Rate(thousandths) => thousandths as f64 / 1e3,
        }
    }

    /// The unit of the reports.
    pub fn unit(self) -> Unit {
        match self {
            Limit::Time(_) => Unit::Milliseconds,
            Limit::Share(_) => Unit::Share,
            Limit::Rate(_) => Unit::RequestsPerSecond,
        }
    }
}

impl From<SlaLine> for SlaLineForm {
    fn from(line: SlaLine) -> Self {
        SlaLineForm { metric: line.metric, limit: line.limit }
    }
}

impl TryFrom<SlaLineForm> for SlaLine {
    type Error = String;

    fn try_from(written: SlaLineForm) -> Result<Self, String> {
        let SlaLineForm { metric, limit } = written;
        let fits = metric.unit() == limit.unit();
        fits.then_some(SlaLine { metric, limit })
            .ok_or_else(|| format!("`{metric}` has a limit of another metric"))
    }
}

fn parse_time(text: &str) -> Result<u64, String> {
    let problem = || format!("`{text}` is no limit; write a number with its unit, such as 800ms or 1.5s");
    let (number, micros_per_unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e3),
        None => (text.strip_suffix('s').ok_or_else(problem)?, 1e6),
    };
    let micros = (number_of(number).ok_or_else(problem)? * micros_per_unit).round();
    if !(1.0..=86_400e6).contains(&micros) {
        return Err(format!("`{text}` is out of range; a limit lies between 0.001ms and 86400s"));
    }
    Ok(micros as u64)
}

fn parse_share(text: &str) -> Result<u64, String> {
    let problem = || format!("`{text}` is no limit; write a share of the requests, such as 1% or 0.01");
    let (number, millionths_per_unit) = match text.strip_suffix('%') {
        Some(number) => (number, 1e4),
        None => (text, 1e6),
    };
    let share = number_of(number).ok_or_else(problem)? * millionths_per_unit;
    // A limit that is not zero must not become one.
    if share != 0.0 && !(1.0..=1e6).contains(&share) {
        return Err(format!("`{text}` is out of range; a limit is 0 or lies between 0.0001% and 100%"));
    }
    Ok(share.round() as u64)
}

fn parse_rate(text: &str) -> Result<u64, String> {
    let problem = || format!("`{text}` is no limit; write requests a second, such as 100rps");
    let number = text.strip_suffix("rps").and_then(number_of).ok_or_else(problem)?;
    let thousandths = (number * 1e3).round();
    if !(1.0..=1e12).contains(&thousandths) {
        return Err(format!("`{text}` is out of range; a limit lies between 0.001rps and 1000000000rps"));
    }
    Ok(thousandths as u64)
}

fn number_of(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| !number.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(metric: &str, text: &str) -> Result<Limit, String> {
        SlaLine::parse(metric, text).map(|line| line.limit())
    }

    #[test]
    fn limits_have_units() {
        assert_eq!(limit("p95", "800ms"), Ok(Limit::Time(800_000)));
        assert_eq!(limit("mean", "1.5s"), Ok(Limit::Time(1_500_000)));
        assert_eq!(limit("max", "0.5 ms"), Ok(Limit::Time(500)));
        for bad in ["800", "ms", "-1ms", "0ms", "NaNms", "1e300s", "8m", "1%", "5rps"] {
            assert!(limit("p95", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_error_rate_is_a_share_or_a_percentage() {
        for (text, millionths) in
            [("1%", 10_000), ("0.01", 10_000), ("0", 0), ("0.7%", 7_000), ("1", 1_000_000)]
        {
            assert_eq!(limit("error_rate", text), Ok(Limit::Share(millionths)), "{text}");
        }
        for bad in ["1ms", "%", "-1%", "101%", "2", "0.00001%", "NaN", "inf"] {
            assert!(limit("error_rate", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_throughput_is_in_requests_a_second() {
        assert_eq!(limit("throughput", "100rps"), Ok(Limit::Rate(100_000)));
        assert_eq!(limit("throughput", "0.5 rps"), Ok(Limit::Rate(500)));
        for bad in ["100", "100ms", "rps", "0rps", "-1rps", "infrps"] {
            assert!(limit("throughput", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_line_survives_the_manifest() {
        let lines = [
            (SlaLine::parse("p95", "800ms"), r#"{"metric":"p95","limit_us":800000}"#),
            (SlaLine::parse("error_rate", "1%"), r#"{"metric":"error_rate","limit_ppm":10000}"#),
            (SlaLine::parse("throughput", "50rps"), r#"{"metric":"throughput","limit_mrps":50000}"#),
        ];
        for (line, json) in lines {
            let line = line.expect("a line");
            assert_eq!(serde_json::to_string(&line).expect("plain data"), json);
            assert_eq!(serde_json::from_str::<SlaLine>(json).expect("as written"), line);
        }
        let torn = serde_json::from_str::<SlaLine>(r#"{"metric":"p95","limit_ppm":5}"#);
        assert!(torn.is_err_and(|error| error.to_string().contains("another metric")));
    }
}
