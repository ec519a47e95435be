//! One rung of the ladder: what a strategy reaches by itself.

use serde::Serialize;

use super::comparison::{LatencyMs, Verdict};
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
        let latency = LatencyMs::of(data.latency());
        let met = sla.iter().all(|line| verdict::meets(line, data));
        LadderRung {
            strategy: strategy.to_string(),
            planned: data.planned(),
            succeeded: data.succeeded(),
            p50_ms: latency.p50,
            p95_ms: latency.p95,
            p99_ms: latency.p99,
            throughput_rps: data.throughput(),
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
