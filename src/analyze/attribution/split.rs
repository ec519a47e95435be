//! Splits one request's latency over its causes: whole microseconds, disjoint, summing to the latency.

use crate::analyze::document::Cause;
use crate::analyze::observed::Observation;
use crate::model::Micros;
use crate::model::Stage;

/// The least time after which Linux sends data again (`TCP_RTO_MIN`); it doubles with each further try.
pub(super) const LEAST_TIMEOUT: Micros = Micros(200_000);

/// A shorter wait than this may be anything: a thread that starts, or a server whose processor others use, which gets its turn after
/// a few slices of some 3 ms.
const LEAST_ACCEPT_WAIT: Micros = Micros(10_000);
/// And less than so many times what exchanges on kept connections, which are accepted already, wait for no known reason.
const TIMES_KEPT: u64 = 3;

/// A free connection comes to a waiting request within this time; who waits longer is kept waiting.
const LONGEST_CALL: Micros = Micros(2_000);

/// What a client that stands still explains better: its own turn, and what nothing else explains. An
/// answer that was not there yet is not late because of the client.
const CLIENTS_TURN: [Cause; 5] = [
    Cause::ClientQueueScheduler,
    Cause::Unexplained,
    Cause::SlowRequestBody,
    Cause::SlowResponseBody,
    Cause::ConnectionSetup,
];

/// What the phase as a whole says about its network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Of a request and its answer.
    pub round_trip: Micros,
    /// Of a connection that was opened without retransmission, typically.
    pub handshake: Micros,
    /// What waits on accepted connections hold beyond what is known, where no packet was sent again: median and P95.
    pub usual_rest: [Micros; 2],
}

impl Network {
    /// The least time that is called a wait in the accept queue.
    fn least_accept_wait(self) -> Micros {
        LEAST_ACCEPT_WAIT.max(Micros(self.usual_rest[0].0 * TIMES_KEPT))
    }
}

/// What the other requests of the phase say about one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The part of its queue during which every connection was in use.
    pub all_in_use: Micros,
    /// The part of its wait by whose end the server must have accepted its connection.
    pub accepted_within: Micros,
    /// The time during which the client's own thread stood still while it was under way.
    pub client_stalled: Micros,
    /// The part of that which ended as it read the first byte of the answer: that may have been there for so long.
    pub read_late: Micros,
    /// Whether its caller rested first, for the one before it had reached nobody.
    pub rested: bool,
    /// Whether its answer was held back until a delayed acknowledgement.
    pub held_back: bool,
}

/// The parts of a latency, by cause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split([Micros; Cause::ALL.len()]);

impl Split {
    /// The part that has this cause.
    pub fn get(&self, cause: Cause) -> Micros {
        self.0[cause as usize]
    }

    /// All parts, also the empty ones.
    pub fn parts(&self) -> impl Iterator<Item = (Cause, Micros)> {
        Cause::ALL.into_iter().zip(self.0)
    }

    /// The cause of the largest part.
    pub fn largest(&self) -> Cause {
        let longest = self.parts().max_by_key(|(cause, length)| (*length, std::cmp::Reverse(*cause)));
        longest.map_or(Cause::Unexplained, |(cause, _)| cause)
    }

    /// Gives `cause` as much of `left` as there is, but no more than `at_most`.
    fn take(&mut self, cause: Cause, left: &mut Micros, at_most: Micros) {
        let taken = Micros(left.0.min(at_most.0));
        self.0[cause as usize] = self.get(cause) + taken;
        left.0 -= taken.0;
    }

    fn add(&mut self, cause: Cause, length: Option<Micros>) {
        self.0[cause as usize] = self.get(cause) + length.unwrap_or_default();
    }

    /// Moves up to `at_most` from one cause to another.
    fn shift(&mut self, from: Cause, to: Cause, at_most: &mut Micros) {
        let moved = Micros(self.get(from).0.min(at_most.0));
        self.0[from as usize].0 -= moved.0;
        self.add(to, Some(moved));
        at_most.0 -= moved.0;
    }
}

/// Splits the latency of one request over its causes.
pub fn split(row: &Observation, facts: Facts, network: Network) -> Split {
    let mut split = Split::default();
    queue(row, facts, &mut split);
    split.add(Cause::Retries, row.stage(Stage::Retry));
    split.add(Cause::Dns, row.stage(Stage::Dns));
    connect(row, network, &mut split);
    split.add(Cause::Tls, row.stage(Stage::Tls));
    split.add(Cause::SlowRequestBody, row.stage(Stage::Send));
    wait(row, facts, network, &mut split);
    let receive = if facts.held_back { Cause::DelayedAck } else { Cause::SlowResponseBody };
    split.add(receive, row.stage(Stage::Receive));
    let read_late = split.get(Cause::ClientOverload);
    let mut stalled = Micros(facts.client_stalled.0.saturating_sub(read_late.0));
    for cause in CLIENTS_TURN {
        split.shift(cause, Cause::ClientOverload, &mut stalled);
    }
    split
}

