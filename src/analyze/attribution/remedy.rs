//! What a client can do about each cause, beside what it does already.

use super::cause::Cause;
use super::habits::Habits;

const KEEP: &str = "keep connections: pool (after.connections)";
const FEWER: &str =
    "connections are kept already: fewer of them (after.connections), so that fewer are opened at once";
const NOT_THE_CLIENTS: &str = "not on the client's side";

/// In terms of this tool's strategies, or that it is not on the client's side.
pub(super) fn remedy(cause: Cause, saturated: bool, habits: Habits) -> String {
    let fixed = match cause {
        Cause::SynRetransmission
        | Cause::NotYetAccepted
        | Cause::ConnectionSetup
        | Cause::Dns
        | Cause::Tls => {
            if habits.keeps {
                FEWER
            } else if saturated {
                let why = ": the server is full, and kept connections alone only move the wait into the client's queue";
                return format!("{KEEP}, and {}", batch(habits, why));
            } else {
                KEEP
            }
        }
        Cause::AcceptQueueWait if habits.keeps => {
            "connections are kept already: no more of them (after.connections) than the server accepts at a time"
        }
        Cause::AcceptQueueWait if saturated => {
            return batch(
                habits,
                ": more answers a call; keeping connections only moves this wait into the client's queue",
            );
        }
        Cause::AcceptQueueWait => KEEP,
        Cause::ClientQueue if saturated => {
            return batch(
                habits,
                ": more answers a call; more connections only move this wait to the server",
            );
        }
        Cause::ClientQueue => "more connections: pool (after.connections)",
        Cause::ClientQueueBatch => "batch only what already waits (after.batch), without waiting for more",
        Cause::ClientQueueScheduler | Cause::ClientOverload => {
            "give the client more processor time, or spread the callers over more machines"
        }
        Cause::ServerQueue => {
            let where_ =
                " where a call has a fixed cost to share; else more replicas, not on the client's side";
            return batch(habits, where_);
        }
        Cause::Compute => {
            return batch(habits, " where a call has a fixed cost to share; else not on the client's side");
        }
        Cause::NetworkRoundTrip => {
            return batch(habits, ": fewer trips; else a client nearer to the server");
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
        Cause::Unexplained => "none before the cause is known",
    };
    fixed.to_string()
}

/// To batch, or to batch more; `rest` says why or where.
fn batch(habits: Habits, rest: &str) -> String {
    match habits.batch {
        ..=1 => format!("batch (after.batch){rest}"),
        most => format!("larger batches (after.batch) than the {most} of now{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_do_what_they_do() {
        for cause in Cause::ALL {
            for saturated in [false, true] {
                let pool = remedy(cause, saturated, Habits { keeps: true, batch: 8 });
                assert!(!pool.contains("keep connections: pool"), "{cause:?}: {pool}");
                assert!(!pool.contains("batch (after.batch)"), "{cause:?}: {pool}");
                assert!(!pool.is_empty());
            }
        }
    }

    #[test]
    fn who_does_neither_is_told_to() {
        let plain = |cause, saturated| remedy(cause, saturated, Habits { keeps: false, batch: 1 });
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
}
