//! What must hold for a prediction to come true, in plain words.

use super::inferred::Inferred;
use super::load::{Demand, MOST_REQUESTS};
use crate::analyze::document::{Calibration, Service};
use crate::analyze::observed::PhaseData;
use crate::model::{Connections, Strategy};

pub(super) const NOTHING_KNOWN: &str = "nothing is predicted: the server reports no compute time and there is no \
    calibration; let it send Server-Timing, or calibrate";

/// All of them, the general ones first.
pub(super) fn list(
    inferred: &Inferred,
    before: &PhaseData,
    calibration: Option<&Calibration>,
    after: Option<Strategy>,
) -> Vec<String> {
    let mut list = vec![load(inferred), replicas(inferred), calls(inferred), batches(calibration)];
    if inferred.reported() && calibration.is_some_and(|costs| costs.service == Service::WarmWait) {
        list.push(
            "the calibration's calls report no compute time: its fixed cost holds the network too".into(),
        );
    }
    if let Some(seen) = inferred.seen {
        list.push(format!(
            "the server serves every kept connection that is opened; up to {seen} requests were seen inside at once"
        ));
    }
    if after.is_some_and(|after| after.connections == Connections::PerRequest) {
        let accept = "the after phase opens a connection for each request: what these wait to be accepted is up \
                      to the server's accept queue, so it is not predicted";
        list.push(accept.into());
    }
    if before.endpoints().are_several() {
        let batches = "a batch takes requests to any endpoint; where it can only take those to one, it is smaller, and where \
                       endpoints take none, less is gained";
        list.push(batches.into());
    }
    if before.requests() as usize > MOST_REQUESTS {
        list.push(format!("the first {MOST_REQUESTS} requests stand for all {}", before.requests()));
    }
    list
}

fn load(inferred: &Inferred) -> String {
    let load = match &inferred.load {
        Demand::Closed { callers, think: 0 } => format!("a closed loop of {callers} callers"),
        Demand::Closed { callers, think } => format!(
            "a closed loop of {callers} callers who wait {:.0} ms between an answer and the next request",
            *think as f64 / 1e3
        ),
        Demand::Open(_) => "the same arrivals, whatever becomes of others".into(),
    };
    format!(
        "{load}, as in the before log; kept connections, first come first served; no packet is lost and no connection waits to \
         be accepted"
    )
}

fn replicas(inferred: &Inferred) -> String {
    let n = inferred.replicas;
    if inferred.saturated {
        format!(
            "the server computes {n} exchanges at a time, first come first served: so many at work while others waited"
        )
    } else {
        format!(
            "the server computes {n} exchanges at a time or more: so many were at work and nothing shows that any had to wait, so \
             none waits in the prediction either; where a range says so, its slower end is a server that computes no more than {n}"
        )
    }
}

fn calls(inferred: &Inferred) -> String {
    let text = if inferred.reported() {
        "each request costs the server what it reported for it in the before phase"
    } else {
        "the server reports no compute time: costs are drawn with the calibration's spread, and the number of \
         exchanges at a time is throughput × service time"
    };
    text.into()
}

fn batches(calibration: Option<&Calibration>) -> String {
    match calibration.map(|costs| costs.fixed_ms) {
        Some(Some(fixed)) => {
            format!(
                "a batch costs {:.1} ms once and each item its own cost, as on the idle server",
                fixed.max(0.0)
            )
        }
        Some(None) => {
            "the calibration has no batches, so what a batch saves is unknown: batches are a range".into()
        }
        None => "there is no calibration, so what a batch saves is unknown: batches are a range".into(),
    }
}