fn queue(row: &Observation, facts: Facts, split: &mut Split) {
    let mut left = row.stage(Stage::Queue).unwrap_or_default();
    split.take(Cause::ClientQueue, &mut left, facts.all_in_use);
    let shared = left >= LONGEST_CALL && row.batch().is_some_and(|batch| batch.size > 1);
    let rest = match shared {
        _ if facts.rested => Cause::BackOff,
        true => Cause::ClientQueueBatch,
        false => Cause::ClientQueueScheduler,
    };
    split.add(rest, Some(left));
}

fn connect(row: &Observation, network: Network, split: &mut Split) {
    let mut left = row.stage(Stage::Connect).unwrap_or_default();
    let retransmitted = row.connection().is_some_and(|used| used.syn_retransmits > Some(0));
    if retransmitted {
        split.take(Cause::ConnectionSetup, &mut left, network.handshake);
        split.add(Cause::SynRetransmission, Some(left));
    } else {
        split.add(Cause::ConnectionSetup, Some(left));
    }
}

/// What the server says of itself first, then the way there and back, then what the kernel has seen.
fn wait(row: &Observation, facts: Facts, network: Network, split: &mut Split) {
    let mut left = row.stage(Stage::Wait).unwrap_or_default();
    if is_shed(row) {
        split.add(Cause::Shedding, Some(left));
        return;
    }
    split.take(Cause::ServerQueue, &mut left, row.server_queue().unwrap_or_default());
    split.take(Cause::Compute, &mut left, row.server_compute().unwrap_or_default());
    let both = row.server_queue().unwrap_or_default() + row.server_compute().unwrap_or_default();
    let total = row.server_total().unwrap_or_default();
    split.take(Cause::ServerTotal, &mut left, Micros(total.0.saturating_sub(both.0)));
    split.take(Cause::NetworkRoundTrip, &mut left, network.round_trip);
    let told = tells_all(row);
    match (waits_for_accept(row), row.retransmits()) {
        // Sooner than after the kernel's least time-out it was a probe, and nothing shows that one was needed.
        (true, Some(times @ 1..)) if left >= LEAST_TIMEOUT => {
            split.take(Cause::NotYetAccepted, &mut left, backoff(times));
            if told {
                // From its last packet on the connection stands in the queue like any other. The order of the others says
                // nothing here: it came into the queue at a time that is known by the backoff alone.
                split.take(Cause::ClientOverload, &mut left, facts.read_late);
                split.take(Cause::AcceptQueueWait, &mut left, Micros(u64::MAX));
            }
        }
        (true, Some(0)) if told => {
            // A standstill was measured; a wait in the accept queue is what is left.
            split.take(Cause::ClientOverload, &mut left, facts.read_late);
            if left.min(facts.accepted_within) >= network.least_accept_wait() {
                split.take(Cause::AcceptQueueWait, &mut left, facts.accepted_within);
            }
        }
        (false, Some(times @ 1..)) => {
            // What the others wait as well does not come from a packet that was sent again.
            let excess = Micros(left.0.saturating_sub(network.usual_rest[1].0));
            split.take(Cause::NetworkRoundTrip, &mut left, excess.min(backoff(times)));
        }
        _ => {}
    }
    split.add(Cause::Unexplained, Some(left));
}

/// The part of a wait that neither the server's own times nor the round trip explain.
pub(super) fn rest_of_wait(row: &Observation, round_trip: Micros) -> Micros {
    let both = row.server_queue().unwrap_or_default() + row.server_compute().unwrap_or_default();
    let known = both.max(row.server_total().unwrap_or_default()) + round_trip;
    Micros(row.stage(Stage::Wait).unwrap_or_default().0.saturating_sub(known.0))
}

/// How long it takes until the kernel has sent data again so many times: a probe after one timeout (RFC 8985, §7), then
/// timeouts that double (RFC 6298, §5.5). Linux's timer wheel is never early and up to an eighth late (kernel/time/timer.c),
/// so the middle of that is what is off by the least.
pub(super) fn backoff(times: u32) -> Micros {
    let least = LEAST_TIMEOUT.0 << times.saturating_sub(1).min(16);
    Micros(least + least / 16)
}

/// Whether the server refused it because it had too much to do.
pub(super) fn is_shed(row: &Observation) -> bool {
    matches!(row.status(), Some(429 | 503))
}

/// Whether the server says both how long it queued and how long it computed, so that the rest is not its own.
pub(super) fn tells_all(row: &Observation) -> bool {
    row.server_queue().is_some() && row.server_compute().is_some()
}

/// Whether its wait may hold the time until its connection was accepted: with TLS the handshake would hold it.
pub(super) fn waits_for_accept(row: &Observation) -> bool {
    row.connection().is_some_and(|used| !used.reused) && row.stage(Stage::Tls).is_none()
}
