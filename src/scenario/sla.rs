//! A line of the SLA: a percentile of latency and its inclusive limit.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Micros;

/// `p95 ≤ 800 ms`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlaLine {
    /// The percentile in JSON spelling: `p50`, `p95`, `p99_9`.
    pub metric: String,
    /// The limit, inclusive, in whole microseconds.
    pub limit_us: u64,
}

impl SlaLine {
    /// Percentiles that can be judged, in JSON spelling, with their value in tenths of a percent.
    pub const METRICS: [(&'static str, u64); 6] =
        [("p50", 500), ("p75", 750), ("p90", 900), ("p95", 950), ("p99", 990), ("p99_9", 999)];

    /// Parses a metric and a limit with its unit, such as `p95` and `800ms`.
    pub fn parse(metric: &str, limit: &str) -> Result<Self, String> {
        let metric = metric.replace('.', "_");
        if !SlaLine::METRICS.iter().any(|(name, _)| *name == metric) {
            let known: Vec<_> = SlaLine::METRICS.iter().map(|(name, _)| *name).collect();
            return Err(format!("unknown SLA metric `{metric}`; use one of {}", known.join(", ")));
        }
        Ok(SlaLine { metric, limit_us: parse_limit(limit)? })
    }

    /// The limit as a length of time.
    pub fn limit(&self) -> Micros {
        Micros(self.limit_us)
    }

    /// The percentile in tenths of a percent, so that ranks are whole numbers.
    pub fn permille(&self) -> u64 {
        let known = SlaLine::METRICS.iter().find(|(name, _)| *name == self.metric);
        known.map_or(1_000, |(_, permille)| *permille)
    }
}

impl fmt::Display for SlaLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = self.limit().as_millis();
        write!(f, "{} ≤ {limit} ms", self.metric.to_uppercase().replace('_', "."))
    }
}

fn parse_limit(text: &str) -> Result<u64, String> {
    let problem = || format!("`{text}` is no limit; write a number with its unit, such as 800ms or 1.5s");
    let (number, micros_per_unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e3),
        None => (text.strip_suffix('s').ok_or_else(problem)?, 1e6),
    };
    let number: f64 = number.trim().parse().map_err(|_| problem())?;
    let micros = (number * micros_per_unit).round();
    if !(1.0..=86_400e6).contains(&micros) {
        return Err(format!("`{text}` is out of range; a limit lies between 0.001ms and 86400s"));
    }
    Ok(micros as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_units() {
        let limit = |text| SlaLine::parse("p95", text).map(|line| line.limit_us);
        assert_eq!(limit("800ms"), Ok(800_000));
        assert_eq!(limit("1.5s"), Ok(1_500_000));
        assert_eq!(limit("0.5 ms"), Ok(500));
        for bad in ["800", "ms", "-1ms", "0ms", "NaNms", "1e300s", "8m"] {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn metrics_are_known_percentiles() {
        assert_eq!(SlaLine::parse("p99.9", "1s").map(|line| line.permille()), Ok(999));
        assert!(SlaLine::parse("p42", "1s").is_err_and(|problem| problem.contains("p95")));
        assert_eq!(SlaLine::parse("p99.9", "1s").map(|l| l.to_string()), Ok("P99.9 ≤ 1000 ms".into()));
    }
}
