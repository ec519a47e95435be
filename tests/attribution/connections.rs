//! Delays before a connection's request reaches the server, and what only looks like one.
use spanload::analyze::{PhaseAnalysis, ReuseBuys};
use spanload::model::{Micros, Sample, Stage};

use super::checks::{
    Expected, always_20, analysed, before_server, check, chosen, injected_share, log_of, outside, samples,
};
use super::server;
use super::server::Injected;
use super::shares::{latency, share_of_excess};
use crate::simulated::gate::{Gate, data_again_ms};
use crate::simulated::inference::{Costs, Inference};
use crate::simulated::load::Load;
use crate::simulated::net::{Net, Peer, pause};

fn stall(seq: u64) -> Injected {
    // Unequal, lest the callers fall into step and nobody is served while somebody stalls.
    Injected { compute: 20 + seq * 17 % 41, silent: if stalls(seq) { 400 } else { 0 }, body: 0 }
}

/// Not the first requests: where all connections are opened at once no later one shows that the server accepts.
fn stalls(seq: u64) -> bool {
    seq >= 24 && seq % 15 == 3
}

/// Silence is unexplained, also on a new connection: what an accept queue could have had of it is too short to be called one.
#[track_caller]
fn check_silence(found: &PhaseAnalysis, silence: f64) {
    let shares: &[(&[&str], f64)] = &[(&["unexplained", "accept_queue_wait"], silence)];
    check(found, &Expected { first: "unexplained", shares, companions: &[] });
    let accepting = found.tail.excess_causes.named("accept_queue_wait").map_or(0.0, |part| part.mean_ms);
    assert!(accepting <= 2.0, "{accepting} ms");
}

/// On new connections as well: the server works on later ones meanwhile, so it is not slow to accept.
#[test]
fn a_silent_server_stays_unexplained() {
    for load in [Load::new(450, 24).pool(24), Load::new(450, 24)] {
        let (net, _) = server::start(stall);
        let samples = samples(load.run(&net));
        let truth = share_of_excess(&samples, |sample| if stalls(sample.seq) { 400.0 } else { 0.0 });
        let found = analysed(&samples);
        check_silence(&found, truth);
        assert!(found.causes[0].explanation.contains("needed:"), "{}", found.causes[0].explanation);
    }
}

fn stalls_at_times(seq: u64) -> Injected {
    Injected { compute: 20, silent: if chosen(seq) { 400 } else { 0 }, body: 0 }
}

/// One caller: no other connection shows whether the server accepts, so that the data cannot tell and must say so.
#[test]
fn a_silent_server_that_nobody_else_calls_stays_unexplained() {
    let (net, _) = server::start(stalls_at_times);
    let samples = samples(Load::new(60, 1).run(&net));
    let found = analysed(&samples);
    check_silence(&found, injected_share(&samples, 400.0));
    assert!(found.causes[0].explanation.contains("needed: the time at which"), "{:?}", found.causes[0]);
}

#[test]
fn a_slow_accept_is_a_wait_in_the_accept_queue() {
    let (net, log) = server::start(always_20);
    let net = net.behind(Gate::slow(1_000, 1_000, |index| if index % 40 == 19 { 400 } else { 0 }));
    let samples = samples(Load::new(240, 4).run(&net));
    let shares: &[(&[&str], f64)] = &[(&["accept_queue_wait"], outside(&samples, &log))];
    check(&analysed(&samples), &Expected { first: "accept_queue_wait", shares, companions: &[] });
}

/// How long a request was sent again: so long the server knew nothing of its connection.
fn until_in_the_queue(sample: &Sample) -> f64 {
    data_again_ms(sample.retransmits.unwrap_or(0)) as f64
}

