//! Delays before a connection's request reaches the server, and what only looks like one.
use std::time::Instant;

use spanload::analyze::ReuseBuys;
use spanload::model::Sample;

use super::checks::{
    Expected, alone, always_20, analysed, before_server, check, chosen, injected_share, of_log, run_mock,
};
use super::server;
use super::server::{Injected, Log};
use super::truth::{AtServer, latency, share_of_excess};
use crate::common::load::Load;
use crate::common::wire::{Peer, Server, pause};

fn stall(seq: u64) -> Injected {
    // Unequal, lest the callers fall into step and nobody is served while somebody stalls.
    Injected { compute: 20 + seq * 17 % 41, silent: if stalls(seq) { 400 } else { 0 }, body: 0 }
}

/// Not the first requests: where all connections are opened at once no later one shows that the server accepts.
fn stalls(seq: u64) -> bool {
    seq >= 24 && seq % 15 == 3
}

/// On new connections as well: the server works on later ones meanwhile, so it is not slow to accept. Until
/// the next one, some milliseconds here, nothing tells the two apart.
#[test]
fn a_silent_server_stays_unexplained() {
    alone(|| {
        for load in [Load::new(450, 24).pool(24), Load::new(450, 24)] {
            let (server, _) = server::start(stall);
            let samples = load.run(&server.url());
            let truth = share_of_excess(&samples, |sample| if stalls(sample.seq) { 400.0 } else { 0.0 });
            let shares: &[(&[&str], f64)] = &[(&["unexplained"], truth)];
            let found = analysed(&samples);
            check(&found, &Expected { first: "unexplained", shares, companions: &[] });
            assert!(found.causes[0].explanation.contains("needed:"), "{}", found.causes[0].explanation);
        }
    });
}

fn stalls_at_times(seq: u64) -> Injected {
    Injected { compute: 20, silent: if chosen(seq) { 400 } else { 0 }, body: 0 }
}

/// One caller: no other connection shows whether the server accepts, so that the data cannot tell and must say so.
#[test]
fn a_silent_server_that_nobody_else_calls_stays_unexplained() {
    alone(|| {
        let (server, _) = server::start(stalls_at_times);
        let samples = Load::new(60, 1).run(&server.url());
        let shares: &[(&[&str], f64)] = &[(&["unexplained"], injected_share(&samples, 400.0))];
        let found = analysed(&samples);
        check(&found, &Expected { first: "unexplained", shares, companions: &[] });
        assert!(found.causes[0].explanation.contains("needed: the time at which"), "{:?}", found.causes[0]);
    });
}

#[test]
fn a_slow_accept_is_a_wait_in_the_accept_queue() {
    alone(|| {
        let (url, log) =
            server::start_slow_to_accept(always_20, |index| if index % 40 == 19 { 400 } else { 0 });
        let samples = Load::new(240, 4).run(&url);
        let shares: &[(&[&str], f64)] =
            &[(&["accept_queue_wait"], before_server(&samples, &of_log(&log, samples.len())))];
        check(&analysed(&samples), &Expected { first: "accept_queue_wait", shares, companions: &[] });
    });
}

/// Writes head and body apart, for one request in ten; logs what it took to hand both to the kernel.
fn in_two_writes(mut peer: Peer, log: &Log) {
    peer.nagle();
    while let Some(request) = peer.request() {
        let (seq, received) = (request.body.parse().expect("a sequence number"), Instant::now());
        pause(20);
        let head =
            "HTTP/1.1 200 OK\r\nServer-Timing: queue;dur=0, compute;dur=20\r\nContent-Length: 2\r\n\r\n";
        if chosen(seq) {
            peer.write(head);
            peer.write("{}");
        } else {
            peer.write(&format!("{head}{{}}"));
        }
        let handled = received.elapsed().as_secs_f64() * 1e3;
        let truth = AtServer { queue: 0.0, compute: 20.0, handled, status: 200 };
        log.lock().expect("nothing panics with it").insert(seq, truth);
    }
}

/// The server has handed everything over at once: what is missing until the client has it, its kernel held back.
#[test]
fn an_answer_that_is_held_back_on_a_kept_connection_is_a_delayed_acknowledgement() {
    alone(|| {
        let log = Log::default();
        let written = log.clone();
        let server = Server::start(move |_, peer| in_two_writes(peer, &written));
        let samples = Load::new(200, 2).pool(2).run(&server.url());
        let truth = before_server(&samples, &of_log(&log, samples.len()));
        let shares: &[(&[&str], f64)] = &[(&["delayed_ack"], truth)];
        let found = analysed(&samples);
        check(&found, &Expected { first: "delayed_ack", shares, companions: &[] });
        assert!(found.causes[0].remedy.contains("TCP_NODELAY"), "{:?}", found.causes[0]);
        let samples = Load::new(200, 2).run(&server.url());
        let fresh = analysed(&samples);
        assert!(fresh.causes_of_all.get("delayed_ack").is_none(), "new connections are acknowledged at once");
    });
}

/// The negative: the accept queue is long enough, so nothing is lost, and the wait would only move.
#[test]
fn with_a_long_backlog_reuse_buys_nothing_and_the_analysis_says_why() {
    alone(|| {
        let flags = [
            "--backlog=64",
            "--max-connections=16",
            "--replicas=8",
            "--fixed-ms=30",
            "--item-ms=10",
            "--item-sigma=0.5",
        ];
        let (samples, _) = run_mock("long_backlog", &flags, Load::new(600, 64));
        let found = analysed(&samples);
        let saturation = found.saturation.as_ref().expect("a closed loop");
        assert_eq!((saturation.saturated, saturation.callers), (Some(true), 64));
        let reuse = found.reuse.as_ref().expect("new connections");
        assert_eq!(reuse.buys, ReuseBuys::Nothing, "{reuse:?}");
        for words in ["reuse buys nothing", "64 callers", "would only move into the client's queue"] {
            assert!(reuse.explanation.contains(words), "{}", reuse.explanation);
        }
        for lost in ["syn_retransmission", "not_yet_accepted"] {
            assert!(found.causes_of_all.get(lost).is_none(), "{:#?}", found.causes_of_all);
        }
        // And it is true.
        let (kept, _) = run_mock("long_backlog_kept", &flags, Load::new(600, 64).pool(8));
        let mean = |samples: &[Sample]| samples.iter().map(latency).sum::<f64>() / samples.len() as f64;
        let ratio = mean(&kept) / mean(&samples);
        assert!((0.9..1.15).contains(&ratio), "kept connections: mean × {ratio:.2}");
    });
}
