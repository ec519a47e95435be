//! `comparison.json`, schema 1. Times are in milliseconds; `null` is a rank that no success has.

use std::collections::BTreeMap;

use serde::Serialize;

use super::runs::RunsCompared;
use super::spread::{self, Pairing, Spread};
use crate::model::Metric;
use crate::model::Micros;
use crate::stats::Distribution;
use crate::stats::interval::Interval;
use crate::stats::rounded;

pub use crate::model::Caveat;

/// The whole document.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Version of this format.
    pub schema: u32,
    /// Names the run.
    pub run_id: String,
    /// Digest of the plan of both phases.
    pub plan_digest: String,
    /// Which runs, where it is not the two phases of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<RunsCompared>,
    /// In all.
    pub verdict: Verdict,
    /// Whether the verdict could be another one by chance.
    pub confidence: Confidence,
    /// What the command exits with.
    pub exit_code: u8,
    /// How every 95 % interval here was made.
    pub interval_method: String,
    /// Line by line.
    pub sla: Vec<SlaResult>,
    /// Phase by phase.
    pub phases: Phases,
    /// After − before.
    pub difference: ThreeDifferences,
    /// Whether the answers are the same.
    pub quality: Quality,
    /// The given load test's own figures, where it was run.
    pub baseline_script: Option<BaselineScript>,
    /// What limits the trust in these figures.
    pub caveats: Vec<Caveat>,
}

impl Comparison {
    /// What the command exits with where only what is beyond doubt passes: a success that straddles, or
    /// has a caveat, is none.
    pub fn strict_exit_code(&self) -> u8 {
        let doubtful = self.confidence == Confidence::Straddles || !self.caveats.is_empty();
        if self.exit_code == 0 && doubtful { IN_DOUBT } else { self.exit_code }
    }
}

/// Exit code of a success in doubt, with `--strict`.
pub const IN_DOUBT: u8 = 98;

/// Whether the SLA is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At or below the limit.
    Met,
    /// Above it, or not to be told.
    Missed,
}

/// Whether a judgement could be another one by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The 95 % interval of what was judged does not hold the limit.
    Clear,
    /// It does, or there is none.
    Straddles,
}

/// One line of the SLA.
#[derive(Clone, Debug, Serialize)]
pub struct SlaResult {
    /// `p95`, `mean`, `error_rate`.
    pub metric: String,
    /// Only of a length of time.
    #[serde(flatten)]
    pub times: Option<SlaTimes>,
    /// Of the four figures below: `ms`, `share` (of 1) or `requests/s`.
    pub unit: &'static str,
    /// Inclusive; the least throughput, the most of all else.
    pub limit: f64,
    /// The before phase.
    pub before: Option<f64>,
    /// The after phase, which is judged.
    pub after: Option<f64>,
    /// Its 95 % interval.
    pub after_ci95: Option<Interval>,
    /// By the point estimate.
    pub verdict: Verdict,
    /// By the interval.
    pub confidence: Confidence,
}

/// The figures of a line once more, under names that say their unit.
#[derive(Clone, Debug, Serialize)]
pub struct SlaTimes {
    /// Inclusive.
    pub limit_ms: f64,
    /// The before phase.
    pub before_ms: Option<f64>,
    /// The after phase, which is judged.
    pub after_ms: Option<f64>,
}

/// Both phases.
#[derive(Clone, Debug, Serialize)]
pub struct Phases {
    /// As it is sent today.
    pub before: PhaseSummary,
    /// With the optimisation.
    pub after: PhaseSummary,
}

impl Phases {
    /// Both, in order, with their names.
    pub fn both(&self) -> [(&'static str, &PhaseSummary); 2] {
        [("before", &self.before), ("after", &self.after)]
    }
}

/// One phase, pooled over its repetitions.
#[derive(Clone, Debug, Serialize)]
pub struct PhaseSummary {
    /// Requests × repetitions = succeeded + failed + unsent.
    pub planned: u64,
    /// With a usable answer.
    pub succeeded: u64,
    /// Sent, without a usable answer.
    pub failed: u64,
    /// Never sent.
    pub unsent: u64,
    /// Failures by word.
    pub errors: BTreeMap<&'static str, u64>,
    /// Succeeded ÷ sum over repetitions of (last end − first due).
    pub throughput_rps: Option<f64>,
    /// Last response byte − due, over all planned requests.
    pub latency_ms: LatencyMs,
    /// The same over the successes alone.
    pub success_latency_ms: LatencyMs,
    /// Latency − queue, over all planned requests: what a tool that ignores waiting would report.
    pub service_latency_ms: LatencyMs,
    /// 95 % intervals of three percentiles of `latency_ms`.
    pub latency_ci95_ms: ThreeIntervals,
    /// Each repetition by itself.
    pub repetitions: Vec<RepetitionSummary>,
}

/// A distribution in figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LatencyMs {
    /// Fastest.
    pub min: Option<f64>,
    /// Mean.
    pub mean: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 75th percentile.
    pub p75: Option<f64>,
    /// 90th percentile.
    pub p90: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// 99.9th percentile.
    pub p99_9: Option<f64>,
    /// Slowest.
    pub max: Option<f64>,
}

