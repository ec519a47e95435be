//! Breaks each stage in turn: the record says how, and how far the request came.
use super::*;

const TO_WAIT: &[&str] = &["queue", "connect", "send", "wait"];
const TO_RECEIVE: &[&str] = &["queue", "connect", "send", "wait", "receive"];

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
        pause(50);
        misbehave(peer);
    });
    let started = Clock::start();
    let sample = &Load::new(1, 1).run(&server.url())[0];
    assert_eq!((sample.error, sample.status, sample.attempts), (Some(error), status, 1), "{sample:?}");
    assert_eq!(reached(sample), stages);
    assert!(ms(sample, Stage::Wait) >= Some(49.0), "{:?}", sample.stages);
    assert!(sample.stages.latency() <= started.now().since(spanload::model::Moment::START));
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
fn a_name_without_an_address_ends_in_dns() {
    let resolver = Forgetful(Cell::new(false), SocketAddr::from(([127, 0, 0, 1], 1)));
    let sample = &Load::new(1, 1).run_resolving("http://test.invalid", resolver)[0];
    assert_eq!((sample.error, sample.connection), (Some(ErrorKind::Dns), None));
    assert_eq!(reached(sample), ["queue", "dns"]);
}

#[test]
fn a_reset_or_a_close_before_the_answer_ends_in_wait() {
    undisturbed(|| {
        fails(Peer::reset, ErrorKind::Reset, None, TO_WAIT);
        fails(drop, ErrorKind::Closed, None, TO_WAIT);
    });
}

#[test]
fn a_reset_or_a_close_within_the_answer_ends_in_receive() {
    undisturbed(|| {
        let half = |mut peer: Peer| {
            peer.write(&format!("{HEAD_OF_TEN}12345"));
            pause(50);
            peer
        };
        fails(move |peer| half(peer).reset(), ErrorKind::Reset, Some(200), TO_RECEIVE);
        fails(move |peer| drop(half(peer)), ErrorKind::Closed, Some(200), TO_RECEIVE);
    });
}

#[test]
fn what_is_not_http_is_a_protocol_error() {
    undisturbed(|| {
        fails(|mut peer| peer.write("garbage\r\n\r\n"), ErrorKind::Protocol, None, TO_RECEIVE);
        fails(|mut peer| peer.write(&"x".repeat(1 << 20)), ErrorKind::Protocol, None, TO_RECEIVE);
        let bad_chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n";
        fails(|mut peer| peer.write(bad_chunk), ErrorKind::Protocol, Some(200), TO_RECEIVE);
    });
}

#[test]
fn a_status_that_is_no_success_is_a_whole_exchange() {
    undisturbed(|| {
        for (status, word) in [
            (302, ErrorKind::Http3xx),
            (404, ErrorKind::Http4xx),
            (503, ErrorKind::Http5xx),
            (600, ErrorKind::Protocol),
        ] {
            let answer = format!("HTTP/1.1 {status} No\r\nLocation: /\r\nContent-Length: 2\r\n\r\n{{}}");
            fails(move |mut peer| peer.write(&answer), word, Some(status), TO_RECEIVE);
        }
    });
}

#[test]
fn a_timeout_within_the_answer_keeps_the_status() {
    undisturbed(|| {
        let server = Server::start(|_, mut peer| {
            peer.request();
            peer.write(&format!("{HEAD_OF_TEN}12345"));
            peer.until_closed();
        });
        let sample = &Load::new(1, 1).timeout_ms(200).run(&server.url())[0];
        assert_eq!((sample.error, sample.status), (Some(ErrorKind::Timeout), Some(200)));
        assert_eq!((reached(sample), sample.stages.latency().0), (TO_RECEIVE.to_vec(), 200_000));
    });
}
