//! After − before and after ÷ before, with their intervals.

use super::pairing::Pairing;
use super::pairs::Pairs;
use super::spread::{Spread, bounded};
use crate::analyze::document::{Difference, Differences};
use crate::model::{Metric, Statistic};
use crate::stats::{Interval, bootstrap, interval, rounded, welch};

/// The differences of three percentiles and of the mean.
pub(super) fn of(before: &Spread, after: &Spread, pairing: Pairing) -> Differences {
    let pairs = match pairing {
        Pairing::Interleaved => Pairs::new(before.phase(), after.phase()),
        Pairing::Unpaired | Pairing::Foreign => None,
    };
    let at = |statistic| {
        let metric = Metric::latency(statistic);
        let [ms, ratio] = intervals(before, after, statistic, pairing);
        // As they are written, so that whoever subtracts finds the same.
        let figure = |spread: &Spread| spread.figure(metric).map(|figure| rounded(figure, 3));
        let (from, to) = (figure(before), figure(after));
        let paired = from.zip(to).and_then(|(from, to)| pairs.as_ref()?.interval(statistic, to - from));
        Difference {
            ci95_ms: ms.map(|ms| ms.rounded(3)),
            ci95_ratio: ratio.map(|ratio| ratio.rounded(4)),
            paired_ci95_ms: paired.map(|paired| paired.rounded(3)),
            ..Difference::of(from, to)
        }
    };
    let (p95, p99) = (at(Statistic::P95), at(Statistic::P99));
    Differences { p50: at(Statistic::P50), p95, p99, mean: at(Statistic::Mean) }
}

/// The intervals of after − before in milliseconds and of after ÷ before.
fn intervals(
    before: &Spread,
    after: &Spread,
    statistic: Statistic,
    pairing: Pairing,
) -> [Option<Interval>; 2] {
    let found = compared(before, after, statistic, pairing);
    found.map_or([None; 2], |[ms, ratio]| [bounded(ms), bounded(ratio)])
}

fn compared(
    before: &Spread,
    after: &Spread,
    statistic: Statistic,
    pairing: Pairing,
) -> Option<[Interval; 2]> {
    if pairing == Pairing::Foreign {
        return None;
    }
    let metric = Metric::latency(statistic);
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
    // Of a mean the pairs of requests alone say something within one repetition.
    let permille = statistic.percentile()?;
    let pairs: Vec<_> = before.resampled(permille)?.into_iter().zip(after.resampled(permille)?).collect();
    let of = |figure: fn(&(f64, f64)) -> f64| bootstrap::middle(pairs.iter().map(figure).collect());
    let (differences, ratios) = (of(|(from, to)| to - from)?, of(|(from, to)| to / from)?);
    Some([differences.widened_to(ms), ratios.widened_to(ratio)])
}
