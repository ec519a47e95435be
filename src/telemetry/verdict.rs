//! What is slow by the SLA, and how its lines came out.

use crate::model::{Limit, Metric, Micros, SlaLine, Statistic, Verdict};

/// How the comparison came out.
#[derive(Clone, Debug, PartialEq)]
pub struct VerdictFigures {
    /// Each line.
    pub lines: Vec<LineFigures>,
    /// All in all.
    pub verdict: Verdict,
}

/// A line of the SLA and what became of it; figures are in the unit of its metric.
#[derive(Clone, Debug, PartialEq)]
pub struct LineFigures {
    /// What is judged.
    pub metric: Metric,
    /// What the before phase reached.
    pub before: Option<f64>,
    /// What the after phase reached.
    pub after: Option<f64>,
    /// Whether the after phase met the line.
    pub verdict: Verdict,
}

/// The limit of a time, in microseconds.
pub(super) fn limit_us(line: &SlaLine) -> Option<u64> {
    match line.limit() {
        Limit::Time(micros) => Some(micros),
        Limit::Share(_) | Limit::Rate(_) => None,
    }
}

/// In percent, where the metric is a percentile; the maximum is the highest.
pub(super) fn percent(metric: Metric) -> Option<f64> {
    match metric.statistic()? {
        Statistic::Percentile(permille) => Some(permille as f64 / 10.0),
        Statistic::Max => Some(100.0),
        Statistic::Min | Statistic::Mean => None,
    }
}

/// Above this a request is slow: the limit of the highest percentile that the SLA judges, for that is the line on
/// the tail. A lower one is to be exceeded by many, and a mean says nothing of a single request.
pub(super) fn slow_above(sla: &[SlaLine]) -> Option<Micros> {
    let ranked = sla.iter().filter_map(|line| Some((percent(line.metric())?, limit_us(line)?)));
    ranked.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, limit)| Micros(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow_above_ms(sla: &[(&str, &str)]) -> Option<u64> {
        let line = |(metric, limit): &(&str, &str)| SlaLine::parse(metric, limit).expect("a good line");
        let lines: Vec<SlaLine> = sla.iter().map(line).collect();
        slow_above(&lines).map(|limit| limit.0 / 1_000)
    }

    #[test]
    fn slow_is_above_the_limit_of_the_highest_percentile() {
        assert_eq!(slow_above_ms(&[("p95", "800ms"), ("p50", "300ms")]), Some(800));
        assert_eq!(slow_above_ms(&[("p99", "900ms"), ("p99_9", "1500ms"), ("p95", "800ms")]), Some(1_500));
        assert_eq!(slow_above_ms(&[("max", "2s"), ("p99_9", "1500ms")]), Some(2_000));
        assert_eq!(slow_above_ms(&[("mean", "200ms"), ("p50", "300ms"), ("error_rate", "1")]), Some(300));
        assert_eq!(slow_above_ms(&[("mean", "200ms"), ("error_rate", "1")]), None);
    }
}
