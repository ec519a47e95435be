//! What one measurement at one rate says.

use crate::analyze::document::RateMeasured;
use crate::analyze::observed::{PhaseData, meets};
use crate::analyze::open_load::offered_load;
use crate::model::{Limit, Micros, Phase, Releases, SlaLine};
use crate::stats::rounded;

/// Which measurement it is.
#[derive(Clone, Copy, Debug)]
pub struct AtRate {
    /// Which phase sent.
    pub phase: Phase,
    /// Counted from 1 in the phase's log.
    pub repetition: u32,
    /// The pattern of arrivals, from 1.
    pub pattern: u32,
    /// Requests a second.
    pub rate: f64,
}

/// Judges the rows of one measurement, and how punctually the client sent them.
pub fn judge(at: AtRate, data: &PhaseData, sla: &[SlaLine], releases: Option<Releases>) -> RateMeasured {
    let client_late = releases.is_some_and(|releases| !releases.are_punctual());
    let overloaded = offered_load(data).is_some_and(|load| load.overloaded);
    let percentile = |permille| data.latency().percentile(permille).map(Micros::as_millis);
    let within = sla.iter().filter_map(|line| match line.limit() {
        Limit::Time(most) => Some(most),
        _ => None,
    });
    let most = within.min().unwrap_or(u64::MAX);
    let good = data.rows().iter().filter(|row| row.succeeded() && row.latency().0 <= most).count();
    let busy = data.throughput().filter(|rate| *rate > 0.0).map(|rate| data.succeeded() as f64 / rate);
    RateMeasured {
        phase: at.phase,
        repetition: at.repetition,
        pattern: at.pattern,
        rate_rps: rounded(at.rate, 3),
        requests: data.planned(),
        succeeded: data.succeeded(),
        p50_ms: percentile(500),
        p95_ms: percentile(950),
        p99_ms: percentile(990),
        achieved_rps: data.throughput(),
        goodput_rps: busy.map(|busy| rounded(good as f64 / busy, 3)),
        overloaded,
        client_late,
        // A client that is late makes latencies longer, which count from due: what holds in spite of it holds.
        holds: !overloaded && data.unsent() == 0 && sla.iter().all(|line| meets(line, data)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::observed::PhaseCollector;
    use crate::analyze::observed::fixtures::{sample, sla};
    use crate::model::{Moment, Sample};

    /// A request each 10 ms, one server, each takes so many milliseconds.
    fn at(takes: u64) -> RateMeasured {
        let mut collector = PhaseCollector::new(300, 1).open(true);
        let mut free = 0;
        for seq in 0..300 {
            let due = seq * 10_000;
            free = free.max(due) + takes * 1_000;
            let row = Sample { due: Some(Moment::from_micros(due)), ..sample(seq, free - due) };
            collector.take(1, &row).expect("planned");
        }
        let at = AtRate { phase: Phase::After, repetition: 3, pattern: 2, rate: 100.0 };
        judge(at, &collector.finish(), &[sla("p95", 500), sla("p50", 40)], None)
    }

    #[test]
    fn a_rate_holds_where_every_line_does_and_nothing_grows() {
        assert!(at(9).holds && at(9).goodput_rps == at(9).achieved_rps, "{:?}", at(9));
        let slow = at(11);
        assert!(slow.overloaded && !slow.holds, "{slow:?}");
        assert!(slow.goodput_rps < slow.achieved_rps.map(|rate| rate / 5.0), "40 ms is soon over: {slow:?}");
    }
}
