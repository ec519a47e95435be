//! What a client can do about each cause, beside what it does already, and what that is predicted to bring.

use super::habits::Habits;
use super::outlook::{Batches, More, Outlook};
use crate::analyze::document::Cause;

const KEEP: &str = "keep connections: pool (after.connections)";
const FEWER: &str =
    "connections are kept already: fewer of them (after.connections), so that fewer are opened at once";
const FIXED_COST: &str = " where a call has a fixed cost to share";
pub(super) const NO_TAIL: &str = "none: the slowest are hardly slower than the rest";
/// Of requests that ran out of time while nobody says what they waited for.
pub(super) const OUT_OF_TIME: &str = "make the server answer in time: its own log says what it was doing; or send less at once, or give it \
    more time (--timeout)";
const NOT_THE_CLIENTS: &str = "not on the client's side";

/// What an advice rests on.
pub(super) struct Advice<'a> {
    /// Whether the server has all the work it can do.
    pub saturated: bool,
    /// What the client does already.
    pub habits: Habits,
    /// What other ways to send are predicted to bring.
    pub outlook: &'a Outlook,
    /// Whether the slowest are hardly slower than the rest, at a server that is not full.
    pub no_tail: bool,
    /// P95 and P99 of the phase in milliseconds, over all planned requests.
    pub now_ms: [Option<f64>; 2],
}

/// In terms of this tool's strategies, or that it is not on the client's side.
pub(super) fn remedy(cause: Cause, advice: &Advice<'_>) -> String {
    let Advice { saturated, habits, .. } = *advice;
    let fixed = match cause {
        Cause::SynRetransmission
        | Cause::NotYetAccepted
        | Cause::ConnectionSetup
        | Cause::Dns
        | Cause::Tls => {
            if habits.keeps {
                FEWER
            } else {
                return keep(advice);
            }
        }
        Cause::AcceptQueueWait if habits.keeps => {
            "connections are kept already: no more of them (after.connections) than the server accepts at a time"
        }
        Cause::AcceptQueueWait if saturated => {
            return batch(
                advice,
                ": more answers a call; keeping connections only moves this wait into the client's queue",
                None,
            );
        }
        Cause::AcceptQueueWait => KEEP,
        Cause::ClientQueue => return client_queue(advice),
        Cause::ClientQueueBatch => "batch only what already waits (after.batch), without waiting for more",
        Cause::ClientQueueScheduler | Cause::ClientOverload => {
            "give the client more processor time, or spread the callers over more machines"
        }
        Cause::BackOff => "make the server answer: the failures say what was wrong with it",
        Cause::ServerQueue => {
            return batch(advice, FIXED_COST, Some("more replicas, not on the client's side"));
        }
        Cause::Compute | Cause::ServerTotal => return batch(advice, FIXED_COST, Some(NOT_THE_CLIENTS)),
        Cause::NetworkRoundTrip => {
            return batch(advice, ": fewer trips", Some("a client nearer to the server"));
        }
        Cause::SlowRequestBody | Cause::SlowResponseBody => NOT_THE_CLIENTS,
        Cause::DelayedAck => {
            "not on the client's side: let the server write head and body at once, or set TCP_NODELAY on its connections"
        }
        Cause::Retries => "keep connections for a shorter time than the server does",
        Cause::Shedding if habits.batch > 1 => "send less at once: fewer connections (after.connections)",
        Cause::Shedding => {
            "send less at once: fewer connections (after.connections), and batch (after.batch)"
        }
        Cause::Failure => "fix the failures first, by what the server said of them: see the errors",
        Cause::Unexplained => "none before the cause is known",
    };
    fixed.to_string()
}

/// To keep connections; at a full server that alone may lower one percentile and raise another.
fn keep(advice: &Advice<'_>) -> String {
    const FULL: &str =
        ": the server is full, and kept connections alone only move the wait into the client's queue";
    match alone(advice) {
        Some(alone) => format!("{KEEP}; {alone}"),
        None if advice.saturated => format!("{KEEP}, and {}", batch(advice, FULL, None)),
        None => KEEP.to_string(),
    }
}

