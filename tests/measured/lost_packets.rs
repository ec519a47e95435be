//! Packets that a real kernel drops and holds back: the shares of what is found, against the packets on the wire.
use spanload::analyze::ClientHealth;
use spanload::model::Sample;
use spanload::plan::Plan;

use super::causes::{HEAD, TOLERANCE, analysed, outside, server};
use super::expected::{Expected, check};
use super::shares::{latency, share_of_excess};
use crate::common::load::Load;
use crate::common::packets::Capture;
use crate::common::truth::Truth;
use crate::common::wire::Peer;
use crate::common::{Mock, namespace, run};

#[test]
fn a_small_backlog_is_lost_packets() {
    std::thread::scope(|scope| scope.spawn(small_backlog).join().expect("the scenario holds"));
}

fn small_backlog() {
    if namespace::enter().is_none() {
        return;
    }
    let capture = Capture::start();
    let log = run::fresh_folder("measured_small_backlog").join("truth.csv");
    let flag = format!("--truth-log={}", log.display());
    let gate = ["--backlog=4", "--max-connections=4", "--replicas=2", "--fixed-ms=20", "--item-ms=0"];
    let mut mock = Mock::start(&[&gate[..], &[flag.as_str()]].concat());
    let mut load = Load::new(300, 24);
    load.plan = Plan::of_prompts(300, 7);
    let samples = load.run(&mock.hello.infer);
    mock.signal(libc::SIGTERM);
    assert!(mock.wait().success());
    let (packets, truth) = (capture.finish(), Truth::read(&log));
    let lost = packets.lost_ms();
    let of = |sample: &Sample| lost[sample.trace_id.to_string().as_str()];
    let inside = |sample: &Sample| truth[&sample.trace_id.to_string()].inside().as_millis();
    let [syns, data] =
        [share_of_excess(&samples, |one| of(one).0), share_of_excess(&samples, |one| of(one).1)];
    let before = share_of_excess(&samples, |sample| latency(sample) - inside(sample));
    let all = ["syn_retransmission", "not_yet_accepted", "accept_queue_wait", "connection_setup"];
    let shares: &[(&[&str], f64)] =
        &[(&all, before), (&["syn_retransmission"], syns), (&["not_yet_accepted"], data)];
    let found = analysed(&samples, &ClientHealth::default());
    // Which of the two comes first is chance; of two that weigh the same within what each may be off, either may.
    let first = found.causes.first().map_or("none", |cause| cause.cause.name());
    let [heavier, lighter] = if syns > data { [syns, data] } else { [data, syns] };
    let expected = if syns > data { "syn_retransmission" } else { "not_yet_accepted" };
    assert!(first == expected || heavier - lighter <= 2.0 * TOLERANCE, "{first} before {expected}");
    check(&found, &Expected { first, shares, companions: &[] }, TOLERANCE);
}

/// Writes head and body apart, for one request in ten, on a socket that lets the second wait for the acknowledgement of the
/// first (Nagle).
fn in_two_writes(peer: &mut Peer, seq: u64) {
    peer.nagle();
    if seq % 10 == 3 {
        peer.write(HEAD);
        peer.write("{}");
    } else {
        peer.write(&format!("{HEAD}{{}}"));
    }
}

/// The server has handed everything over at once: what is missing until the client has it, its kernel held back.
#[test]
fn an_answer_that_is_held_back_on_a_kept_connection_is_a_delayed_acknowledgement() {
    let (server, log) = server(in_two_writes);
    let samples = Load::new(200, 2).pool(2).run(&server.url());
    let shares: &[(&[&str], f64)] = &[(&["delayed_ack"], outside(&samples, &log))];
    let found = analysed(&samples, &ClientHealth::default());
    check(&found, &Expected { first: "delayed_ack", shares, companions: &[] }, TOLERANCE);
    let fresh = analysed(&Load::new(200, 2).run(&server.url()), &ClientHealth::default());
    assert!(
        fresh.causes_of_all.get(spanload::analyze::Cause::DelayedAck).is_none(),
        "new connections are acknowledged at once"
    );
}
