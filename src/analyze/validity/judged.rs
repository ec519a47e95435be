//! The percentiles that the SLA is about.

use crate::model::{Limit, Metric, Micros, SlaLine};

/// A percentile that a line of the SLA judges.
#[derive(Clone, Debug)]
pub(super) struct JudgedPercentile {
    /// What the line judges.
    pub metric: Metric,
    /// In tenths of a percent.
    pub permille: u64,
    /// Inclusive.
    pub limit: Micros,
}

/// Those of these lines.
pub(super) fn judged(sla: &[SlaLine]) -> Vec<JudgedPercentile> {
    let judged = |line: &SlaLine| {
        let (metric, Limit::Time(limit)) = (line.metric(), line.limit()) else { return None };
        Some(JudgedPercentile { metric, permille: metric.percentile()?, limit: Micros(limit) })
    };
    sla.iter().filter_map(judged).collect()
}
