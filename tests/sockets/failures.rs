//! How a connection ends before its answer is complete.
use spanload::model::{ErrorKind, Micros, Stage};

use super::*;
use crate::common::wire::refusing;

const TO_WAIT: &[&str] = &["queue", "connect", "send", "wait"];
const TO_RECEIVE: &[&str] = &["queue", "connect", "send", "wait", "receive"];
/// More than the buffers of both ends can hold.
const LARGE: usize = 16 << 20;

/// One request to a server that misbehaves: its record says how, and how far it came.
#[track_caller]
fn fails(
    misbehave: impl Fn(Peer) + Send + Sync + 'static,
    error: ErrorKind,
    status: Option<u16>,
    stages: &[&str],
) {
    let server = Server::start(move |_, mut peer| {
        peer.request();
        misbehave(peer);
    });
    let sample = &Load::new(1, 1).run(&server.url())[0];
    assert_eq!((sample.error, sample.status, sample.attempts), (Some(error), status, 1), "{sample:?}");
    assert_eq!(reached(sample), stages);
    assert!(sample.connection.is_some() && sample.bytes_sent > 0);
}

#[test]
fn a_refused_connection_ends_in_connect() {
    let (_held, address) = refusing();
    let sample = &Load::new(1, 1).run(&format!("http://{address}"))[0];
    assert_eq!((sample.error, sample.status), (Some(ErrorKind::ConnectRefused), None));
    assert_eq!((reached(sample), sample.bytes_sent), (vec!["queue", "connect"], 0));
}

#[test]
fn a_reset_and_a_close_are_told_apart() {
    fails(Peer::reset, ErrorKind::Reset, None, TO_WAIT);
    fails(drop, ErrorKind::Closed, None, TO_WAIT);
    let half = |mut peer: Peer| {
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
        peer
    };
    fails(move |peer| half(peer).reset(), ErrorKind::Reset, Some(200), TO_RECEIVE);
    fails(move |peer| drop(half(peer)), ErrorKind::Closed, Some(200), TO_RECEIVE);
}

#[test]
fn a_body_that_is_larger_than_all_buffers_arrives_whole() {
    let body = format!("\"{}\"", "x".repeat(LARGE));
    let server = Server::start(|_, mut peer| {
        while let Some(request) = peer.request() {
            peer.answer(&request.body.len().to_string());
        }
    });
    for sample in Load::new(2, 1).pool(1).body(&body).run(&server.url()) {
        assert_eq!(sample.error, None);
        assert!(sample.bytes_sent > body.len() as u64);
    }
    assert_eq!(server.accepted(), 1);
}

#[test]
fn an_answer_that_comes_before_the_request_is_complete_is_read() {
    let body = format!("\"{}\"", "x".repeat(LARGE));
    let server = Server::start(|_, mut peer| {
        peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 10\r\n\r\n1234567890");
        peer.until_closed();
    });
    let sample = &Load::new(1, 1).body(&body).run(&server.url())[0];
    assert_eq!((sample.error, sample.status), (Some(ErrorKind::Http4xx), Some(413)));
    assert_eq!(sample.stages.get(Stage::Wait), Some(Micros(0)), "reached, and no time spent in it");
    assert!(sample.bytes_sent < body.len() as u64);
}
