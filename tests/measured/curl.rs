//! What curl says of the same requests to the same server: the medians of the stages must agree.
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::figures::quantile;
use crate::common::certificates::Authority;
use crate::common::run::{Table, fresh_folder};
use crate::common::tls::{TlsServer, TlsSettings};
use crate::common::wire::{Server, pause};
use crate::common::{self, EXE};

/// Requests of each client, one after the other, each on a connection of its own.
const REQUESTS: usize = 50;
/// How far two medians may be apart, in milliseconds.
const GOAL_MS: f64 = 2.0;
/// The stages that both know, in the order of the times below.
const STAGES: [&str; 5] = ["dns", "connect", "tls", "wait", "receive"];
/// A name of the server that curl uses for a request that does not count.
const FIRST: &str = "first.test";
/// curl's times count from the start of the request, in seconds.
const TIMES: &str = "%{time_namelookup} %{time_connect} %{time_appconnect} %{time_pretransfer} %{time_starttransfer} %{time_total}\n";

/// Medians in milliseconds, in the order of [`STAGES`].
type Medians = [f64; STAGES.len()];

fn medians(rows: Vec<Medians>) -> Medians {
    std::array::from_fn(|stage| {
        let mut lengths: Vec<f64> = rows.iter().map(|row| row[stage]).collect();
        lengths.sort_by(f64::total_cmp);
        quantile(&lengths, 0.5)
    })
}

/// What curl says; its first times are those of an address that needs no lookup. In each process a first request under another
/// name, and so on a connection of its own, is not counted: in a first handshake OpenSSL starts up, which takes milliseconds.
fn by_curl(url: &str, flags: &[&str]) -> Medians {
    let (scheme, address) = url.split_once("://").expect("a URL");
    let port: String =
        address.rsplit(':').next().expect("a port").chars().take_while(char::is_ascii_digit).collect();
    let first = [format!("{scheme}://{FIRST}:{port}"), format!("{FIRST}:{port}:127.0.0.1")];
    let once = |_| {
        let fixed =
            ["-s", "--no-sessionid", "--data", "{}", "-H", "content-type: application/json", "-w", TIMES];
        let mut command = Command::new("curl");
        command.args(fixed).args(flags).args(["--resolve", &first[1], "-o", "/dev/null", &first[0]]);
        let output = command.args(["-o", "/dev/null", url]).output().expect("curl");
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().nth(1).unwrap_or_else(|| panic!("{text}"));
        let times: Vec<f64> = line.split_whitespace().map(|time| time.parse().expect("seconds")).collect();
        let [lookup, connect, tls, ready, first, total] = times[..] else { panic!("{text}") };
        let tls = if tls > 0.0 { tls - connect } else { 0.0 };
        [lookup, connect - lookup, tls, first - ready, total - first].map(|seconds| seconds * 1e3)
    };
    medians((0..REQUESTS).map(once).collect())
}

/// What the tool says.
fn by_spanload(folder: &Path, url: &str, flags: &[&str]) -> Medians {
    let (log, requests) = (folder.join("load.csv"), REQUESTS.to_string());
    let fixed =
        ["load", "--phase", "before", "--no-metrics", "--no-probe", "--quiet", "-c", "1", "-n", &requests];
    let bodies = folder.join("bodies.jsonl");
    std::fs::write(&bodies, "{}\n").expect("writable");
    let mut command = Command::new(EXE);
    command.args(fixed).args(["--target", url, "--set", &format!("load.payloads={}", bodies.display())]);
    let output = command.arg("--log").arg(&log).args(flags).output().expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = Table::read(&std::fs::read_to_string(&log).expect("a log"));
    let column = |stage: &str| {
        let lengths = table.column(&format!("{stage}_ms"));
        lengths.iter().map(|length| length.parse().unwrap_or(0.0)).collect::<Vec<f64>>()
    };
    let columns = STAGES.map(column);
    medians((0..REQUESTS).map(|row| std::array::from_fn(|stage| columns[stage][row])).collect())
}

fn compare(case: &str, url: &str, curl_flags: &[&str], flags: &[&str]) {
    let folder = fresh_folder(&format!("measured curl {case}"));
    // By turns, so that what else the machine does meets both.
    let (curl, own) = (by_curl(url, curl_flags), by_spanload(&folder, url, flags));
    let shown = |medians: &Medians| {
        let each = STAGES.iter().zip(medians).map(|(stage, ms)| format!("{stage} {ms:.2}"));
        each.collect::<Vec<_>>().join(", ")
    };
    println!("{case}, medians of {REQUESTS} in ms: curl {}; spanload {}", shown(&curl), shown(&own));
    for ((stage, curl), own) in STAGES.iter().zip(curl).zip(own) {
        assert!((curl - own).abs() <= GOAL_MS, "{case}: {stage} is {own} ms, and by curl {curl} ms");
    }
}

#[test]
fn stages_are_those_of_curl() {
    compare("plain", &Server::echo(0).url(), &[], &[]);
    compare("slow first byte", &Server::echo(50).url(), &[], &[]);
    let slow_body = Server::start(|_, mut peer| {
        while peer.request().is_some() {
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{");
            pause(50);
            peer.write("}");
        }
    });
    compare("slow body", &slow_body.url(), &[], &[]);
    let Some(authority) = Authority::new(&fresh_folder("measured_curl_certificates")) else {
        return common::cannot("there is no openssl to make a certificate with");
    };
    let identity = authority.issue("server", &format!("IP:127.0.0.1,DNS:{FIRST}"));
    let ca = authority.certificate().display().to_string();
    let plain = TlsSettings::new(&identity, &["http/1.1"]);
    let trusted = ["--cacert", ca.as_str()];
    compare("TLS", &TlsServer::start(&plain).url(), &[&trusted[..], &["--http1.1"]].concat(), &trusted);
    let slow = TlsSettings { handshake_after: Duration::from_millis(50), ..plain };
    compare(
        "slow handshake",
        &TlsServer::start(&slow).url(),
        &[&trusted[..], &["--http1.1"]].concat(),
        &trusted,
    );
    let http2 = TlsServer::start(&TlsSettings::new(&identity, &["h2", "http/1.1"]));
    compare(
        "HTTP/2",
        &http2.url(),
        &[&trusted[..], &["--http2"]].concat(),
        &[&trusted[..], &["--http", "2"]].concat(),
    );
}

/// In a network of the test's own whose name server takes its time.
#[test]
fn a_slow_lookup_is_as_slow_for_curl() {
    let looked_up = std::thread::spawn(|| {
        let Some(_network) = common::namespace::enter() else { return };
        if crate::resolver::start(Duration::from_millis(50)).is_none() {
            return;
        }
        let server = Server::echo(0);
        compare("slow lookup", &format!("http://infer.test:{}", server.address.port()), &["-4"], &[]);
    });
    looked_up.join().expect("no panic");
}