/// What kept connections alone are predicted to bring a full server's callers, and what is needed with them.
pub(super) fn alone(advice: &Advice<'_>) -> Option<String> {
    let reuse = advice.outlook.reuse_alone().filter(|_| advice.saturated && advice.habits.batch <= 1)?;
    let [p95_now, p99_now] = advice.now_ms;
    let p95 = reuse.p95_ms?;
    let falls = reuse.p99_ms.zip(p99_now).map(|(then, now)| then < now);
    let raises = p95_now.is_some_and(|now| p95 > now);
    let what = match (falls, raises) {
        (Some(true), true) => "alone that lowers P99, but its P95",
        (Some(true), false) => "alone that lowers P99, and its P95",
        (Some(false), _) => "alone that does not lower P99, and its P95",
        (None, _) => "the P95 of that alone",
    };
    let now = p95_now.map_or(String::new(), |now| format!(" ({now:.0} ms now)"));
    let then = match advice.outlook.batches(1, p95_now) {
        Batches::Faster(way, p95) => {
            format!(": batch too (after.batch), for {p95:.0} ms with batches of up to {}", way.batch)
        }
        Batches::NoFaster => ", and batches are predicted to bring no less".into(),
        Batches::Unknown => ": batch too (after.batch) where a call has a fixed cost to share".into(),
    };
    Some(format!("{what} is predicted at {p95:.0} ms{now}{then}"))
}

/// More connections, unless the server has all the work it can do or they are predicted to buy nothing.
fn client_queue(advice: &Advice<'_>) -> String {
    let Habits { connections, batch: size, .. } = advice.habits;
    let more = advice.outlook.more_connections(connections).filter(|_| size <= 1);
    match more {
        Some(More { connections, p95_ms, of: (now, p95_now), faster: false }) => batch(
            advice,
            &format!(
                ": more answers a call; more connections are predicted to buy nothing (P95 {p95_ms:.0} ms with \
                 {connections}, {p95_now:.0} ms with {now})"
            ),
            None,
        ),
        _ if advice.saturated => {
            batch(advice, ": more answers a call; more connections only move this wait to the server", None)
        }
        Some(More { connections, p95_ms, .. }) => format!(
            "more connections: pool (after.connections); P95 is predicted at {p95_ms:.0} ms with {connections}"
        ),
        None => "more connections: pool (after.connections)".into(),
    }
}