impl LatencyMs {
    /// The figures of a distribution.
    pub fn of(distribution: &Distribution) -> Self {
        let percentile = |permille| distribution.percentile(permille).map(Micros::as_millis);
        LatencyMs {
            min: distribution.min().map(Micros::as_millis),
            mean: distribution.mean().map(|mean| rounded(mean / 1e3, 3)),
            p50: percentile(500),
            p75: percentile(750),
            p90: percentile(900),
            p95: percentile(950),
            p99: percentile(990),
            p99_9: percentile(999),
            max: distribution.max().map(Micros::as_millis),
        }
    }

    /// The figures with their names, in the order in which they are reported.
    pub fn named(&self) -> [(&'static str, Option<f64>); 9] {
        [
            ("min", self.min),
            ("mean", self.mean),
            ("p50", self.p50),
            ("p75", self.p75),
            ("p90", self.p90),
            ("p95", self.p95),
            ("p99", self.p99),
            ("p99_9", self.p99_9),
            ("max", self.max),
        ]
    }
}

/// One repetition.
#[derive(Clone, Debug, Serialize)]
pub struct RepetitionSummary {
    /// Counted from 1.
    pub repetition: u32,
    /// Planned requests.
    pub n: u64,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
}

/// 95 % intervals of three percentiles; `null` where the percentile of any repetition is, or where the
/// requests are too few to bound it.
#[derive(Clone, Debug, Serialize)]
pub struct ThreeIntervals {
    /// Median.
    pub p50: Option<Interval>,
    /// 95th percentile.
    pub p95: Option<Interval>,
    /// 99th percentile.
    pub p99: Option<Interval>,
}

impl ThreeIntervals {
    pub(super) fn of(phase: &Spread) -> Self {
        let at = |permille| Some(phase.interval(Metric::Percentile(permille))?.rounded(3));
        ThreeIntervals { p50: at(500), p95: at(950), p99: at(990) }
    }
}

/// After − before for three percentiles.
#[derive(Clone, Debug, Serialize)]
pub struct ThreeDifferences {
    /// Median.
    pub p50: Difference,
    /// 95th percentile.
    pub p95: Difference,
    /// 99th percentile.
    pub p99: Difference,
}

impl ThreeDifferences {
    pub(super) fn of(before: &Spread, after: &Spread, pairing: Pairing) -> Self {
        let at = |permille| {
            let metric = Metric::Percentile(permille);
            let [ms, ratio] = spread::of_difference(before, after, permille, pairing);
            Difference {
                ci95_ms: ms.map(|ms| ms.rounded(3)),
                ci95_ratio: ratio.map(|ratio| ratio.rounded(4)),
                ..Difference::of(before.figure(metric), after.figure(metric))
            }
        };
        ThreeDifferences { p50: at(500), p95: at(950), p99: at(990) }
    }
}

/// After against before; `null` where either is.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// After − before.
    pub ms: Option<f64>,
    /// After ÷ before.
    pub ratio: Option<f64>,
    /// 95 % interval of `ms`.
    pub ci95_ms: Option<Interval>,
    /// 95 % interval of `ratio`.
    pub ci95_ratio: Option<Interval>,
}

impl Difference {
    /// Of two figures in one unit, without intervals.
    pub fn of(before: Option<f64>, after: Option<f64>) -> Self {
        let both = before.zip(after);
        Difference {
            ms: both.map(|(before, after)| rounded(after - before, 3)),
            ratio: both.filter(|(before, _)| *before > 0.0).map(|(before, after)| rounded(after / before, 4)),
            ci95_ms: None,
            ci95_ratio: None,
        }
    }
}

/// Answers of the two phases, request by request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quality {
    /// Pairs in which both succeeded and can be compared.
    pub compared: u64,
    /// With equal answers.
    pub equal: u64,
    /// With different answers.
    pub different: u64,
    /// Pairs of which only one answer's value is known, for no copy of the other was kept; absent where there is none.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_compared: u64,
    /// The first sequence numbers that differ.
    pub examples: Vec<u64>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The given load test's own figures.
#[derive(Clone, Debug, Serialize)]
pub struct BaselineScript {
    /// As given.
    pub path: String,
    /// SHA-256 of the script.
    pub sha256: String,
    /// Its exit code; `null` if a signal ended it.
    pub exit_code: Option<i32>,
    /// Rows of its log.
    pub requests: u64,
    /// Rows that it calls a success.
    pub succeeded: u64,
    /// The others.
    pub failed: u64,
    /// Over all its rows, as it measured them.
    pub latency_ms: ThreePercentiles,
}

/// Three percentiles in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct ThreePercentiles {
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
}
