//! The percentiles that the SLA is about.

use crate::model::{Limit, Metric, Micros, SlaLine};

/// A percentile that a line of the SLA judges.
#[derive(Clone, Debug)]
pub(super) struct JudgedPercentile {
    /// Such as `p95`.
    pub metric: String,
    /// In tenths of a percent.
    pub permille: u64,
    /// Inclusive.
    pub limit: Micros,
}

/// Those of these lines.
pub(super) fn judged(sla: &[SlaLine]) -> Vec<JudgedPercentile> {
    let judged = |line: &SlaLine| match (line.metric(), line.limit()) {
        (Metric::Percentile(permille), Limit::Time(limit)) => {
            Some(JudgedPercentile { metric: line.name().to_string(), permille, limit: Micros(limit) })
        }
        _ => None,
    };
    sla.iter().filter_map(judged).collect()
}
