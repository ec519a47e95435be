//! Whether a phase keeps the lines of the SLA.

use super::phase::PhaseData;
use crate::model::{Limit, Metric, Micros, SlaLine, Statistic, Subject};

/// Whether a phase keeps a line, in whole numbers wherever there is a division, so that nothing is
/// rounded across the limit.
pub(in crate::analyze) fn meets(line: &SlaLine, phase: &PhaseData) -> bool {
    let (planned, succeeded) = (u128::from(phase.planned()), u128::from(phase.succeeded()));
    let latency = phase.latency();
    let within = |found: Option<Micros>, most| found.is_some_and(|found| found.0 <= most);
    match (line.metric(), line.limit()) {
        (Metric::Time(Subject::Latency, statistic), Limit::Time(most)) => match statistic {
            Statistic::Min => within(latency.min(), most),
            Statistic::Mean => latency.mean().is_some_and(|found| found <= most as f64),
            Statistic::Percentile(permille) => within(latency.percentile(permille), most),
            Statistic::Max => within(latency.max(), most),
        },
        (Metric::ErrorRate, Limit::Share(millionths)) => {
            (planned - succeeded) * 1_000_000 <= planned * u128::from(millionths)
        }
        (Metric::Throughput, Limit::Rate(thousandths)) => {
            let busy = u128::from(phase.busy().0);
            busy > 0 && succeeded * 1_000_000_000 >= u128::from(thousandths) * busy
        }
        // A line is made with a limit of its metric's kind.
        _ => false,
    }
}
