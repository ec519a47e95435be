//! One rung of the ladder: what a strategy reaches by itself.

use serde::Serialize;

use super::comparison::Verdict;
use super::phase::PhaseData;
use super::verdict;
use crate::scenario::SlaLine;

/// Times are in milliseconds, over all planned requests; `null` is a rank that no success has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LadderRung {
    /// In words.
    pub strategy: String,
    /// Requests × passes.
    pub planned: u64,
    /// With a usable answer.
    pub succeeded: u64,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// Succeeded ÷ sum over passes of (last end − first due).
    pub throughput_rps: Option<f64>,
    /// Whether it meets every line of the SLA.
    pub verdict: Verdict,
}

impl LadderRung {
    /// Of its rows.
    pub fn of(strategy: &str, data: &PhaseData, sla: &[SlaLine]) -> Self {
        let summary = data.summary();
        let met = sla.iter().all(|line| verdict::judge_line(line, data, data).verdict == Verdict::Met);
        LadderRung {
            strategy: strategy.to_string(),
            planned: summary.planned,
            succeeded: summary.succeeded,
            p50_ms: summary.latency_ms.p50,
            p95_ms: summary.latency_ms.p95,
            p99_ms: summary.latency_ms.p99,
            throughput_rps: summary.throughput_rps,
            verdict: if met { Verdict::Met } else { Verdict::Missed },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::{phase, sla};

    #[test]
    fn a_rung_is_judged_on_every_line() {
        let data = phase(&[&[500_000; 100], &[700_000; 100]]);
        let rung = |lines: &[SlaLine]| LadderRung::of("pool of 8", &data, lines);
        assert_eq!(rung(&[sla("p95", 700), sla("p50", 500)]).verdict, Verdict::Met);
        assert_eq!(rung(&[sla("p95", 700), sla("p50", 499)]).verdict, Verdict::Missed);
        assert_eq!((rung(&[]).p50_ms, rung(&[]).p95_ms, rung(&[]).planned), (Some(500.0), Some(700.0), 200));
    }
}
