//! Breaks each stage in turn: the record says how, and how far the request came.
use super::*;

/// The first request's server: what it does after it has read the request and thought for 50 ms.
fn breaking<F: Future<Output = ()> + 'static>(misbehave: impl Fn(Peer) -> F + Copy + 'static) -> Network {
    Network::to(move |_, mut peer: Peer| async move {
        peer.request().await;
        pause(50).await;
        misbehave(peer).await;
    })
}

/// One request to a server that misbehaves: its record says how, and how far it came, to the microsecond.
#[track_caller]
fn fails(network: Network, error: ErrorKind, status: Option<u16>, receive: Option<u64>) {
    let sample = &Load::new(1, 1).paused(network.direct())[0];
    assert_eq!((sample.error, sample.status, sample.attempts), (Some(error), status, 1), "{sample:?}");
    let mut expected = vec![("queue", 0), ("connect", 0), ("send", 0), ("wait", 50_000)];
    expected.extend(receive.map(|receive| ("receive", receive)));
    assert_eq!(lengths(sample), expected);
    assert!(sample.connection.is_some() && sample.bytes_sent > 0);
}

/// The same with what it writes.
fn fails_with(answer: &'static str, error: ErrorKind, status: Option<u16>) {
    let network = breaking(move |mut peer| async move { peer.write(answer).await });
    fails(network, error, status, Some(0));
}

#[test]
fn a_refused_connection_ends_in_connect() {
    let refused = |_| Handshake { takes_ms: 4, syn_retransmits: 0, refused: true };
    let sample = &Load::new(1, 1).paused(Network::echo(0).handshakes(refused).direct())[0];
    assert_eq!((sample.error, sample.status), (Some(ErrorKind::ConnectRefused), None));
    assert_eq!((lengths(sample), sample.bytes_sent), (vec![("queue", 0), ("connect", 4_000)], 0));
}

#[test]
fn a_timeout_while_connecting_keeps_its_evidence() {
    let slow = |_| Handshake { takes_ms: 3_000, syn_retransmits: 2, refused: false };
    let sample = &Load::new(1, 1).timeout_ms(1_400).paused(Network::echo(0).handshakes(slow).direct())[0];
    assert_eq!(sample.error, Some(ErrorKind::Timeout));
    assert_eq!(lengths(sample), [("queue", 0), ("connect", 1_400_000)]);
    let connection = sample.connection.expect("it came to one");
    assert_eq!((connection.syn_retransmits, sample.retransmits), (Some(2), None));
}

#[test]
fn a_name_without_an_address_ends_in_dns() {
    let sample = &Load::new(1, 1).paused(Network::echo(0).resolving(Names::new(|_| unknown())))[0];
    assert_eq!((sample.error, sample.connection), (Some(ErrorKind::Dns), None));
    assert_eq!(reached(sample), ["queue", "dns"]);
}

#[test]
fn a_reset_or_a_close_before_the_answer_ends_in_wait() {
    fails(breaking(|peer| async { peer.reset() }), ErrorKind::Reset, None, None);
    fails(breaking(|peer| async { drop(peer) }), ErrorKind::Closed, None, None);
}

#[test]
fn a_reset_or_a_close_within_the_answer_ends_in_receive() {
    async fn half(mut peer: Peer) -> Peer {
        peer.write(&format!("{HEAD_OF_TEN}12345")).await;
        pause(60).await;
        peer
    }
    let reset = breaking(|peer| async { half(peer).await.reset() });
    fails(reset, ErrorKind::Reset, Some(200), Some(60_000));
    let closed = breaking(|peer| async { drop(half(peer).await) });
    fails(closed, ErrorKind::Closed, Some(200), Some(60_000));
}

#[test]
fn what_is_not_http_is_a_protocol_error() {
    fails_with("garbage\r\n\r\n", ErrorKind::Protocol, None);
    let bad_chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n";
    fails_with(bad_chunk, ErrorKind::Protocol, Some(200));
    let endless = breaking(|mut peer| async move { peer.write(&"x".repeat(LARGE)).await });
    fails(endless, ErrorKind::Protocol, None, Some(0));
}

#[test]
fn a_status_that_is_no_success_is_a_whole_exchange() {
    for (answer, word, status) in [
        ("HTTP/1.1 302 No\r\nLocation: /\r\nContent-Length: 2\r\n\r\n{}", ErrorKind::Http3xx, 302),
        ("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}", ErrorKind::Http4xx, 404),
        ("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\n{}", ErrorKind::Http5xx, 503),
        ("HTTP/1.1 600 No\r\nContent-Length: 2\r\n\r\n{}", ErrorKind::Protocol, 600),
    ] {
        fails_with(answer, word, Some(status));
    }
}

#[test]
fn a_timeout_within_the_answer_keeps_the_status() {
    let network = breaking(|mut peer| async move {
        peer.write(&format!("{HEAD_OF_TEN}12345")).await;
        peer.until_closed().await;
    });
    let sample = &Load::new(1, 1).timeout_ms(201).paused(network.direct())[0];
    assert_eq!((sample.error, sample.status), (Some(ErrorKind::Timeout), Some(200)));
    let expected = [("queue", 0), ("connect", 0), ("send", 0), ("wait", 50_000), ("receive", 151_000)];
    assert_eq!(lengths(sample), expected);
}

#[test]
fn an_answer_past_the_limit_is_too_large_and_its_connection_is_not_used_again() {
    let network = Network::to(|index, mut peer: Peer| async move {
        while peer.request().await.is_some() {
            peer.answer(&"1".repeat(if index == 0 { 101 } else { 100 })).await;
        }
    });
    let mut load = Load::new(2, 1).pool(1);
    load.answers.most = 100;
    let samples = load.paused(network.direct());
    assert_eq!([samples[0].error, samples[1].error], [Some(ErrorKind::TooLarge), None]);
    assert_eq!((network.dialled(), samples[1].attempts), (2, 1));
}
