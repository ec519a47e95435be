//! Breaks each stage in turn: the record says how, and how far the request came.
use std::io;

use spanload::model::ErrorKind;
use spanload::transport::dial::{Lookup, Resolve};

use super::load::{Load, stages};
use super::net::{Connect, Names, Net, Peer, pause};

const HALF_OF_TEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345";

/// A server that reads a request, thinks for 50 ms and then misbehaves.
fn breaking<F: Future<Output = ()> + 'static>(misbehave: impl Fn(Peer) -> F + Copy + 'static) -> Net {
    Net::new(move |_, mut peer: Peer| async move {
        peer.request().await;
        pause(50).await;
        misbehave(peer).await;
    })
}

/// One request to a server that misbehaves: its record says how, and how far it came, to the microsecond.
#[track_caller]
fn fails(net: &Net, error: ErrorKind, status: Option<u16>, receive: Option<u64>) {
    let outcome = Load::new(1, 1).run(net);
    let sample = outcome.sample(0);
    assert_eq!((sample.error, sample.status, sample.attempts), (Some(error), status, 1), "{sample:?}");
    let mut expected = vec![("queue", 0), ("connect", 0), ("send", 0), ("wait", 50_000)];
    expected.extend(receive.map(|receive| ("receive", receive)));
    assert_eq!(stages(sample), expected);
    assert!(sample.connection.is_some() && sample.bytes_sent > 0);
}

#[test]
fn a_timeout_while_connecting_keeps_its_evidence() {
    let slow = Connect { after_ms: 3_000, syn_retransmits: 2, error: None };
    let outcome = Load::new(1, 1).timeout_ms(1_400).run(&Net::with_connect(move |_| slow, |_, _| async {}));
    let sample = outcome.sample(0);
    assert_eq!(sample.error, Some(ErrorKind::Timeout));
    assert_eq!(stages(sample), [("queue", 0), ("connect", 1_400_000)]);
    let connection = sample.connection.expect("it came to one");
    assert_eq!((connection.syn_retransmits, sample.retransmits), (Some(2), None));
}

#[test]
fn syns_are_counted_over_all_addresses_whether_or_not_one_answers() {
    let names = Names {
        after_ms: 0,
        addresses: ["10.0.0.2:80", "10.0.0.3:80"].map(|one| one.parse().expect("an address")).into(),
    };
    for error in [None, Some(io::ErrorKind::TimedOut)] {
        let connect = move |index| match index {
            0 => Connect { syn_retransmits: 2, ..Connect::fails(3_000, io::ErrorKind::ConnectionRefused) },
            // Beside the first one, which takes three seconds to fail.
            _ => Connect { after_ms: if error.is_some() { 3_750 } else { 1_000 }, syn_retransmits: 1, error },
        };
        let net = Net::with_connect(connect, |_, mut peer| async move {
            while let Some(request) = peer.request().await {
                peer.answer(&request.body).await;
            }
        });
        let outcome = Load::new(1, 1).url("http://a.test").run_resolving(&net, names.clone());
        let sample = outcome.sample(0);
        assert_eq!(sample.error, error.map(|_| ErrorKind::ConnectFailed));
        assert_eq!(
            stages(sample)[..3],
            [("queue", 0), ("dns", 0), ("connect", if error.is_some() { 4_000_000 } else { 1_250_000 })]
        );
        let again = sample.connection.expect("it came to one").syn_retransmits;
        assert_eq!((again, sample.retransmits), (Some(3), error.map_or(Some(0), |_| None)));
    }
}

/// Knows no name.
struct Nobody;

impl Resolve for Nobody {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Lookup<'a> {
        Box::pin(async {
            pause(9).await;
            Err(io::ErrorKind::NotFound.into())
        })
    }
}

#[test]
fn a_name_without_an_address_ends_in_dns() {
    let outcome = Load::new(1, 1).url("http://a.test").run_resolving(&Net::echo(0), Nobody);
    let sample = outcome.sample(0);
    assert_eq!((sample.error, sample.connection), (Some(ErrorKind::Dns), None));
    assert_eq!(stages(sample), [("queue", 0), ("dns", 9_000)]);
}

#[test]
fn a_reset_or_a_close_before_the_answer_ends_in_wait() {
    fails(&breaking(|peer| async { peer.reset() }), ErrorKind::Reset, None, None);
    fails(&breaking(|peer| async { drop(peer) }), ErrorKind::Closed, None, None);
}

#[test]
fn a_reset_or_a_close_within_the_answer_ends_in_receive() {
    async fn half(mut peer: Peer) -> Peer {
        peer.write(HALF_OF_TEN).await;
        pause(60).await;
        peer
    }
    let reset = breaking(|peer| async { half(peer).await.reset() });
    fails(&reset, ErrorKind::Reset, Some(200), Some(60_000));
    let closed = breaking(|peer| async { drop(half(peer).await) });
    fails(&closed, ErrorKind::Closed, Some(200), Some(60_000));
}

#[test]
fn a_status_that_is_no_success_is_a_whole_exchange() {
    for (answer, kind, status) in [
        ("HTTP/1.1 302 No\r\nLocation: /\r\nContent-Length: 2\r\n\r\n{}", ErrorKind::Http3xx, 302),
        ("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}", ErrorKind::Http4xx, 404),
        ("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\n{}", ErrorKind::Http5xx, 503),
        ("HTTP/1.1 600 No\r\nContent-Length: 2\r\n\r\n{}", ErrorKind::Protocol, 600),
    ] {
        let net = breaking(move |mut peer| async move { peer.write(answer).await });
        fails(&net, kind, Some(status), Some(0));
    }
}

#[test]
fn a_timeout_within_the_answer_keeps_the_status() {
    let net = breaking(|mut peer| async move {
        peer.write(HALF_OF_TEN).await;
        peer.until_closed().await;
    });
    let outcome = Load::new(1, 1).timeout_ms(201).run(&net);
    let sample = outcome.sample(0);
    assert_eq!((sample.error, sample.status), (Some(ErrorKind::Timeout), Some(200)));
    let expected = [("queue", 0), ("connect", 0), ("send", 0), ("wait", 50_000), ("receive", 151_000)];
    assert_eq!(stages(sample), expected);
}

#[test]
fn nothing_is_sent_in_the_open_to_a_server_of_tls() {
    let net = Net::new(|_, mut peer| async move {
        assert_eq!(peer.bytes(1).await, None, "not a byte");
    });
    let outcome = Load::new(1, 1).url("https://10.0.0.1:443").run(&net);
    assert_eq!((outcome.sample(0).error, net.dialled()), (Some(ErrorKind::Tls), 1));
}
