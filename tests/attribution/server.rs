//! A server that delays what a test tells it to, says of itself what a real one would, and logs the truth.
use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::truth::AtServer;
use crate::common::wire::{Peer, Server, listener, pause};

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

pub type Log = Arc<Mutex<HashMap<u64, AtServer>>>;

/// Delays each request, whose body is its sequence number, as `inject` says.
pub fn start(inject: fn(u64) -> Injected) -> (Server, Log) {
    let log = Log::default();
    let (serve, log) = (server(inject, log.clone()), log);
    (Server::start(move |_, peer| serve(peer)), log)
}

/// The same, but a thread of the test's accepts, with a pause of so many milliseconds before some connections.
pub fn start_slow_to_accept(inject: fn(u64) -> Injected, accept_pause: fn(usize) -> u64) -> (String, Log) {
    let log = Log::default();
    let (serve, listener) = (Arc::new(server(inject, log.clone())), listener());
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    std::thread::spawn(move || accept(&listener, accept_pause, &serve));
    (url, log)
}

fn accept(
    listener: &TcpListener,
    accept_pause: fn(usize) -> u64,
    serve: &Arc<impl Fn(Peer) + Send + Sync + 'static>,
) {
    for index in 0.. {
        pause(accept_pause(index));
        let (stream, _) = listener.accept().expect("a connection");
        let serve = serve.clone();
        std::thread::spawn(move || serve(Peer::new(stream)));
    }
}

fn server(inject: fn(u64) -> Injected, log: Log) -> impl Fn(Peer) + Send + Sync + 'static {
    move |mut peer| {
        while let Some(request) = peer.request() {
            let seq = request.body.parse().expect("a sequence number");
            let handled = answer(&mut peer, inject(seq));
            log.lock().expect("nothing panics with it").insert(seq, handled);
        }
    }
}

fn answer(peer: &mut Peer, injected: Injected) -> AtServer {
    let received = Instant::now();
    pause(injected.silent);
    let begun = Instant::now();
    pause(injected.compute);
    let compute = millis(begun.elapsed());
    let head = format!("HTTP/1.1 200 OK\r\nServer-Timing: queue;dur=0, compute;dur={compute:.3}\r\n");
    if injected.body == 0 {
        peer.write(&format!("{head}Content-Length: 2\r\n\r\n{{}}"));
    } else {
        peer.write(&format!("{head}Content-Length: 2\r\n\r\n{{"));
        pause(injected.body);
        peer.write("}");
    }
    AtServer { queue: 0.0, compute, handled: millis(received.elapsed()), status: 200 }
}

fn millis(length: Duration) -> f64 {
    length.as_secs_f64() * 1e3
}
