//! The causes that slow requests can have: their names and what each means.

use serde::Serialize;

/// Why a part of a request's latency was spent.
///
/// Disjoint: each microsecond of a request has one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A SYN was dropped and sent again.
    SynRetransmission,
    /// The client believed to be connected, the server knew nothing of it, and the request was sent again.
    NotYetAccepted,
    /// The connection was established in the server's kernel and waited to be accepted.
    AcceptQueueWait,
    /// Opening a connection, retransmissions apart.
    ConnectionSetup,
    /// Name lookup.
    Dns,
    /// TLS handshake.
    Tls,
    /// Waiting in the client while every connection was in use.
    ClientQueue,
    /// Waiting in the client for a batch to fill while a connection was free.
    ClientQueueBatch,
    /// Waiting in the client for neither a connection nor a batch: the client was late to start it.
    ClientQueueScheduler,
    /// Waiting for a replica, as the server says.
    ServerQueue,
    /// Computing, as the server says.
    Compute,
    /// At the server, queueing or computing, as what stands before it says.
    ServerTotal,
    /// The way of the request and of its answer.
    NetworkRoundTrip,
    /// Handing the request to the kernel.
    SlowRequestBody,
    /// First to last byte of the answer.
    SlowResponseBody,
    /// The rest of the answer was held back until the client's kernel acknowledged its start.
    DelayedAck,
    /// Attempts before the last.
    Retries,
    /// Refused with 429 or 503.
    Shedding,
    /// The client's own thread was late.
    ClientOverload,
    /// Nothing in the data says.
    Unexplained,
}

impl Cause {
    /// All, in the order in which they are declared.
    pub const ALL: [Cause; 20] = [
        Cause::SynRetransmission,
        Cause::NotYetAccepted,
        Cause::AcceptQueueWait,
        Cause::ConnectionSetup,
        Cause::Dns,
        Cause::Tls,
        Cause::ClientQueue,
        Cause::ClientQueueBatch,
        Cause::ClientQueueScheduler,
        Cause::ServerQueue,
        Cause::Compute,
        Cause::ServerTotal,
        Cause::NetworkRoundTrip,
        Cause::SlowRequestBody,
        Cause::SlowResponseBody,
        Cause::DelayedAck,
        Cause::Retries,
        Cause::Shedding,
        Cause::ClientOverload,
        Cause::Unexplained,
    ];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::SynRetransmission => "syn_retransmission",
            Cause::NotYetAccepted => "not_yet_accepted",
            Cause::AcceptQueueWait => "accept_queue_wait",
            Cause::ConnectionSetup => "connection_setup",
            Cause::Dns => "dns",
            Cause::Tls => "tls",
            Cause::ClientQueue => "client_queue",
            Cause::ClientQueueBatch => "client_queue_batch",
            Cause::ClientQueueScheduler => "client_queue_scheduler",
            Cause::ServerQueue => "server_queue",
            Cause::Compute => "compute",
            Cause::ServerTotal => "server_total",
            Cause::NetworkRoundTrip => "network_round_trip",
            Cause::SlowRequestBody => "slow_request_body",
            Cause::SlowResponseBody => "slow_response_body",
            Cause::DelayedAck => "delayed_ack",
            Cause::Retries => "retries",
            Cause::Shedding => "shedding",
            Cause::ClientOverload => "client_overload",
            Cause::Unexplained => "unexplained",
        }
    }

    /// The name on the screen.
    pub const fn words(self) -> &'static str {
        match self {
            Cause::SynRetransmission => "SYN retransmission",
            Cause::NotYetAccepted => "connection not yet accepted (request retransmitted)",
            Cause::AcceptQueueWait => "wait in the server's accept queue",
            Cause::ConnectionSetup => "connection set-up",
            Cause::Dns => "name lookup",
            Cause::Tls => "TLS handshake",
            Cause::ClientQueue => "wait for a connection of the client's",
            Cause::ClientQueueBatch => "wait for a batch to fill",
            Cause::ClientQueueScheduler => "late start by the client",
            Cause::ServerQueue => "server queue",
            Cause::Compute => "compute",
            Cause::ServerTotal => "server (queue or compute)",
            Cause::NetworkRoundTrip => "network round trip",
            Cause::SlowRequestBody => "slow request body",
            Cause::SlowResponseBody => "slow response body",
            Cause::DelayedAck => "delayed acknowledgement (answer held back)",
            Cause::Retries => "retries",
            Cause::Shedding => "shedding (429, 503)",
            Cause::ClientOverload => "overloaded client",
            Cause::Unexplained => "unexplained",
        }
    }

    /// Whether a kept connection does not have it at all.
    pub const fn comes_with_new_connections(self) -> bool {
        matches!(
            self,
            Cause::SynRetransmission
                | Cause::NotYetAccepted
                | Cause::ConnectionSetup
                | Cause::Dns
                | Cause::Tls
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_ones_in_the_files_and_places_the_ones_in_the_list() {
        for (place, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(serde_json::to_value(cause).expect("a name"), cause.name());
            assert_eq!(cause as usize, place);
        }
    }
}
