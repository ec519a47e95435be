//! Kinds of fault, each with an exact ledger: every planned request has one row and one word, what the server counts is what the
//! client counts, and no run waits for anybody longer than a request may take.
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::common::certificates::Authority;
use crate::common::run::{Table, fresh_folder};
use crate::common::tls::{TlsServer, TlsSettings};
use crate::common::wire::{Peer, Server, refusing};
use crate::common::{self, EXE};

/// All at once, so that a run takes as long as its slowest request.
const REQUESTS: usize = 4;
/// What a request has.
const TIMEOUT: &str = "700ms";
/// What a run may take: its requests, and five seconds.
const GOAL: Duration = Duration::from_millis(5_700);

/// How many requests ended in each word; the success is empty.
type Ledger = BTreeMap<String, usize>;

fn all(word: &str) -> Ledger {
    BTreeMap::from([(word.to_string(), REQUESTS)])
}

/// Sends the requests, one on each connection, and reads its log.
fn ledger(fault: &str, url: &str, flags: &[&str]) -> Ledger {
    let log: PathBuf = fresh_folder(&format!("faults {fault}")).join("load.csv");
    let requests = REQUESTS.to_string();
    let fixed =
        ["load", "--phase", "after", "--set", "after.batch=1", "--no-probe", "--no-metrics", "--quiet"];
    let mut command = Command::new(EXE);
    command.args(fixed).args([
        "-n",
        &requests,
        "-c",
        &requests,
        "--timeout",
        TIMEOUT,
        "--target",
        url,
        "--log",
    ]);
    let begun = Instant::now();
    let output = command.arg(&log).args(flags).output().expect("the binary starts");
    let took = begun.elapsed();
    // On a machine of any load a bound only ends what hangs.
    let measured = std::env::var_os("MEASURED").is_some();
    assert!(took < if measured { GOAL } else { 10 * GOAL }, "{fault}: it waited for somebody, for {took:?}");
    if measured {
        println!("{fault}: the run took {} ms of {} ms", took.as_millis(), GOAL.as_millis());
    }
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    assert!(!text.is_empty(), "{fault}: {}", String::from_utf8_lossy(&output.stderr));
    let table = Table::read(&text);
    let mut ledger = Ledger::new();
    table.column("error").iter().for_each(|word| *ledger.entry(word.to_string()).or_default() += 1);
    assert_eq!(ledger.values().sum::<usize>(), REQUESTS, "{fault}: a row for each planned request");
    let succeeded = ledger.get("").copied().unwrap_or(0);
    assert_eq!(output.status.code(), Some(i32::from(succeeded == 0)), "{fault}: {ledger:?}");
    ledger
}

/// A body too long for what a socket takes at once.
fn long_body() -> PathBuf {
    let path = fresh_folder("faults_body").join("body.jsonl");
    std::fs::write(&path, format!("\"{}\"\n", "x".repeat(8 << 20))).expect("writable");
    path
}

/// What a server does with a request that it has read.
type Answer = fn(&mut Peer);

