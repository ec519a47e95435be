//! What one measurement at one rate says.

use std::cmp::Reverse;

use super::client::may_be_to_blame;
use super::tried::RateOutcome;
use crate::analyze::document::RateMeasured;
use crate::analyze::observed::{PhaseData, meets};
use crate::analyze::open_load::offered_load;
use crate::model::{Limit, Metric, Micros, Phase, Releases, SlaLine, Statistic};
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
    let load = offered_load(data);
    let overloaded = load.as_ref().is_some_and(|load| load.overloaded == Some(true));
    let percentile = |permille| data.latency().percentile(permille).map(Micros::as_millis);
    let holds = !overloaded && data.unsent() == 0 && sla.iter().all(|line| meets(line, data));
    let client = releases.is_some_and(|releases| may_be_to_blame(data, sla, load.as_ref(), releases));
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
        goodput_rps: goodput(data, sla),
        overloaded,
        client_late,
        holds,
        // A client that is late makes latencies longer, which count from due: what holds in spite of it holds.
        valid: holds || !client,
        server_idle: None,
    }
}

/// What a measurement says of its rate.
pub fn outcome(measured: &RateMeasured) -> RateOutcome {
    match (measured.holds, measured.valid) {
        (true, _) => RateOutcome::Holds,
        (false, true) => RateOutcome::Fails,
        (false, false) => RateOutcome::ClientLate,
    }
}

/// Successes a second within the limit of the highest percentile that is judged: an SLA that is just kept leaves out what it
/// allows to be slower, and no more. Without such a limit all successes.
fn goodput(data: &PhaseData, sla: &[SlaLine]) -> Option<f64> {
    let limits = sla.iter().filter_map(|line| match (line.metric(), line.limit()) {
        (Metric::Time(_, Statistic::Percentile(permille)), Limit::Time(most)) => Some((permille, most)),
        (Metric::Time(_, Statistic::Max), Limit::Time(most)) => Some((1_000, most)),
        _ => None,
    });
    // Of two limits on the same percentile the stricter one.
    let limit = limits.max_by_key(|(permille, most)| (*permille, Reverse(*most)));
    let most = limit.map_or(u64::MAX, |(_, most)| most);
    let good = data.rows().iter().filter(|row| row.succeeded() && row.latency().0 <= most).count();
    let busy = data.busy().0;
    match good {
        0 => (data.planned() > 0).then_some(0.0),
        good => (busy > 0).then(|| rounded(good as f64 / busy as f64 * 1e6, 3)),
    }
}

#[cfg(test)]
pub(super) mod fixtures {
    use super::*;

