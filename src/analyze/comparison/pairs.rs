//! The interval of a difference over pairs of requests: both phases send request by request the same, so what a request has
//! by itself, its body and with open arrivals its moment, is in both and cancels.
//!
//! Blocks of neighbours in the plan are drawn with replacement, the same ones in both phases, and of a request all of its
//! repetitions together, for they have the same arrivals. So the interval says how far the difference would move with
//! other requests of this kind; how far repetitions lie apart is not in it.

use super::resampled;
use super::spread::bounded;
use crate::analyze::observed::{Observation, PhaseData};
use crate::model::{Micros, Statistic};
use crate::stats::bootstrap::{self, Blocks};
use crate::stats::{Distribution, Interval};

/// The seed of all resamples: equal draws are what makes pairs of them.
const SEED: u64 = 0x70_61_69_72;

/// How many requests, as good as independent, have to be slower than a percentile for its difference to be bounded.
const BEYOND: f64 = 5.0;
/// A mean rests on the slow ones as P97 does; in thousandths.
const AS_RARE_AS_MEAN: u64 = 30;

/// What both phases took for each request.
#[derive(Debug)]
pub(super) struct Pairs<'a> {
    before: PairedPhase<'a>,
    after: PairedPhase<'a>,
    blocks: Blocks,
}

/// One phase of it.
#[derive(Debug)]
struct PairedPhase<'a> {
    latency: &'a Distribution,
    repetitions: usize,
    /// Latencies in microseconds in the order of the plan, the repetitions of a request side by side; `None` without an
    /// answer.
    in_order: Vec<Option<u64>>,
}

impl<'a> Pairs<'a> {
    /// `None` where a planned request of either has no row, or where they are not of the same requests.
    pub(super) fn new(before: &'a PhaseData, after: &'a PhaseData) -> Option<Self> {
        let same = before.requests() == after.requests() && before.repetitions() == after.repetitions();
        let whole = before.missing() == 0 && after.missing() == 0 && before.planned() > 0;
        if !same || !whole {
            return None;
        }
        let (before, after) = (PairedPhase::of(before), PairedPhase::of(after));
        let blocks = Blocks::of_queue(&before.ranks()).longer(Blocks::of_queue(&after.ranks()));
        Some(Pairs { before, after, blocks })
    }

    /// The interval of after − before in milliseconds around its point estimate; `None` where the requests that are as good
    /// as independent are too few. Their number comes from all latencies, not from how far the resamples spread: whoever
    /// states an interval only where it is narrow is wrong more often than the interval says. It is an estimate too, and
    /// where it barely suffices it is more often too high than too low: so the interval is widened there, to twice its width
    /// at the bound. `cargo bench --bench interval_coverage` says what comes of it.
    pub(super) fn interval(&self, statistic: Statistic, point: f64) -> Option<Interval> {
        let beyond = statistic.percentile().map_or(AS_RARE_AS_MEAN, |permille| 1_000 - permille);
        let found = self.blocks.apart() * beyond as f64 / 1e3;
        if found < BEYOND {
            return None;
        }
        let blocks = self.blocks.stretched(1.0 + (BEYOND / found).powi(2));
        let differences = match statistic {
            Statistic::Percentile(permille) => {
                let of = |side: &PairedPhase| side.percentiles(permille, blocks);
                of(&self.before)?.into_iter().zip(of(&self.after)?).map(|(from, to)| to - from).collect()
            }
            Statistic::Mean => {
                let deviations = bootstrap::deviations(&self.mean_differences(), blocks, SEED);
                deviations.into_iter().map(|deviation| point + deviation).collect()
            }
            Statistic::Min | Statistic::Max => return None,
        };
        bounded(bootstrap::middle(differences)?.widened_to(point))
    }

    /// In milliseconds, of each request over its repetitions; a request without an answer has no part in it, and the
    /// mean that this is for is none then.
    fn mean_differences(&self) -> Vec<f64> {
        let sums = self.before.sums().zip(self.after.sums());
        sums.map(|(from, to)| (to - from) / self.before.repetitions as f64).collect()
    }
}