const OF_ANSWERS: [(&str, &str, Answer); 22] = [
    ("it answers", "", |peer| peer.answer("{}")),
    ("in chunks with a trailer", "", |peer| {
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nX-T: 1\r\n\r\n");
    }),
    ("early hints before it", "", |peer| {
        peer.write(
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        );
    }),
    ("a redirect", "http_3xx", |peer| {
        peer.write("HTTP/1.1 307 T\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
    }),
    ("a refusal", "http_4xx", |peer| peer.write("HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n")),
    ("a failure", "http_5xx", |peer| peer.write("HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}")),
    ("no HTTP", "protocol", |peer| peer.write("220 mail.test ESMTP\r\n\r\n")),
    ("a switch of protocols", "protocol", |peer| peer.write("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n")),
    ("two lengths", "protocol", |peer| {
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}");
    }),
    ("a length below zero", "protocol", |peer| peer.write("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}")),
    ("a chunk of no size", "protocol", |peer| {
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n");
    }),
    ("a coding that nobody knows", "protocol", |peer| {
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
    }),
    ("a head without an end", "protocol", |peer| {
        peer.write("HTTP/1.1 200 OK\r\n");
        let line = format!("X-Long: {}\r\n", "x".repeat(1_000));
        while peer.try_write(&line) {}
    }),
    ("longer than is taken", "too_large", |peer| {
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        let piece = "x".repeat(1_000);
        while peer.try_write(&piece) {}
    }),
    ("a length longer than any answer", "too_large", |peer| {
        peer.write(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", u64::MAX));
        let piece = "x".repeat(1_000);
        while peer.try_write(&piece) {}
    }),
    ("silence", "timeout", |peer| {
        let _ = peer.request();
    }),
    ("silence in the head", "timeout", |peer| {
        peer.write("HTTP/1.1 200 OK\r\nContent-Le");
        let _ = peer.request();
    }),
    ("silence in the content", "timeout", |peer| {
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{");
        let _ = peer.request();
    }),
    ("interim answers without end", "timeout", |peer| {
        while peer.try_write("HTTP/1.1 100 Continue\r\n\r\n") {
            common::wire::pause(5);
        }
    }),
    ("a close before the head", "closed", |peer| peer.close()),
    ("a close in the content", "closed", |peer| {
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{");
        peer.close();
    }),
    ("a close in a chunk", "closed", |peer| {
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{");
        peer.close();
    }),
];

#[test]
fn each_kind_of_answer_has_its_word_and_the_server_counts_as_the_client_does() {
    for (fault, word, answer) in OF_ANSWERS {
        let asked = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&asked);
        let server = Server::start(move |_, mut peer| {
            while peer.request().is_some() {
                counted.fetch_add(1, Ordering::SeqCst);
                answer(&mut peer);
            }
        });
        let found = ledger(fault, &server.url(), &["--set", "target.max_answer_bytes=10000"]);
        assert_eq!(found, all(word), "{fault}");
        assert_eq!(asked.load(Ordering::SeqCst) as usize, REQUESTS, "{fault}: by the server's own count");
    }
}

#[test]
fn a_reset_has_its_word_wherever_it_comes() {
    let before = Server::start(|_, mut peer| {
        peer.request();
        peer.reset();
    });
    assert_eq!(ledger("a reset before the head", &before.url(), &[]), all("reset"));
    let within = Server::start(|_, mut peer| {
        peer.request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{");
        peer.reset();
    });
    assert_eq!(ledger("a reset in the content", &within.url(), &[]), all("reset"));
}

#[test]
fn a_request_that_is_not_taken_has_a_word() {
    let body = format!("load.payloads={}", long_body().display());
    let reset = Server::start(|_, mut peer| {
        peer.read_some(100_000);
        peer.reset();
    });
    assert_eq!(ledger("a reset in the request", &reset.url(), &["--set", &body]), all("reset"));
    let deaf = Server::start(|_, mut peer| {
        peer.read_some(10_000);
        common::wire::pause(60_000);
    });
    assert_eq!(ledger("a request that nobody reads on", &deaf.url(), &["--set", &body]), all("timeout"));
    let refusing = Server::start(|_, mut peer| {
        peer.read_some(10_000);
        peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
        while peer.read_some(100_000) > 0 {}
    });
    assert_eq!(ledger("a refusal in the request", &refusing.url(), &["--set", &body]), all("http_4xx"));
}

#[test]
fn nobody_there_has_a_word() {
    let (_held, address) = refusing();
    assert_eq!(ledger("nobody listens", &format!("http://{address}"), &[]), all("connect_refused"));
    assert_eq!(ledger("no such name", "http://no-such-host.invalid:80", &[]), all("dns"));
    let path = fresh_folder("faults_unix").join("nobody");
    assert_eq!(ledger("no such socket", &format!("unix:{}", path.display()), &[]), all("connect_failed"));
}

/// The queue of a listener that nobody accepts from is full, so that the kernel drops what else comes.
#[cfg(target_os = "linux")]
#[test]
fn a_connection_that_nobody_accepts_has_a_word() {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    socket.bind(&any.into()).expect("a free port");
    socket.listen(0).expect("it listens");
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().expect("bound");
    let held: Vec<_> =
        (0..4).map(|_| std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200))).collect();
    let found = ledger("nobody accepts", &format!("http://{address}"), &[]);
    assert_eq!(found, all("timeout"));
    let limited =
        ledger("nobody accepts in time", &format!("http://{address}"), &["--connect-timeout", "200ms"]);
    assert_eq!(limited, all("connect_failed"));
    drop(held);
}

#[test]
fn a_handshake_that_comes_to_nothing_has_a_word() {
    let Some(authority) = Authority::new(&fresh_folder("faults_certificates")) else {
        return common::cannot("there is no openssl to make a certificate with");
    };
    let known = authority.issue("server", "IP:127.0.0.1");
    let elsewhere = authority.issue("elsewhere", "DNS:elsewhere.test");
    let ca_path = authority.certificate();
    let ca = ca_path.display().to_string();
    let start = |settings: TlsSettings<'_>| TlsServer::start(&settings);
    let plain = Server::echo(0).url().replace("http", "https");
    let silent =
        Server::start(|_, mut peer| while peer.read_some(1_000) > 0 {}).url().replace("http", "https");
    let late =
        start(TlsSettings { handshake_after: Duration::from_secs(60), ..TlsSettings::new(&known, &[]) });
    let h2 = start(TlsSettings::new(&known, &["h2"]));
    let wants = start(TlsSettings { clients_of: Some(&ca_path), ..TlsSettings::new(&known, &[]) });
    let trusted = ["--cacert", ca.as_str()];
    for (fault, url, flags, word) in [
        ("no TLS", plain, &trusted[..], "tls"),
        ("nobody vouches for it", h2.url(), &[][..], "tls"),
        ("another's certificate", start(TlsSettings::new(&elsewhere, &[])).url(), &trusted, "tls"),
        ("another version of HTTP", h2.url(), &trusted, "tls"),
        ("silence in the handshake", late.url(), &trusted, "timeout"),
        ("silence after the connect", silent, &trusted, "timeout"),
    ] {
        assert_eq!(ledger(fault, &url, flags), all(word), "{fault}");
    }
    // With TLS 1.3 the client has ended the handshake before the server has looked at its certificate.
    let found = ledger("no certificate of the client's", &wants.url(), &trusted);
    assert!(
        found.keys().all(|word| ["tls", "reset", "closed", "protocol"].contains(&word.as_str())),
        "{found:?}"
    );
}
