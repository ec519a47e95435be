//! What is judged and how it came out, as plain figures: telemetry knows neither scenario nor analysis.

use crate::model::Micros;

/// The unit of a line of the SLA, as metrics have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Of a time.
    Seconds,
    /// Of a share of 1.
    Ratio,
    /// Of a rate.
    RequestsPerSecond,
}

/// A line of the SLA and, at the end, what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Such as `p95`.
    pub metric: String,
    /// Of the three figures below.
    pub unit: Unit,
    /// Inclusive.
    pub limit: f64,
    /// What the before phase reached.
    pub before: Option<f64>,
    /// What the after phase reached.
    pub after: Option<f64>,
    /// Whether the after phase met the line.
    pub met: bool,
}

impl Line {
    /// The limit of a time, in microseconds.
    pub(super) fn limit_us(&self) -> Option<u64> {
        (self.unit == Unit::Seconds).then(|| (self.limit * 1e6).round() as u64)
    }

    /// In percent, where the line is on a percentile; the maximum is the highest.
    pub(super) fn percentile(&self) -> Option<f64> {
        match self.metric.as_str() {
            "max" => Some(100.0),
            metric => metric.strip_prefix('p')?.replace('_', ".").parse().ok(),
        }
    }
}

/// Above this a request is slow: the limit of the highest percentile that the SLA judges, for that is the line on
/// the tail. A lower one is to be exceeded by many, and a mean says nothing of a single request.
pub(super) fn slow_above(sla: &[Line]) -> Option<Micros> {
    let ranked = sla.iter().filter_map(|line| Some((line.percentile()?, line.limit_us()?)));
    ranked.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, limit)| Micros(limit))
}

/// How the comparison came out.
#[derive(Clone, Debug, PartialEq)]
pub struct VerdictFigures {
    /// Each line.
    pub lines: Vec<Line>,
    /// All in all.
    pub met: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow_above_ms(sla: &[(&str, f64)]) -> Option<u64> {
        let line = |&(metric, ms): &(&str, f64)| Line {
            metric: metric.into(),
            unit: if metric == "error_rate" { Unit::Ratio } else { Unit::Seconds },
            limit: ms / 1e3,
            before: None,
            after: None,
            met: false,
        };
        let lines: Vec<Line> = sla.iter().map(line).collect();
        slow_above(&lines).map(|limit| limit.0 / 1_000)
    }

    #[test]
    fn slow_is_above_the_limit_of_the_highest_percentile() {
        assert_eq!(slow_above_ms(&[("p95", 800.0), ("p50", 300.0)]), Some(800));
        assert_eq!(slow_above_ms(&[("p99", 900.0), ("p99_9", 1_500.0), ("p95", 800.0)]), Some(1_500));
        assert_eq!(slow_above_ms(&[("max", 2_000.0), ("p99_9", 1_500.0)]), Some(2_000));
        assert_eq!(slow_above_ms(&[("mean", 200.0), ("p50", 300.0), ("error_rate", 1.0)]), Some(300));
        assert_eq!(slow_above_ms(&[("mean", 200.0), ("error_rate", 1.0)]), None);
    }
}