    /// A measurement of the before phase of which nothing matters but the rate and whether it holds.
    pub(in crate::analyze::capacity) fn measured(rate: f64, holds: bool) -> RateMeasured {
        RateMeasured {
            phase: Phase::Before,
            repetition: 1,
            pattern: 1,
            rate_rps: rate,
            requests: 200,
            succeeded: 200,
            p50_ms: None,
            p95_ms: None,
            p99_ms: None,
            achieved_rps: None,
            goodput_rps: None,
            overloaded: false,
            client_late: false,
            holds,
            valid: true,
            server_idle: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::observed::PhaseCollector;
    use crate::analyze::observed::fixtures::{sample, sla};
    use crate::model::{ErrorKind, Moment, Sample};

    const AT: AtRate = AtRate { phase: Phase::After, repetition: 3, pattern: 2, rate: 100.0 };

    /// With so many requests on time, the others up to so many milliseconds late.
    fn judged_late(
        rows: impl Iterator<Item = Sample>,
        sla: &[SlaLine],
        on_time: u64,
        late_ms: u64,
    ) -> RateMeasured {
        let mut collector = PhaseCollector::new(300, 1).open(true);
        rows.for_each(|row| collector.take(1, &row).expect("planned"));
        let releases = Releases { all: 300, on_time, lag_p99_us: 0, lag_max_us: late_ms * 1_000 };
        judge(AT, &collector.finish(), sla, Some(releases))
    }

    fn judged(rows: impl Iterator<Item = Sample>, sla: &[SlaLine]) -> RateMeasured {
        judged_late(rows, sla, 300, 0)
    }

    /// A request each 10 ms, which takes so many milliseconds.
    fn taking(ms: impl Fn(u64) -> u64) -> impl Iterator<Item = Sample> {
        (0..300).map(move |seq| Sample {
            due: Some(Moment::from_micros(seq * 10_000)),
            ..sample(seq, ms(seq) * 1_000)
        })
    }

    /// The same at one server.
    fn at(takes: u64) -> RateMeasured {
        let mut free = 0;
        let mut rows = Vec::new();
        for seq in 0..300 {
            let due = seq * 10_000;
            free = free.max(due) + takes * 1_000;
            rows.push(Sample { due: Some(Moment::from_micros(due)), ..sample(seq, free - due) });
        }
        judged(rows.into_iter(), &[sla("p95", 500), sla("p50", 40)])
    }

    #[test]
    fn a_rate_holds_where_every_line_does_and_nothing_grows() {
        assert!(at(9).holds && at(9).goodput_rps == at(9).achieved_rps, "{:?}", at(9));
        let slow = at(11);
        assert!(slow.overloaded && !slow.holds && outcome(&slow) == RateOutcome::Fails, "{slow:?}");
    }

    #[test]
    fn goodput_is_what_comes_within_the_limit_of_the_highest_percentile() {
        // Half of the answers take longer than the median may, as a median that is just kept has it.
        let rows = || taking(|seq| if seq % 2 == 0 { 40 } else { 100 });
        let kept = judged(rows(), &[sla("p99", 500), sla("p50", 40)]);
        assert!(kept.holds && kept.goodput_rps == kept.achieved_rps, "{kept:?}");
        let short = judged(rows(), &[sla("p99", 60)]);
        let half = short.achieved_rps.zip(short.goodput_rps).expect("both");
        assert!((half.0 / half.1 - 2.0).abs() < 0.01, "{short:?}");
        let failed = judged(
            taking(|_| 40).map(|row| Sample { error: Some(ErrorKind::Reset), ..row }),
            &[sla("p99", 500)],
        );
        assert_eq!(failed.goodput_rps, Some(0.0), "none is a figure");
    }

    #[test]
    fn what_a_late_client_can_have_done_says_nothing_of_the_server() {
        let of = |ms, on_time, late_ms| {
            outcome(&judged_late(taking(move |_| ms), &[sla("p95", 500)], on_time, late_ms))
        };
        assert_eq!(of(600, 200, 150), RateOutcome::ClientLate, "500 ms are kept without its 150");
        assert_eq!(of(600, 200, 5), RateOutcome::Fails, "5 ms do not make 100");
        assert_eq!(of(600, 300, 150), RateOutcome::Fails, "it was on time");
        assert_eq!(of(400, 200, 150), RateOutcome::Holds, "in spite of it");
        let every_tenth = |error| {
            let rows =
                taking(|_| 40).map(move |row| Sample { error: (row.seq % 10 == 0).then_some(error), ..row });
            rows.collect::<Vec<_>>()
        };
        let failed = |late_ms| {
            let rows = every_tenth(ErrorKind::Timeout).into_iter();
            outcome(&judged_late(rows, &[sla("p95", 500)], 200, late_ms))
        };
        assert_eq!([failed(100), failed(700)], [RateOutcome::Fails, RateOutcome::ClientLate]);
        let all = taking(|_| 600).map(|row| Sample { error: Some(ErrorKind::Reset), ..row });
        assert_eq!(
            outcome(&judged_late(all, &[sla("p95", 500)], 200, 700)),
            RateOutcome::Fails,
            "not one succeeds"
        );
    }

    #[test]
    fn a_backlog_that_grows_by_more_than_the_client_is_late_is_the_servers() {
        let of = |late_ms| {
            let mut free = 0;
            let rows = (0..300).map(move |seq| {
                let due = seq * 10_000;
                free = free.max(due) + 11_000;
                Sample { due: Some(Moment::from_micros(due)), ..sample(seq, free - due) }
            });
            judged_late(rows, &[sla("p95", 60_000)], 200, late_ms)
        };
        assert!(of(5).overloaded, "{:?}", of(5));
        assert_eq!(
            [5, 1_000].map(|late_ms| outcome(&of(late_ms))),
            [RateOutcome::Fails, RateOutcome::ClientLate]
        );
    }
}
