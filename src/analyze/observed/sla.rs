//! Whether a phase keeps the lines of the SLA.

use super::phase::PhaseData;
use crate::model::{Limit, Metric, SlaLine};

/// Whether a phase keeps a line, in whole numbers wherever there is a division, so that nothing is
/// rounded across the limit.
pub(in crate::analyze) fn meets(line: &SlaLine, phase: &PhaseData) -> bool {
    let (planned, succeeded) = (u128::from(phase.planned()), u128::from(phase.succeeded()));
    let latency = phase.latency();
    match (line.metric(), line.limit()) {
        (Metric::Percentile(permille), Limit::Time(most)) => {
            latency.percentile(permille).is_some_and(|found| found.0 <= most)
        }
        (Metric::Max, Limit::Time(most)) => latency.max().is_some_and(|found| found.0 <= most),
        (Metric::Mean, Limit::Time(most)) => latency.mean().is_some_and(|found| found <= most as f64),
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
