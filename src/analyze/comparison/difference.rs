//! After − before and after ÷ before, with their intervals.

use super::pairing::Pairing;
use super::spread::{Spread, bounded};
use crate::analyze::document::{Difference, ThreeDifferences};
use crate::model::Metric;
use crate::stats::{Interval, bootstrap, interval, welch};

/// The differences of three percentiles.
pub(super) fn three(before: &Spread, after: &Spread, pairing: Pairing) -> ThreeDifferences {
    let at = |permille| {
        let metric = Metric::latency_percentile(permille);
        let [ms, ratio] = intervals(before, after, permille, pairing);
        Difference {
            ci95_ms: ms.map(|ms| ms.rounded(3)),
            ci95_ratio: ratio.map(|ratio| ratio.rounded(4)),
            ..Difference::of(before.figure(metric), after.figure(metric))
        }
    };
    ThreeDifferences { p50: at(500), p95: at(950), p99: at(990) }
}

/// The intervals of after − before in milliseconds and of after ÷ before.
fn intervals(before: &Spread, after: &Spread, permille: u64, pairing: Pairing) -> [Option<Interval>; 2] {
    compared(before, after, permille, pairing).map_or([None; 2], |[ms, ratio]| [bounded(ms), bounded(ratio)])
}

fn compared(before: &Spread, after: &Spread, permille: u64, pairing: Pairing) -> Option<[Interval; 2]> {
    if pairing == Pairing::Foreign {
        return None;
    }
    let metric = Metric::latency_percentile(permille);
    let (from, to) = (before.figure(metric)?, after.figure(metric)?);
    let (ms, ratio) = (to - from, (from > 0.0).then(|| to / from)?);
    if before.repetitions().max(after.repetitions()) > 1 {
        let all = |spread: &Spread| spread.figures(metric).into_iter().collect::<Option<Vec<_>>>();
        let (before, after) = (all(before)?, all(after)?);
        if pairing == Pairing::Unpaired {
            return Some([
                welch::of_difference(&before, &after, ms)?,
                welch::of_ratio(&before, &after, ratio)?,
            ]);
        }
        let pairs: Vec<_> = before.into_iter().zip(after).collect();
        return Some([interval::of_difference(&pairs, ms)?, interval::of_ratio(&pairs, ratio)?]);
    }
    let pairs: Vec<_> = before.resampled(permille)?.into_iter().zip(after.resampled(permille)?).collect();
    let of = |figure: fn(&(f64, f64)) -> f64| bootstrap::middle(pairs.iter().map(figure).collect());
    let (differences, ratios) = (of(|(from, to)| to - from)?, of(|(from, to)| to / from)?);
    Some([differences.widened_to(ms), ratios.widened_to(ratio)])
}
