//! Whether the gain is one: the interval of the difference that the SLA is about.

use super::{Doubt, Judged};
use crate::analyze::comparison::{Difference, ThreeDifferences};

/// The first judged percentile whose gain may be chance. A phase that is not faster has no gain to doubt.
pub(super) fn uncertain(judged: &[Judged], difference: &ThreeDifferences) -> Option<Doubt> {
    judged.iter().find_map(|line| {
        let of_line = of(difference, line.permille)?;
        let (ms, interval) = of_line.ms.zip(of_line.ci95_ms)?;
        (ms < 0.0 && interval.holds(0.0)).then(|| Doubt::GainUncertain {
            metric: line.metric.clone(),
            ms,
            interval,
        })
    })
}

fn of(difference: &ThreeDifferences, permille: u64) -> Option<&Difference> {
    match permille {
        500 => Some(&difference.p50),
        950 => Some(&difference.p95),
        990 => Some(&difference.p99),
        _ => None,
    }
}
