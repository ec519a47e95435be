//! What the measurements of causes on real sockets share: a server that logs what it did, and how far a share may be off.
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use spanload::analyze::{ClientHealth, PhaseAnalysis, PhaseCollector, attribute};
use spanload::model::Sample;

use super::shares::{latency, share_of_excess};
use crate::common::wait_until;
use crate::common::wire::{Peer, Server, pause};

/// How far a share may be off on a machine whose timers have a grain: three points.
pub const TOLERANCE: f64 = 0.03;

/// From a request's arrival to its answer handed over, in milliseconds, by sequence number.
pub type Log = Arc<Mutex<HashMap<u64, f64>>>;

/// A server that computes for 20 ms and says so; `answer` hands its answer over.
pub fn server(answer: fn(&mut Peer, u64)) -> (Server, Log) {
    let log = Log::default();
    let written = log.clone();
    let server = Server::start(move |_, mut peer| {
        while let Some(request) = peer.request() {
            let (seq, received) = (request.body.parse().expect("a sequence number"), Instant::now());
            pause(20);
            answer(&mut peer, seq);
            let handled = received.elapsed().as_secs_f64() * 1e3;
            written.lock().expect("nothing panics with it").insert(seq, handled);
        }
    });
    (server, log)
}

pub const HEAD: &str =
    "HTTP/1.1 200 OK\r\nServer-Timing: queue;dur=0, compute;dur=20\r\nContent-Length: 2\r\n\r\n";

/// The truth's share of what happened outside the server; it writes a line after the answer has left.
pub fn outside(samples: &[Sample], log: &Log) -> f64 {
    let handled = wait_until("the server has logged every request", || {
        let log = log.lock().expect("nothing panics with it");
        (log.len() >= samples.len()).then(|| log.clone())
    });
    share_of_excess(samples, |sample| latency(sample) - handled[&sample.seq])
}

pub fn analysed(samples: &[Sample], health: &ClientHealth) -> PhaseAnalysis {
    let mut collector = PhaseCollector::new(samples.len() as u64, 1);
    for sample in samples {
        collector.take(1, sample).expect("a sample of this phase");
    }
    attribute(&collector.finish(), health)
}
