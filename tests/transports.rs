//! The two transports on the same servers: what became of each request is the same, and what one of them cannot see is absent.
#[path = "transports/http2.rs"]
mod http2;
#[path = "transports/through.rs"]
mod through;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use spanload::model::{Completed, Connections, HttpVersion, Peer, Sample, Stage};
use spanload::transport::dial::{Attempts, SystemDialer, SystemResolver};
use spanload::transport::{ConnectSettings, Direct, Endpoint, PoolSettings, Pooled, TlsSettings, TlsTrust};

use crate::common;
use crate::common::certificates::{Authority, Identity};
use crate::common::load::{Load, endpoint, reached};
use crate::common::run::fresh_folder;
use crate::common::tls::{self, TlsServer};
use crate::common::wire::{Server, refusing};

/// What a repetition came to, however its bytes were moved.
#[derive(Debug, PartialEq)]
struct Ledger {
    planned: usize,
    succeeded: usize,
    failures: BTreeMap<&'static str, usize>,
    statuses: Vec<Option<u16>>,
    answers: Vec<Option<Vec<u8>>>,
}

impl Ledger {
    fn of(completed: &[Completed]) -> Self {
        let mut failures = BTreeMap::new();
        for error in completed.iter().filter_map(|completed| completed.sample.error) {
            *failures.entry(error.name()).or_default() += 1;
        }
        let bytes = |completed: &Completed| {
            completed.answer.as_ref().and_then(|answer| answer.bytes()).map(<[u8]>::to_vec)
        };
        Ledger {
            planned: completed.len(),
            succeeded: completed.iter().filter(|completed| completed.sample.succeeded()).count(),
            failures,
            statuses: completed.iter().map(|completed| completed.sample.status).collect(),
            answers: completed.iter().map(bytes).collect(),
        }
    }
}

fn direct(load: Load, url: &str, connect: ConnectSettings) -> Vec<Completed> {
    let endpoint = Arc::new(endpoint(url));
    let transport = Direct::new(Arc::clone(&endpoint), SystemResolver, SystemDialer).connecting(connect);
    load.completed_on(endpoint, transport).0
}

fn pooled(load: Load, url: &str, settings: PoolSettings) -> Vec<Completed> {
    let endpoint = Arc::new(endpoint(url));
    let idle = match load.strategy.connections {
        Connections::PerRequest => 0,
        Connections::Pool(size) => size,
    };
    let settings = PoolSettings { idle, ..settings };
    let transport = Pooled::new(Arc::clone(&endpoint), &settings, &Arc::default());
    load.completed_on(endpoint, transport.expect("a client")).0
}

fn samples(completed: &[Completed]) -> Vec<&Sample> {
    completed.iter().map(|completed| &completed.sample).collect()
}

/// Echoes, but for some bodies.
fn moody() -> Server {
    Server::start(|_, mut peer| {
        while let Some(request) = peer.request() {
            match request.body.as_str() {
                "3" => peer.write("HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno"),
                "5" => return peer.reset(),
                "7" => return,
                "9" => return peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
                "11" => return peer.write("it is no HTTP\r\n\r\n"),
                "13" => {
                    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n13\r\n0\r\n\r\n")
                }
                _ => peer.answer(&request.body),
            }
        }
    })
}

#[test]
fn what_became_of_each_request_does_not_depend_on_who_moved_its_bytes() {
    let server = moody();
    for load in [|| Load::new(20, 4), || Load::new(20, 4).pool(4)] {
        let direct = Ledger::of(&direct(load(), &server.url(), ConnectSettings::default()));
        let pooled = Ledger::of(&pooled(load(), &server.url(), PoolSettings::default()));
        let expected = [("closed", 2), ("http_5xx", 1), ("protocol", 1), ("reset", 1)];
        assert_eq!(pooled.failures, expected.into());
        assert_eq!(pooled, direct);
    }
}

#[test]
fn what_cannot_be_seen_is_absent_and_what_a_connection_cost_is_its_openers() {
    let server = moody();
    let url = server.url();
    let load = || Load::new(3, 1);
    for completed in
        [pooled(load().pool(1), &url, PoolSettings::default()), pooled(load(), &url, PoolSettings::default())]
    {
        let samples = samples(&completed);
        assert!(samples.iter().all(|sample| !reached(sample).contains(&"send")), "{samples:?}");
        assert_eq!(reached(samples[0]), ["queue", "connect", "wait", "receive"]);
        let used = samples[0].connection.expect("it is known");
        assert_eq!((used.http, used.syn_retransmits, used.tls), (Some(HttpVersion::Http1), None, None));
        assert_eq!(used.peer, Some(Peer::Ip(server.address)));
        for sample in &samples {
            let used = sample.connection.expect("it is known");
            assert_eq!(used.reused, !reached(sample).contains(&"connect"), "{sample:?}");
            assert_eq!((sample.attempts, sample.bytes_sent, sample.bytes_received), (1, 1, 1));
        }
    }
    assert_eq!(Pooled::OBSERVES.missing().collect::<Vec<_>>(), [Stage::Retry, Stage::Send]);
}

#[test]
fn a_connection_for_each_request_is_one() {
    let server = Server::echo(0);
    let completed = pooled(Load::new(6, 2), &server.url(), PoolSettings::default());
    let mut ids: Vec<u64> =
        samples(&completed).iter().filter_map(|sample| Some(sample.connection?.id)).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
    assert_eq!(server.accepted(), 6);
}