/// To batch, or to batch more, unless that is predicted to buy nothing; `why` says why or where, `otherwise` what else helps.
fn batch(advice: &Advice<'_>, why: &str, otherwise: Option<&str>) -> String {
    let predicted = match advice.outlook.batches(advice.habits.batch, advice.now_ms[0]) {
        Batches::Faster(way, p95) => {
            format!("; P95 is predicted at {p95:.0} ms with batches of up to {}", way.batch)
        }
        Batches::NoFaster => {
            let otherwise = otherwise.unwrap_or("none by sending otherwise");
            return format!("{otherwise}: larger batches (after.batch) are predicted to buy nothing");
        }
        Batches::Unknown => String::new(),
    };
    let otherwise = otherwise.map_or(String::new(), |otherwise| format!("; else {otherwise}"));
    match advice.habits.batch {
        ..=1 => format!("batch (after.batch){why}{otherwise}{predicted}"),
        most => format!("larger batches (after.batch) than the {most} of now{why}{otherwise}{predicted}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::document::{Candidate, Method, Prediction, ServerFigures};

    fn advised(cause: Cause, saturated: bool, habits: Habits, outlook: &Outlook) -> String {
        remedy(
            cause,
            &Advice { saturated, habits, outlook, no_tail: false, now_ms: [Some(1_034.3), Some(13_900.0)] },
        )
    }

    const PLAIN: Habits = Habits { keeps: false, connections: 64, batch: 1 };

    #[test]
    fn nobody_is_told_to_do_what_they_do() {
        for cause in Cause::ALL {
            for saturated in [false, true] {
                let habits = Habits { keeps: true, connections: 8, batch: 8 };
                let pool = advised(cause, saturated, habits, &Outlook::default());
                assert!(!pool.contains("keep connections: pool"), "{cause:?}: {pool}");
                assert!(!pool.contains("batch (after.batch)"), "{cause:?}: {pool}");
                assert!(!pool.is_empty());
            }
        }
    }

    #[test]
    fn who_does_neither_is_told_to() {
        let plain = |cause, saturated| advised(cause, saturated, PLAIN, &Outlook::default());
        assert!(plain(Cause::SynRetransmission, true).contains("keep connections: pool (after.connections)"));
        assert!(
            plain(Cause::SynRetransmission, true).contains("and batch (after.batch)"),
            "keeping alone misses"
        );
        assert!(!plain(Cause::SynRetransmission, false).contains("batch"), "nothing to share");
        assert!(plain(Cause::AcceptQueueWait, true).contains("batch (after.batch)"));
        assert!(plain(Cause::AcceptQueueWait, false).contains("pool (after.connections)"));
        assert!(plain(Cause::DelayedAck, false).contains("TCP_NODELAY"));
    }

    /// Eight replicas; connections, batch and P95 of each way.
    fn outlook(ways: &[(usize, usize, f64)]) -> Outlook {
        let candidate = |(connections, batch, p95): &(usize, usize, f64)| {
            let connections_kept = crate::model::Connections::Pool(*connections);
            let strategy = crate::model::Strategy {
                connections: connections_kept,
                batch: *batch,
                ..crate::model::Strategy::PER_REQUEST
            };
            Candidate {
                strategy: strategy.to_string(),
                connections: *connections,
                batch: *batch,
                p50_ms: Some(*p95),
                p95_ms: Some(*p95),
                p99_ms: Some(*p95 + 40.0),
                throughput_rps: Some(1.0),
                range: None,
                method: Method::Simulation,
            }
        };
        let server = ServerFigures {
            replicas: 8,
            saturated: true,
            callers: Some(64),
            call_ms: 150.0,
            round_trip_ms: 0.1,
        };
        let candidates = ways.iter().map(candidate).collect();
        Outlook::of(&Prediction { server: Some(server), candidates, ..Prediction::default() })
    }

    #[test]
    fn a_remedy_that_makes_the_judged_line_worse_says_so_and_what_is_needed_with_it() {
        let fixed_cost = outlook(&[(4, 1, 2_541.0), (8, 1, 1_285.6), (16, 1, 1_283.0), (8, 8, 532.6)]);
        let keep = advised(Cause::NotYetAccepted, true, PLAIN, &fixed_cost);
        for words in
            ["lowers P99", "P95 is predicted at 1286 ms (1034 ms now): batch too", "533 ms", "up to 8"]
        {
            assert!(keep.contains(words), "{keep}");
        }
        let unknown = Advice {
            saturated: true,
            habits: PLAIN,
            outlook: &fixed_cost,
            no_tail: false,
            now_ms: [None, None],
        };
        let keep = remedy(Cause::NotYetAccepted, &unknown);
        assert!(
            !keep.contains("P99") && keep.contains("the P95 of that alone is predicted at 1286 ms"),
            "{keep}"
        );
        let idle = advised(Cause::NotYetAccepted, false, PLAIN, &fixed_cost);
        assert_eq!(idle, KEEP, "a server that is not full has room");
        let none = outlook(&[(8, 1, 1_365.0), (8, 8, 1_652.0)]);
        let queue = advised(Cause::AcceptQueueWait, true, PLAIN, &none);
        assert!(queue.starts_with("none by sending otherwise"), "{queue}");
        let compute = advised(Cause::Compute, true, PLAIN, &none);
        assert!(compute.starts_with("not on the client's side: larger batches"), "{compute}");
        let keep = advised(Cause::NotYetAccepted, true, PLAIN, &none);
        assert!(
            keep.contains("1365 ms") && keep.contains("batches are predicted to bring no less"),
            "{keep}"
        );
    }

    /// Three lines of the closing summary, which fits a screen.
    #[test]
    fn no_remedy_is_long() {
        let worst =
            |reuse, batches| outlook(&[(4, 1, 22_541.0), (8, 1, reuse), (16, 1, 22_540.0), (8, 8, batches)]);
        let ways = [
            worst(12_345.0, 11_111.0),
            worst(12_345.0, 13_333.0),
            worst(10_001.0, 10_000.0),
            Outlook::default(),
        ];
        for outlook in &ways {
            for (keeps, batch) in [(false, 1), (true, 1), (true, 64)] {
                let habits = Habits { keeps, connections: 8, batch };
                for (cause, saturated) in
                    Cause::ALL.into_iter().flat_map(|cause| [(cause, false), (cause, true)])
                {
                    let now_ms = [Some(12_000.0), Some(13_900.0)];
                    let text = remedy(cause, &Advice { saturated, habits, outlook, no_tail: false, now_ms });
                    assert!(text.chars().count() <= 222, "{} characters: {text}", text.chars().count());
                }
            }
        }
    }

    #[test]
    fn more_connections_are_not_the_remedy_where_they_are_predicted_to_buy_nothing() {
        let ways = outlook(&[(4, 1, 2_541.0), (8, 1, 1_256.0), (16, 1, 1_254.0), (8, 8, 533.0)]);
        let pool = |connections| Habits { keeps: true, connections, batch: 1 };
        for saturated in [false, true] {
            let queue = advised(Cause::ClientQueue, saturated, pool(8), &ways);
            assert!(queue.starts_with("batch (after.batch)"), "{queue}");
            assert!(queue.contains("buy nothing (P95 1254 ms with 16, 1256 ms with 8)"), "{queue}");
            assert!(queue.ends_with("P95 is predicted at 533 ms with batches of up to 8"), "{queue}");
        }
        let few = advised(Cause::ClientQueue, false, pool(4), &ways);
        assert!(few.starts_with("more connections") && few.ends_with("1256 ms with 8"), "{few}");
    }
}