impl<'a> PairedPhase<'a> {
    fn of(phase: &'a PhaseData) -> Self {
        let repetitions = phase.repetitions() as usize;
        let mut in_order = vec![None; phase.requests() as usize * repetitions];
        for (at, repetition) in (1..=phase.repetitions()).enumerate() {
            for row in phase.repetition(repetition).filter(|row| Observation::succeeded(row)) {
                in_order[row.seq() as usize * repetitions + at] = Some(row.latency().0);
            }
        }
        PairedPhase { latency: phase.latency(), repetitions, in_order }
    }

    fn percentiles(&self, permille: u64, blocks: Blocks) -> Option<Vec<f64>> {
        resampled::percentiles(self.latency, permille, (&self.in_order, self.repetitions), blocks, SEED)
    }

    fn sums(&self) -> impl Iterator<Item = f64> {
        let sum =
            |those: &[Option<u64>]| those.iter().flatten().map(|micros| Micros(*micros).as_millis()).sum();
        self.in_order.chunks(self.repetitions).map(sum)
    }

    /// Which of 256 equal parts of all latencies each lies in, the mean over a request's repetitions; fine enough for a
    /// correlation, and no million of them is sorted again.
    fn ranks(&self) -> Vec<f64> {
        const PARTS: u64 = 256;
        let edge = |part: u64| self.latency.at_rank(part * self.latency.planned() / PARTS + 1);
        let edges: Vec<u64> = (0..PARTS).filter_map(edge).map(|edge| edge.0).collect();
        let rank = |latency: &Option<u64>| edges.partition_point(|edge| *edge < latency.unwrap_or(u64::MAX));
        let ranks = |those: &[Option<u64>]| those.iter().map(rank).sum::<usize>() as f64;
        self.in_order.chunks(self.repetitions).map(ranks).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::phase;
    use crate::stats::SplitMix64;

    /// Latencies in microseconds of so many requests.
    fn drawn(seed: u64, requests: usize) -> Vec<u64> {
        let mut random = SplitMix64::new(seed);
        (0..requests).map(|_| 100_000 + random.below(900_000)).collect()
    }

    fn interval(before: &[&[u64]], after: &[&[u64]], statistic: Statistic, point: f64) -> Option<Interval> {
        let (before, after) = (phase(before), phase(after));
        Pairs::new(&before, &after)?.interval(statistic, point)
    }

    #[test]
    fn what_a_request_has_by_itself_cancels() {
        let before = drawn(1, 2_000);
        let after: Vec<_> = before.iter().map(|latency| latency - 50_000).collect();
        for statistic in [Statistic::P50, Statistic::P95, Statistic::P99, Statistic::Mean] {
            let found =
                interval(&[&before[..]; 2], &[&after[..]; 2], statistic, -50.0).expect("enough requests");
            assert!(
                (found.lo + 50.0).abs() < 1e-6 && (found.hi + 50.0).abs() < 1e-6,
                "{statistic}: {found:?}"
            );
        }
        let other = drawn(2, 2_000);
        let found = interval(&[&before], &[&other], Statistic::P50, 0.0).expect("enough requests");
        assert!(found.hi - found.lo > 40.0, "other work is no pair: {found:?}");
    }

    #[test]
    fn too_few_independent_requests_have_no_interval() {
        let found = |requests, statistic| {
            let latencies = drawn(1, requests);
            interval(&[&latencies], &[&latencies], statistic, 0.0).is_some()
        };
        let stated =
            [60, 300, 900].map(|n| [Statistic::P50, Statistic::P95, Statistic::P99].map(|one| found(n, one)));
        assert_eq!(stated, [[true, false, false], [true, true, false], [true, true, true]]);
        let slow: Vec<u64> = drawn(1, 30).iter().flat_map(|latency| [*latency; 30]).collect();
        assert_eq!(interval(&[&slow], &[&slow], Statistic::P95, 0.0), None, "30 of them, each thirty times");
        assert!(!found(900, Statistic::Max));
    }

    #[test]
    fn other_requests_are_no_pairs() {
        let [one, more] = [drawn(1, 100), drawn(1, 101)];
        assert!(Pairs::new(&phase(&[&one]), &phase(&[&more])).is_none());
        assert!(Pairs::new(&phase(&[&one]), &phase(&[&one, &one])).is_none());
    }
}