#[test]
fn a_name_is_looked_up_for_each_connection() {
    let server = Server::echo(0);
    let url = format!("http://localhost:{}", server.address.port());
    let completed = pooled(Load::new(2, 1), &url, PoolSettings::default());
    for sample in samples(&completed) {
        assert_eq!(reached(sample), ["queue", "dns", "connect", "wait", "receive"]);
    }
    let given = ConnectSettings { addresses: vec![server.address], ..ConnectSettings::default() };
    let settings = PoolSettings { connect: given, ..PoolSettings::default() };
    let completed =
        pooled(Load::new(1, 1), &format!("http://nowhere.invalid:{}", server.address.port()), settings);
    assert_eq!(reached(samples(&completed)[0]), ["queue", "connect", "wait", "receive"]);
}

#[test]
fn who_is_not_there_is_called_the_same() {
    let (_held, address) = refusing();
    let url = format!("http://{address}");
    let direct = Ledger::of(&direct(Load::new(2, 1), &url, ConnectSettings::default()));
    let completed = pooled(Load::new(2, 1), &url, PoolSettings::default());
    assert_eq!(Ledger::of(&completed), direct);
    assert_eq!(direct.failures, [("connect_refused", 2)].into());
    assert_eq!(reached(samples(&completed)[0]), ["queue", "connect"]);
}

#[test]
fn who_does_not_answer_is_late_for_both() {
    let server = Server::start(|_, mut peer| {
        peer.request();
        peer.until_closed();
    });
    let load = || Load::new(2, 2).timeout_ms(300);
    let direct = Ledger::of(&direct(load(), &server.url(), ConnectSettings::default()));
    let completed = pooled(load(), &server.url(), PoolSettings::default());
    assert_eq!((Ledger::of(&completed), direct.failures.clone()), (direct, [("timeout", 2)].into()));
    assert_eq!(reached(samples(&completed)[0]), ["queue", "connect", "wait"]);
}

/// An authority, and a certificate of it for this machine.
fn certified(folder: &Path) -> Option<(Authority, Identity)> {
    let Some(authority) = Authority::new(folder) else {
        common::cannot("there is no openssl to make a certificate with");
        return None;
    };
    let identity = authority.issue("own", "IP:127.0.0.1");
    Some((authority, identity))
}

fn secure_echo(identity: &Identity) -> TlsServer {
    TlsServer::start(&tls::TlsSettings::new(identity, &["http/1.1"]))
}

/// How a server is connected to that this authority vouches for.
fn trusting(ca: &Path, url: &str) -> ConnectSettings {
    let endpoint: Endpoint = endpoint(url);
    let settings = TlsSettings { ca: Some(ca.to_path_buf()), ..TlsSettings::default() };
    let trust = TlsTrust::load(&settings).expect("certificates");
    let client = trust.client(endpoint.host(), Default::default(), true).expect("a client");
    ConnectSettings { tls: Some(client), ..ConnectSettings::default() }
}

#[test]
fn tls_is_apart_from_the_connect_before_it() {
    let folder = fresh_folder("transports_tls");
    let Some((authority, identity)) = certified(&folder) else { return };
    let server = secure_echo(&identity);
    let connect = || trusting(&authority.certificate(), &server.url());
    for load in [|| Load::new(8, 2), || Load::new(8, 2).pool(2)] {
        let direct = direct(load(), &server.url(), connect());
        let settings = PoolSettings { connect: connect(), ..PoolSettings::default() };
        let pooled = pooled(load(), &server.url(), settings);
        assert_eq!(Ledger::of(&pooled), Ledger::of(&direct));
        assert_eq!(Ledger::of(&pooled).succeeded, 8);
        assert_eq!(reached(samples(&direct)[0]), ["queue", "connect", "tls", "send", "wait", "receive"]);
        assert_eq!(reached(samples(&pooled)[0]), ["queue", "connect", "tls", "wait", "receive"]);
    }
    let (stranger, _) = certified(&fresh_folder("transports_stranger")).expect("it could be made before");
    let connect = || trusting(&stranger.certificate(), &server.url());
    let direct = direct(Load::new(1, 1), &server.url(), connect());
    let settings = PoolSettings { connect: connect(), ..PoolSettings::default() };
    let pooled = pooled(Load::new(1, 1), &server.url(), settings);
    assert_eq!(Ledger::of(&pooled), Ledger::of(&direct));
    assert_eq!(Ledger::of(&pooled).failures, [("tls", 1)].into());
    assert_eq!(reached(samples(&pooled)[0]), ["queue", "connect", "tls"]);
}

/// A server whose queue of connections is full, and what fills it.
fn full() -> Option<(tokio::net::TcpListener, Vec<std::net::TcpStream>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _inside = runtime.enter();
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let listener = socket.listen(1).expect("it listens");
    let address = listener.local_addr().expect("bound");
    let mut held = Vec::new();
    for _ in 0..16 {
        match std::net::TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
            Ok(stream) => held.push(stream),
            Err(_) => return Some((listener, held)),
        }
    }
    common::cannot("the queue of connections does not fill up");
    None
}

#[test]
fn a_connect_that_takes_too_long_is_called_the_same() {
    let Some((listener, _held)) = full() else { return };
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let attempts = Attempts { limit: Some(Duration::from_millis(300)), ..Attempts::default() };
    let connect = || ConnectSettings { attempts, ..ConnectSettings::default() };
    let direct = Ledger::of(&direct(Load::new(1, 1), &url, connect()));
    let settings = PoolSettings { connect: connect(), ..PoolSettings::default() };
    let completed = pooled(Load::new(1, 1), &url, settings);
    assert_eq!(Ledger::of(&completed), direct);
    assert_eq!(direct.failures, [("connect_failed", 1)].into());
}
