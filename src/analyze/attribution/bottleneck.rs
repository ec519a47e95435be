//! What limits the throughput of a closed loop, in words.

use crate::analyze::document::Saturation;

/// What the data say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bottleneck {
    /// The server: somebody always waits for it.
    Queue,
    /// The server: as many exchanges are always computed as it can.
    Replicas,
    /// Nothing can be said: the load was not steady.
    Unsteady,
    /// Nothing can be said: so few connections are always in use that nobody can wait at the server.
    Connections(u64),
    /// Nothing can be said: the server does not tell its times.
    Untold,
    /// Not the server.
    NotTheServer,
}

impl Bottleneck {
    /// Whether it is the server, as far as that can be told.
    pub(super) fn is_the_server(self) -> Option<bool> {
        match self {
            Bottleneck::Queue | Bottleneck::Replicas => Some(true),
            Bottleneck::NotTheServer => Some(false),
            Bottleneck::Unsteady | Bottleneck::Connections(_) | Bottleneck::Untold => None,
        }
    }
}

pub(super) fn explanation(bottleneck: Bottleneck, found: &Saturation) -> String {
    let Saturation { callers, throughput_rps: rate, callers_over_throughput_ms: wait, .. } = found;
    let between = found
        .think_ms
        .map_or(String::new(), |think| format!(", {think:.0} ms between an answer and the next request,"));
    let come = format!("while all {callers} callers are at work{between} {rate:.1} answers/s come back");
    let law = format!("{come}, which makes a mean of about {wait:.0} ms meanwhile (Little's law)");
    let waits = found.somebody_waits.unwrap_or(0.0);
    match bottleneck {
        Bottleneck::Queue => format!(
            "{law} whatever their connections do; {} a request waits for the server: only more throughput per call can help",
            time(waits)
        ),
        Bottleneck::Replicas => format!(
            "{law} whatever their connections do; nobody waits at the server, for the client has no more connections, but \
             the {} exchanges that it computes at a time, by the before phase, are {:.0} % busy: only more throughput per \
             call can help",
            found.replicas.unwrap_or(0),
            found.replicas_busy.unwrap_or(0.0) * 100.0
        ),
        Bottleneck::Unsteady => format!(
            "{come}, from which a mean of {wait:.0} ms follows (Little's law), but it is {:.0} ms: the load was not \
             steady, so whether the server limits it cannot be told",
            found.mean_latency_ms
        ),
        Bottleneck::Connections(connections) => format!(
            "{law}; {} all {connections} connections of the client are in use, so that nobody can wait at the server: \
             whether it limits the load cannot be told from this phase, see what the prediction says of more connections",
            time(found.connections_in_use)
        ),
        Bottleneck::Untold => format!(
            "{law}; whether the server could answer more cannot be told without its own times (Server-Timing: queue, compute)"
        ),
        Bottleneck::NotTheServer if waits < 0.005 => format!(
            "{law}, and hardly ever does a request wait for the server: it is not what limits the load"
        ),
        Bottleneck::NotTheServer => format!(
            "{law}, but only {} a request waits for the server: it is not what limits the load",
            time(waits)
        ),
    }
}

/// For how much of the time.
fn time(share: f64) -> String {
    if share >= 0.995 {
        "at all times".to_string()
    } else {
        format!("for {:.0} % of the time", share * 100.0)
    }
}
