//! A server that delays what a test tells it to, says of itself what a real one would, and logs the truth.
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use tokio::time::Instant;

use crate::simulated::net::{Net, Peer, pause};

/// What really happened to one request at the server, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtServer {
    pub queue: f64,
    pub compute: f64,
    /// From the request's arrival to the answer handed over, silence included.
    pub handled: f64,
    pub status: u16,
}

/// What happens to one request, in milliseconds.
#[derive(Clone, Copy, Default)]
pub struct Injected {
    /// Computing, of which the server tells.
    pub compute: u64,
    /// Silence before it, of which it does not.
    pub silent: u64,
    /// Between the halves of the answer's body.
    pub body: u64,
}

pub type Log = Rc<RefCell<HashMap<u64, AtServer>>>;

/// Delays each request, whose body is its sequence number, as `inject` says.
pub fn start(inject: fn(u64) -> Injected) -> (Net, Log) {
    let log = Log::default();
    let written = log.clone();
    (Net::new(move |_, peer| serve(peer, inject, written.clone())), log)
}

pub async fn serve(mut peer: Peer, inject: fn(u64) -> Injected, log: Log) {
    while let Some(request) = peer.request().await {
        let seq = request.body.parse().expect("a sequence number");
        let handled = answer(&mut peer, inject(seq)).await;
        log.borrow_mut().insert(seq, handled);
    }
}

async fn answer(peer: &mut Peer, injected: Injected) -> AtServer {
    let received = Instant::now();
    pause(injected.silent + injected.compute).await;
    let head = format!("HTTP/1.1 200 OK\r\nServer-Timing: queue;dur=0, compute;dur={}\r\n", injected.compute);
    if injected.body == 0 {
        peer.write(&format!("{head}Content-Length: 2\r\n\r\n{{}}")).await;
    } else {
        peer.write(&format!("{head}Content-Length: 2\r\n\r\n{{")).await;
        pause(injected.body).await;
        peer.write("}").await;
    }
    let handled = received.elapsed().as_secs_f64() * 1e3;
    AtServer { queue: 0.0, compute: injected.compute as f64, handled, status: 200 }
}
