//! What each cause means, in a sentence each.

use super::evidence::RowCounts;
use super::groups::{Groups, millis};
use crate::analyze::document::Cause;

/// What the cause means here.
pub(super) fn explanation(cause: Cause, groups: &Groups, counts: &RowCounts) -> String {
    let at = cause as usize;
    let (n, of) = (groups.all.with_cause[at], groups.all.n);
    let tail = format!("{} of the {} slowest", groups.tail.with_cause[at], groups.tail.n);
    let mean = format!("{:.1} ms", millis(groups.tail.mean(groups.tail.causes[at])));
    match cause {
        Cause::SynRetransmission => format!(
            "the first packet of {} of {} new connections was dropped, as a full accept queue does, and sent again a \
             second or more later ({tail} requests)",
            counts.syn_connections, counts.connections
        ),
        Cause::NotYetAccepted => format!(
            "{n} of {of} requests were sent again and again on a connection that only the client believed to be open, \
             because the server's accept queue was full ({tail})"
        ),
        Cause::AcceptQueueWait => format!(
            "{n} of {of} requests waited in the server's kernel until their connection was accepted; the tail {mean} on average"
        ),
        Cause::ConnectionSetup => {
            format!("opening a connection took the tail {mean} on average, lost packets apart")
        }
        Cause::Dns => format!("looking the name up took the tail {mean} on average ({tail} requests)"),
        Cause::Tls => format!("the TLS handshake took the tail {mean} on average ({tail} requests)"),
        Cause::ClientQueue => {
            format!(
                "all connections of the client were in use, so {tail} requests waited for one: {mean} on average"
            )
        }
        Cause::ClientQueueBatch => {
            format!(
                "{tail} requests waited in the client for their batch while a connection was free: {mean} on average"
            )
        }
        Cause::ClientQueueScheduler => {
            format!(
                "the client was late to start requests that waited for neither a connection nor a batch: the tail {mean} on average"
            )
        }
        Cause::ServerQueue => {
            format!("requests waited for a free replica, as the server says: the tail {mean} on average")
        }
        Cause::Compute => {
            format!("the server computed the answers of the tail for {mean} on average, as it says itself")
        }
        Cause::ServerTotal => format!(
            "the server had the requests of the tail for {mean} on average, queueing or computing, as what stands before it says"
        ),
        Cause::NetworkRoundTrip => format!("the way to the server and back took the tail {mean} on average"),
        Cause::SlowRequestBody => {
            format!("handing the request to the network took the tail {mean} on average")
        }
        Cause::SlowResponseBody => {
            format!("from the first to the last byte of the answer the tail took {mean} on average")
        }
        Cause::DelayedAck => format!(
            "the server's kernel held the rest of {n} of {of} answers back until the client's acknowledged their start, \
             40 ms later, as happens on kept connections where a server writes head and body apart; the tail {mean} on average"
        ),
        Cause::Retries => format!(
            "{} of {of} requests needed more than one attempt; the first ones took time",
            counts.retried
        ),
        Cause::Shedding => format!(
            "the server refused {} requests with 429 or 503 because it had too much to do; they have no answer and rank \
             above the slowest",
            counts.shed
        ),
        Cause::ClientOverload => {
            format!("the client's own thread stood still while the tail waited: {mean} on average")
        }
        Cause::Unexplained => {
            format!(
                "nothing in the log says what {mean} of the tail's mean latency were spent on; {}",
                needed(groups, counts)
            )
        }
    }
}

/// What would have to be known.
fn needed(groups: &Groups, counts: &RowCounts) -> &'static str {
    if counts.told < groups.all.n {
        "needed: the server's own times (Server-Timing: queue, compute) in every answer"
    } else if counts.kernel_told < groups.all.n {
        "needed: TCP_INFO, which Linux has"
    } else {
        "needed: the time at which the server, and what stands before it, got the request"
    }
}