/// Lost packets of both kinds, told apart by what was counted on each connection.
#[test]
fn a_small_backlog_is_lost_packets() {
    let server = Inference::new(2, Costs { fixed_ms: 20, item_ms: 0.0, sigma: 0.0 });
    let net = server.net().behind(Gate::new(4, 4));
    let samples = samples(Load::new(300, 24).run(&net));
    let dropped = |sample: &Sample| sample.stages.get(Stage::Connect).map_or(0.0, Micros::as_millis);
    let lost = ["syn_retransmission", "not_yet_accepted", "accept_queue_wait"];
    let shares: &[(&[&str], f64)] = &[
        (&lost, before_server(&samples, &log_of(&server))),
        (&["syn_retransmission"], share_of_excess(&samples, dropped)),
        (&["not_yet_accepted"], share_of_excess(&samples, until_in_the_queue)),
    ];
    let found = analysed(&samples);
    check(&found, &Expected { first: "syn_retransmission", shares, companions: &[] });
    let counted = |column: fn(&Sample) -> Option<u32>| samples.iter().filter_map(column).sum::<u32>();
    let evidence = |cause: &str| {
        let cause = found.causes.iter().find(|one| one.cause.name() == cause).expect("it was found");
        cause.evidence.get("retransmissions").and_then(serde_json::Value::as_u64)
    };
    let syns = counted(|sample| sample.connection?.syn_retransmits);
    assert_eq!(evidence("syn_retransmission"), Some(syns.into()));
    assert_eq!(evidence("not_yet_accepted"), Some(counted(|sample| sample.retransmits).into()));
}

/// Hands head and body over apart, for one request in ten; the kernel holds the body back until the head is acknowledged,
/// which the client's delays by 40 ms on a connection that is in use.
async fn in_two_writes(index: usize, mut peer: Peer, keeps: bool) {
    let mut warm = keeps && index == usize::MAX;
    while let Some(request) = peer.request().await {
        let seq = request.body.parse().expect("a sequence number");
        pause(20).await;
        let head =
            "HTTP/1.1 200 OK\r\nServer-Timing: queue;dur=0, compute;dur=20\r\nContent-Length: 2\r\n\r\n";
        peer.write(head).await;
        pause(if chosen(seq) && warm { 40 } else { 0 }).await;
        peer.write("{}").await;
        warm = true;
    }
}

/// The server has handed everything over at once: what is missing until the client has it, its kernel held back.
#[test]
fn an_answer_that_is_held_back_on_a_kept_connection_is_a_delayed_acknowledgement() {
    let net = || Net::new(|index, peer| in_two_writes(index, peer, true));
    let samples_of = |load: Load| samples(load.run(&net()));
    let kept = samples_of(Load::new(200, 2).pool(2));
    let found = analysed(&kept);
    let shares: &[(&[&str], f64)] = &[(&["delayed_ack"], injected_share(&kept, 40.0))];
    check(&found, &Expected { first: "delayed_ack", shares, companions: &[] });
    assert!(found.causes[0].remedy.contains("TCP_NODELAY"), "{:?}", found.causes[0]);
    let fresh = analysed(&samples_of(Load::new(200, 2)));
    assert!(fresh.causes_of_all.named("delayed_ack").is_none(), "new connections are acknowledged at once");
}

/// The negative: the accept queue is long enough, so nothing is lost, and the wait would only move.
#[test]
fn with_a_long_backlog_reuse_buys_nothing_and_the_analysis_says_why() {
    let costs = Costs { fixed_ms: 30, item_ms: 10.0, sigma: 0.5 };
    let run = |load: Load| {
        let server = Inference::new(8, costs);
        samples(load.run(&server.net().behind(Gate::new(16, 64))))
    };
    let fresh = run(Load::new(600, 64));
    let found = analysed(&fresh);
    let saturation = found.saturation.as_ref().expect("a closed loop");
    assert_eq!((saturation.saturated, saturation.callers), (Some(true), 64));
    let reuse = found.reuse.as_ref().expect("new connections");
    assert_eq!(reuse.buys, ReuseBuys::Nothing, "{reuse:?}");
    for words in ["reuse buys nothing", "64 callers", "would only move into the client's queue"] {
        assert!(reuse.explanation.contains(words), "{}", reuse.explanation);
    }
    for lost in ["syn_retransmission", "not_yet_accepted"] {
        assert!(found.causes_of_all.named(lost).is_none(), "{:#?}", found.causes_of_all);
    }
    // And it is true.
    let kept = run(Load::new(600, 64).pool(8));
    let mean = |samples: &[Sample]| samples.iter().map(latency).sum::<f64>() / samples.len() as f64;
    let ratio = mean(&kept) / mean(&fresh);
    assert!((0.99..1.01).contains(&ratio), "kept connections: mean × {ratio:.4}");
}
