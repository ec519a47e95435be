//! Whether a percentile rests on enough requests, and whether the repetitions agree on it.

use super::doubt::Doubt;
use super::judged::JudgedPercentile;
use crate::analyze::observed::PhaseData;
use crate::model::{Metric, Micros, Phase, Statistic};
use crate::stats::distribution::Distribution;

/// Chance of being wrong about a percentile that is still accepted.
const RISK: f64 = 0.01;

/// Medians of repetitions that are further apart than this factor disagree.
const MEDIANS_APART: f64 = 1.25;

/// The same for a judged percentile of the after phase. That of the before phase is not asked: dropped packets are
/// sent again after whole seconds, so its tail jumps by as much from repetition to repetition.
const TAILS_APART: f64 = 1.5;

/// The fewest requests from which a percentile, in tenths of a percent, can be told with 99 % confidence: the
/// smallest n for which at most 1 % of all samples have fewer than two values above the true percentile, that is
/// pⁿ + n·(1 − p)·pⁿ⁻¹ ≤ 0.01. It is the early-stopping rule of MLPerf's LoadGen, whose 64 for P90 and 662 for P99 it
/// gives; for P95 it gives 130. The maximum needs none: it is a fact about the run.
pub fn smallest_sample(permille: u64) -> u64 {
    if permille >= 1_000 {
        return 1;
    }
    let p = permille as f64 / 1e3;
    let fewer_than_two = |n: u64| p.powf(n as f64) + n as f64 * (1.0 - p) * p.powf(n as f64 - 1.0);
    (2..).find(|n| fewer_than_two(*n) <= RISK).unwrap_or(u64::MAX)
}

/// Lines whose percentile rests on too few requests.
pub(super) fn too_few(sla: &[JudgedPercentile], phase: &PhaseData) -> Vec<Doubt> {
    let n = phase.planned();
    let short = sla.iter().map(|line| (line, smallest_sample(line.permille)));
    short
        .filter(|(_, needed)| n < *needed)
        .map(|(line, needed)| Doubt::TooFewSamples { metric: line.metric, n, needed })
        .collect()
}

/// At most one doubt a phase: the first of a judged percentile on both sides of its limit, medians apart, tails apart.
pub(super) fn disagreement(sla: &[JudgedPercentile], before: &PhaseData, after: &PhaseData) -> Vec<Doubt> {
    let of = |phase, data| Repetitions::of(phase, data).disagree(sla);
    [(Phase::Before, before), (Phase::After, after)]
        .into_iter()
        .filter_map(|(phase, data)| of(phase, data))
        .collect()
}

struct Repetitions<'a> {
    phase: Phase,
    requests: u64,
    latencies: Vec<&'a Distribution>,
}

impl<'a> Repetitions<'a> {
    fn of(phase: Phase, data: &'a PhaseData) -> Self {
        Repetitions { phase, requests: data.requests(), latencies: data.repetition_latencies().collect() }
    }

    fn disagree(&self, sla: &[JudgedPercentile]) -> Option<Doubt> {
        let straddles = sla.iter().find(|line| {
            let met = |highest: Option<Micros>| highest.is_some_and(|highest| highest <= line.limit);
            let (lowest, highest) = self.range(line.permille);
            self.can_tell(line.permille) && met(lowest) != met(highest)
        });
        let apart = |permille, factor| self.can_tell(permille) && self.apart(permille, factor);
        if let Some(line) = straddles {
            return Some(self.doubt(line.metric, line.permille, Some(line.limit)));
        }
        if apart(500, MEDIANS_APART) {
            return Some(self.doubt(Metric::latency(Statistic::P50), 500, None));
        }
        let tails = sla.iter().filter(|_| self.phase == Phase::After);
        let line = tails.into_iter().find(|line| apart(line.permille, TAILS_APART))?;
        Some(self.doubt(line.metric, line.permille, None))
    }

    /// A repetition that is too short for a percentile cannot disagree about it.
    fn can_tell(&self, permille: u64) -> bool {
        self.requests >= smallest_sample(permille.max(900))
    }

    fn apart(&self, permille: u64, factor: f64) -> bool {
        match self.range(permille) {
            (Some(lowest), Some(highest)) => highest.0 as f64 > factor * lowest.0 as f64,
            (lowest, highest) => lowest != highest,
        }
    }

    /// The fastest and the slowest repetition; a rank without an answer is the slowest.
    fn range(&self, permille: u64) -> (Option<Micros>, Option<Micros>) {
        let mut figures: Vec<_> = self.latencies.iter().map(|latency| latency.percentile(permille)).collect();
        figures.sort_by_key(|figure| (figure.is_none(), *figure));
        (figures.first().copied().flatten(), figures.last().copied().flatten())
    }

    fn doubt(&self, metric: Metric, permille: u64, limit: Option<Micros>) -> Doubt {
        let (lowest, highest) = self.range(permille);
        Doubt::RepetitionsDisagree { phase: self.phase, metric, lowest, highest, limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::phase;

    const P50: Metric = Metric::latency(Statistic::P50);
    const P95: Metric = Metric::latency(Statistic::P95);

    fn p95(limit_ms: u64) -> [JudgedPercentile; 1] {
        [JudgedPercentile { metric: P95, permille: 950, limit: Micros(limit_ms * 1_000) }]
    }

    #[test]
    fn the_rule_gives_the_published_numbers() {
        assert_eq!([900, 950, 990, 1_000].map(smallest_sample), [64, 130, 662, 1]);
    }

    #[test]
    fn a_percentile_needs_its_number_of_requests() {
        let kinds = |n| too_few(&p95(800), &phase(&[&vec![5_000; n]])).len();
        assert_eq!((kinds(129), kinds(130)), (1, 0));
    }

    #[test]
    fn repetitions_disagree_where_the_verdict_or_the_median_hangs_on_them() {
        let steady = phase(&[&[600_000; 200], &[610_000; 200]]);
        let limit = p95(800);
        assert_eq!(disagreement(&limit, &steady, &steady), []);
        let straddling = phase(&[&[790_000; 200], &[810_000; 200]]);
        let drifting = phase(&[&[900_000; 200], &[1_200_000; 200]]);
        let found = disagreement(&limit, &drifting, &straddling);
        let metrics: Vec<_> = found
            .iter()
            .map(|doubt| match doubt {
                Doubt::RepetitionsDisagree { phase, metric, limit, .. } => (*phase, *metric, limit.is_some()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(metrics, [(Phase::Before, P50, false), (Phase::After, P95, true)]);
        let short = phase(&[&[790_000; 40], &[1_200_000; 40]]);
        assert_eq!(disagreement(&limit, &short, &short), [], "too short to tell");
    }

    #[test]
    fn a_tail_of_retransmissions_may_jump_in_the_before_phase_only() {
        let tail = |slow| {
            let mut latencies = vec![900_000_u64; 200];
            latencies[..20].fill(slow);
            latencies
        };
        let (one, three) = (tail(1_900_000), tail(3_900_000));
        let jumping = phase(&[&one, &three]);
        let found = disagreement(&p95(800), &jumping, &jumping);
        assert!(
            matches!(found.as_slice(), [Doubt::RepetitionsDisagree { phase: Phase::After, .. }]),
            "{found:?}"
        );
    }
}
