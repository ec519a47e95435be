//! What keeping connections would buy a phase that opens new ones.

use super::groups::Groups;
use super::remedy::{Advice, alone};
use crate::analyze::document::{Cause, Reuse, ReuseBuys, Saturation};
use crate::stats::rounded;

/// Below these shares of all latency and of the tail's excess there is nothing to win.
const LITTLE_OF_ALL: f64 = 0.05;
const LITTLE_OF_EXCESS: f64 = 0.1;

/// `None` where nothing was sent on new connections, or most of it on kept ones.
pub(super) fn reuse(
    groups: &Groups,
    connections: u64,
    saturation: Option<&Saturation>,
    advice: &Advice<'_>,
) -> Option<Reuse> {
    if groups.all.n == 0 || connections * 2 < groups.all.n {
        return None;
    }
    let gone = Cause::ALL.into_iter().filter(|cause| cause.comes_with_new_connections());
    let of_all: f64 = gone.clone().map(|cause| groups.all.share(cause)).sum();
    let of_excess: f64 = gone.filter_map(|cause| groups.share_of_excess(cause)).sum();
    let accept = groups.all.share(Cause::AcceptQueueWait);
    let saturated = saturation.filter(|saturation| saturation.saturated == Some(true));
    let buys = match saturated {
        _ if of_all < LITTLE_OF_ALL && of_excess < LITTLE_OF_EXCESS => match saturated {
            None if accept >= LITTLE_OF_ALL => ReuseBuys::Latency,
            _ => ReuseBuys::Nothing,
        },
        Some(_) => ReuseBuys::Tail,
        None => ReuseBuys::Latency,
    };
    Some(Reuse {
        buys,
        share_of_all: rounded(of_all, 6),
        share_of_tail_excess: rounded(of_excess, 6),
        accept_queue_share_of_all: rounded(accept, 6),
        explanation: explanation(buys, [of_all, of_excess, accept], saturated) + &predicted(buys, advice),
    })
}

/// What the simulation of the whole loop says of it, which no share can.
fn predicted(buys: ReuseBuys, advice: &Advice<'_>) -> String {
    let of_use = buys != ReuseBuys::Nothing;
    alone(advice).filter(|_| of_use).map_or(String::new(), |alone| format!("; {alone}"))
}

fn explanation(buys: ReuseBuys, shares: [f64; 3], saturated: Option<&Saturation>) -> String {
    let [all, mut excess, accept] = shares.map(|share| format!("{:.1} %", rounded(share * 100.0, 1)));
    if shares[1] > 1.0 {
        excess.push_str(" (shares are signed: the tail has less of other causes than the middle)");
    }
    let stays = saturated.map_or(String::new(), |saturation| {
        format!(
            "the server is full: with {} callers the mean stays at {:.0} ms whatever their connections do",
            saturation.callers, saturation.callers_over_throughput_ms
        )
    });
    match buys {
        ReuseBuys::Nothing => format!(
            "reuse buys nothing: opening connections and lost packets take {all} of all latency and {excess} of what \
             makes the tail slow{}",
            if stays.is_empty() {
                stays
            } else {
                format!(
                    "; the {accept} in the accept queue would only move into the client's queue, for {stays}"
                )
            }
        ),
        ReuseBuys::Tail => format!(
            "the tail: lost packets and opening connections are {excess} of what makes it slow. Not the mean: {stays}, so \
             what those cost ({all} of all latency) and the wait in the accept queue ({accept}) would only move into the \
             client's queue"
        ),
        ReuseBuys::Latency => format!(
            "reuse saves what new connections cost: {all} of all latency, {excess} of what makes the tail slow, and \
             the accept queue ({accept} of all latency)"
        ),
    }
}
