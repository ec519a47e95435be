//! One request: which causes its time has.

use super::context::Context;
use super::testing::{Row, phase, told};
use super::*;
use crate::analyze::document::Cause;
use crate::model::{Micros, Moment, Stage};

/// The causes of the one row that matters, in milliseconds, without the empty ones.
fn causes(rows: &[Row], index: usize) -> Vec<(Cause, u64)> {
    let phase = phase(rows);
    let health = ClientHealth::default();
    let split = Context::new(&phase, &health).split(index);
    split
        .parts()
        .filter(|(_, length)| length.0 > 0)
        .map(|(cause, length)| (cause, length.0 / 1_000))
        .collect()
}

const TOLD: [(Cause, u64); 3] =
    [(Cause::ServerQueue, 10), (Cause::Compute, 100), (Cause::NetworkRoundTrip, 2)];

/// What the wait of a row holds beside what the server says and the way.
fn rest_of_wait(row: Row) -> Vec<(Cause, u64)> {
    let of_wait = causes(&[told(120), row], 1);
    of_wait.into_iter().filter(|part| !TOLD.contains(part) && part.0 != Cause::ConnectionSetup).collect()
}

#[test]
fn a_proxys_whole_time_is_the_servers_less_what_the_server_tells_itself() {
    assert_eq!(
        rest_of_wait(told(612).reused().server_total(300)),
        [(Cause::ServerTotal, 190), (Cause::Unexplained, 310)]
    );
    assert_eq!(
        rest_of_wait(told(612).reused().server_total(50)),
        [(Cause::Unexplained, 500)],
        "the proxy rounds"
    );
    let alone = Row::new().stage(Stage::Wait, 612).reused().server_total(610);
    assert_eq!(rest_of_wait(alone), [(Cause::ServerTotal, 610)]);
}

#[test]
fn kernel_evidence_explains_what_the_server_does_not() {
    assert_eq!(rest_of_wait(told(612)), [(Cause::AcceptQueueWait, 500)]);
    assert_eq!(
        rest_of_wait(told(1_612).retransmits(3)),
        [(Cause::NotYetAccepted, 850), (Cause::AcceptQueueWait, 650)],
        "200 + 200 + 400 ms and a sixteenth until the last packet, then the queue"
    );
    assert_eq!(rest_of_wait(told(612).reused()), [(Cause::Unexplained, 500)]);
    assert_eq!(
        rest_of_wait(told(612).reused().retransmits(1)),
        [(Cause::NetworkRoundTrip, 214), (Cause::Unexplained, 287)]
    );
    assert_eq!(rest_of_wait(told(612).no_kernel_evidence()), [(Cause::Unexplained, 500)]);
    assert_eq!(rest_of_wait(told(612).stage(Stage::Tls, 9)), [(Cause::Tls, 9), (Cause::Unexplained, 500)]);
}

#[test]
fn a_packet_that_was_sent_again_explains_no_more_than_the_others_do_not_wait() {
    let kept = |wait: u64, again| Row::new().stage(Stage::Wait, wait).reused().retransmits(again);
    let of = |wait: u64| {
        let mut rows: Vec<Row> = (0..20).map(|seq| kept(30 + seq % 3, 0)).collect();
        rows.push(kept(wait, 1));
        causes(&rows, 20)
    };
    assert_eq!(of(32), [(Cause::Unexplained, 32)], "as long as its neighbours");
    assert_eq!(of(132), [(Cause::NetworkRoundTrip, 100), (Cause::Unexplained, 32)]);
    let probe = causes(&[told(140).retransmits(1), told(140)], 0);
    assert!(probe.iter().all(|(cause, _)| *cause != Cause::NotYetAccepted), "no time-out passed: {probe:?}");
}

#[test]
fn a_short_rest_of_the_wait_is_not_said_to_be_the_accept_queue() {
    let accept = |rows: &[Row]| {
        let found = causes(rows, 0);
        found.iter().find(|(cause, _)| *cause == Cause::AcceptQueueWait).map(|(_, length)| *length)
    };
    assert_eq!(accept(&[told(121), told(121)]), None, "9 ms");
    assert_eq!(accept(&[told(124), told(124)]), Some(12));
    let kept = |wait: u64| told(wait).stage(Stage::Connect, 0).reused();
    assert_eq!(accept(&[told(124), told(124), kept(117), kept(117)]), None, "5 ms where none can be");
    assert_eq!(accept(&[told(154), told(154), kept(117), kept(117)]), Some(42));
}

#[test]
fn without_the_servers_times_only_what_the_kernel_proves_is_explained() {
    let untold = |wait| Row::new().stage(Stage::Connect, 2).stage(Stage::Wait, wait);
    assert_eq!(causes(&[untold(500)], 0)[1..], [(Cause::NetworkRoundTrip, 2), (Cause::Unexplained, 498)]);
    let again = causes(&[untold(900), untold(900).retransmits(3)], 1);
    assert_eq!(again[0], (Cause::NotYetAccepted, 850), "200 + 200 + 400 ms and a sixteenth");
    assert_eq!(again.last(), Some(&(Cause::Unexplained, 48)));
}

#[test]
fn a_server_that_works_on_later_connections_is_silent_not_slow_to_accept() {
    let later = told(112).due(100);
    let found = causes(&[told(612), later], 0);
    assert!(found.contains(&(Cause::Unexplained, 500)), "{found:?}");
}

#[test]
fn a_wait_of_one_connection_alone_is_not_said_to_be_the_accept_queue() {
    let found = causes(&[told(612), told(612).due(700)], 0);
    assert!(found.contains(&(Cause::Unexplained, 500)), "{found:?}");
    let queue = causes(&[told(612), told(612).due(50)], 0);
    assert!(queue.contains(&(Cause::AcceptQueueWait, 500)), "two in a row are a queue: {queue:?}");
}

#[test]
fn a_slow_connect_is_a_dropped_syn_only_if_the_kernel_says_so() {
    let slow = |syn| Row::new().stage(Stage::Connect, 1_002).syn(syn);
    let usual = Row::new().stage(Stage::Connect, 2);
    let rows = [usual.clone(), usual, slow(0), slow(1)];
    assert_eq!(causes(&rows, 2), [(Cause::ConnectionSetup, 1_002)]);
    assert_eq!(causes(&rows, 3), [(Cause::SynRetransmission, 1_000), (Cause::ConnectionSetup, 2)]);
}

#[test]
fn what_the_server_claims_beyond_the_wait_is_cut() {
    assert_eq!(
        causes(&[Row::new().stage(Stage::Wait, 50).server(30, 100)], 0),
        [(Cause::ServerQueue, 30), (Cause::Compute, 20)]
    );
}

#[test]
fn the_clients_queue_is_told_apart() {
    let queued =
        |due, queue, wait| Row::new().due(due).stage(Stage::Queue, queue).stage(Stage::Wait, wait).reused();
    let queue_of = |rows: &[Row], index| causes(rows, index)[0];
    let pool = [queued(0, 0, 100), queued(0, 100, 100)];
    assert_eq!(queue_of(&pool, 1), (Cause::ClientQueue, 100), "one connection, in use");
    let late = [queued(0, 0, 100), queued(0, 0, 50), queued(60, 50, 20)];
    assert_eq!(queue_of(&late, 2), (Cause::ClientQueueScheduler, 50), "two connections, one in use");
    let batch = [queued(0, 0, 100), queued(0, 0, 50), queued(60, 50, 20).batch(7, 2)];
    assert_eq!(queue_of(&batch, 2), (Cause::ClientQueueBatch, 50));
}

#[test]
fn a_stalled_client_explains_only_what_nothing_else_does() {
    let rows = [told(112), told(612).reused()];
    let stall = ClientStall { repetition: 1, from: Moment::from_micros(200_000), length: Micros(300_000) };
    let phase = phase(&rows);
    let health = ClientHealth::new(vec![stall]);
    let split = Context::new(&phase, &health).split(1);
    assert_eq!(
        (split.get(Cause::ClientOverload), split.get(Cause::Unexplained)),
        (Micros(300_000), Micros(200_000))
    );
    assert_eq!(split.get(Cause::Compute), Micros(100_000));
}

#[test]
fn an_answer_that_lay_there_while_the_client_stood_still_did_not_wait_to_be_accepted() {
    let stall = |until: u64| {
        let (from, length) = (Moment::from_micros(until * 1_000 - 300_000), Micros(300_000));
        ClientHealth::new(vec![ClientStall { repetition: 1, from, length }])
    };
    // both read their first byte at 614 ms; of the 500 ms that the server does not explain …
    let phase = phase(&[told(612), told(612)]);
    let in_queue = |until| {
        let health = stall(until);
        Context::new(&phase, &health).split(0).get(Cause::AcceptQueueWait).0 / 1_000
    };
    assert_eq!(in_queue(613), 200, "… the client stood still for the last 300");
    assert_eq!(in_queue(500), 500, "… and here it had been looking for 114 ms before the answer came");
}
