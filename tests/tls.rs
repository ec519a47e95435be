//! Targets with TLS, and what is spoken on it: through the command line, on real sockets.
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::common::certificates::Authority;
use crate::common::run::{Run, Table, fresh_folder, prove_command};
use crate::common::tls::{TlsServer, TlsSettings};
use crate::common::wire::{Peer, Server};
use crate::common::{self, EXE};

const NAMES: &str = "IP:127.0.0.1,DNS:inference.test";

/// The outcome of a `load`, and its log.
struct Loaded {
    output: Output,
    log: Table,
}

impl Loaded {
    fn code(&self) -> i32 {
        self.output.status.code().expect("it ended by itself")
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// Whether every row has this in a column.
    fn all(&self, column: &str, value: &str) -> bool {
        let found = self.log.column(column);
        assert!(!found.is_empty());
        found.iter().all(|found| *found == value)
    }
}

/// Sends 12 requests from 3 callers to `url`.
fn load(folder: &Path, url: &str, flags: &[&str]) -> Loaded {
    let log = folder.join("load.csv");
    let fixed = ["load", "--target", url, "-n", "12", "-c", "3", "--set", "after.batch=1", "--log"];
    let output = Command::new(EXE).args(fixed).arg(&log).args(flags).output().expect("the binary starts");
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    Loaded { output, log: Table::read(&text) }
}

fn setting(name: &str) -> Option<(PathBuf, Authority)> {
    let folder = fresh_folder(name);
    let authority = Authority::new(&folder);
    if authority.is_none() {
        common::cannot("there is no openssl to make a certificate with");
    }
    Some((folder, authority?))
}

#[test]
fn a_handshake_is_a_stage_and_its_rows_say_what_was_agreed_on() {
    let Some((folder, authority)) = setting("tls_handshake") else { return };
    let identity = authority.issue("server", NAMES);
    let settings = TlsSettings {
        handshake_after: Duration::from_millis(40),
        ..TlsSettings::new(&identity, &["http/1.1"])
    };
    let server = TlsServer::start(&settings);
    let ca = authority.certificate().display().to_string();
    let loaded = load(&folder, &server.url(), &["--phase", "before", "--cacert", &ca]);
    assert_eq!(loaded.code(), 0, "{}", loaded.said());
    assert!(
        loaded.all("tls_version", "1.3") && loaded.all("http", "1.1") && loaded.all("tls_resumed", "false")
    );
    assert!(loaded.all("peer", &server.address.to_string()));
    let both = loaded.log.pairs("connect_ms", "tls_ms");
    // The server sleeps that long once the kernel has connected; the client may learn of that later.
    let length = |ms: &str| ms.parse::<f64>().expect("every connection is new");
    assert!(both.iter().all(|(connect, tls)| length(connect) + length(tls) >= 40.0), "{both:?}");
}

#[test]
fn a_session_is_resumed_where_that_is_asked_for() {
    let Some((folder, authority)) = setting("tls_resumed") else { return };
    let identity = authority.issue("server", NAMES);
    let server = TlsServer::start(&TlsSettings::new(&identity, &[]));
    let ca = authority.certificate().display().to_string();
    let flags = ["--phase", "before", "--cacert", &ca, "--set", "load.workers=1"];
    let resumed = |more: &[&str]| {
        let loaded = load(&folder, &server.url(), &[&flags[..], more].concat());
        assert_eq!(loaded.code(), 0, "{}", loaded.said());
        loaded.log.column("tls_resumed").iter().filter(|resumed| **resumed == "true").count()
    };
    assert_eq!(resumed(&[]), 0);
    assert_eq!(resumed(&["--set", "before.tls_resumption=true"]), 11, "all but the first");
}

#[test]
fn what_is_spoken_is_agreed_on() {
    let Some((folder, authority)) = setting("tls_alpn") else { return };
    let identity = authority.issue("server", NAMES);
    let (both, old) = (["h2", "http/1.1"], ["http/1.1"]);
    let (both, old) = (
        TlsServer::start(&TlsSettings::new(&identity, &both)),
        TlsServer::start(&TlsSettings::new(&identity, &old)),
    );
    let ca = authority.certificate().display().to_string();
    let spoken = |server: &TlsServer, flags: &[&str]| {
        let loaded = load(&folder, &server.url(), &[&["--phase", "after", "--cacert", &ca], flags].concat());
        assert_eq!(loaded.code(), 0, "{}", loaded.said());
        let spoken = loaded.log.column("http");
        assert!(spoken.iter().all(|version| version == &spoken[0]));
        spoken[0].to_string()
    };
    assert_eq!(spoken(&both, &[]), "1.1", "what a plain client speaks");
    assert_eq!(spoken(&both, &["--http", "2"]), "2");
    assert_eq!([spoken(&both, &["--http", "auto"]), spoken(&old, &["--http", "auto"])], ["2", "1.1"]);
    let streams = ["--set", "after.connections=1", "--set", "after.streams=3"];
    assert_eq!(spoken(&both, &streams), "2");
    let refused = load(&folder, &old.url(), &["--phase", "after", "--cacert", &ca, "--http", "2"]);
    assert_ne!(refused.code(), 0);
}

#[test]
fn who_is_not_vouched_for_is_not_trusted() {
    let Some((folder, authority)) = setting("tls_trust") else { return };
    let known = authority.issue("server", NAMES);
    let stranger = authority.issue("stranger", "DNS:elsewhere.test");
    let own = authority.self_made("self", NAMES);
    let [known, stranger, own_server] =
        [&known, &stranger, &own].map(|identity| TlsServer::start(&TlsSettings::new(identity, &[])));
    let ca = authority.certificate().display().to_string();
    for (server, flags) in
        [(&known, vec![]), (&stranger, vec!["--cacert", &ca]), (&own_server, vec!["--cacert", &ca])]
    {
        let refused = load(&folder, &server.url(), &flags);
        assert_ne!(refused.code(), 0, "{}", refused.said());
    }
    // A certificate that vouches for itself, named by its own file, as curl takes it.
    let itself = own.certificate.display().to_string();
    assert_eq!(load(&folder, &own_server.url(), &["--cacert", &itself]).code(), 0);
    // The name of another one is in the certificate.
    let named = ["--cacert", &ca, "--set", "target.server_name=elsewhere.test"];
    assert_eq!(load(&folder, &stranger.url(), &named).code(), 0);
    let anyone = load(&folder, &stranger.url(), &["--insecure"]);
    assert_eq!(anyone.code(), 0, "{}", anyone.said());
    assert!(anyone.said().contains("whoever answered was trusted"), "{}", anyone.said());
}

#[test]
fn a_run_that_trusts_anyone_says_so_wherever_it_is_read() {
    let Some((_, authority)) = setting("tls_insecure_certificates") else { return };
    let identity = authority.issue("server", "DNS:elsewhere.test");
    let server = TlsServer::start(&TlsSettings::new(&identity, &[]));
    let run = Run::prove("tls_insecure", &["--target", &server.url(), "-k", "--set", "after.batch=1"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.stdout().contains("whoever answered was trusted"), "{}", run.stdout());
    assert!(run.stdout().contains("HTTP/1.1, TLS 1.3, to 127.0.0.1:"), "{}", run.stdout());
    assert!(run.results().caveats().contains(&"insecure".to_string()));
    assert!(run.results().text("report.html").contains("whoever answered was trusted"));
}

#[test]
fn a_client_shows_its_own_certificate() {
    let Some((folder, authority)) = setting("tls_client") else { return };
    let (identity, client) = (authority.issue("server", NAMES), authority.issue("client", "DNS:client.test"));
    let ca_path = authority.certificate();
    let settings = TlsSettings { clients_of: Some(&ca_path), ..TlsSettings::new(&identity, &[]) };
    let server = TlsServer::start(&settings);
    let ca = ca_path.display().to_string();
    assert_ne!(load(&folder, &server.url(), &["--cacert", &ca]).code(), 0, "it shows none");
    let [certificate, key] = [&client.certificate, &client.key].map(|path| path.display().to_string());
    let shown = load(&folder, &server.url(), &["--cacert", &ca, "--cert", &certificate, "--key", &key]);
    assert_eq!(shown.code(), 0, "{}", shown.said());
    let alone = load(&folder, &server.url(), &["--cacert", &ca, "--key", &key]);
    assert!(alone.code() == 2 && alone.said().contains("target.client_cert"), "{}", alone.said());
}

#[test]
fn a_name_is_asked_for_and_leads_where_it_is_said_to() {
    let Some((folder, authority)) = setting("tls_names") else { return };
    let identity = authority.issue("server", NAMES);
    let server = TlsServer::start(&TlsSettings::new(&identity, &[]));
    let (ca, port) = (authority.certificate().display().to_string(), server.address.port());
    let (url, resolve) =
        (format!("https://inference.test:{port}"), format!("inference.test:{port}:127.0.0.1"));
    let loaded = load(&folder, &url, &["--cacert", &ca, "--resolve", &resolve]);
    assert_eq!(loaded.code(), 0, "{}", loaded.said());
    assert!(loaded.all("dns_ms", ""), "nobody was asked for it");
    assert!(server.names().iter().all(|name| name.as_deref() == Some("inference.test")));
}

#[test]
fn what_tls_cannot_be_made_from_is_named_before_anything_is_sent() {
    let Some((folder, authority)) = setting("tls_files") else { return };
    let nothing = folder.join("nothing.pem");
    std::fs::write(&nothing, "no certificate").expect("it can be written");
    let nothing = nothing.display().to_string();
    let key_alone = authority.issue("client", NAMES).key.display().to_string();
    for (flags, said) in [
        (vec!["--cacert", "/nowhere.pem"], "/nowhere.pem"),
        (vec!["--cacert", &nothing], "holds no certificate"),
        (vec!["--cert", &key_alone], "holds no certificate"),
        (vec!["--resolve", "a:b"], "HOST:PORT:ADDRESS"),
        (vec!["--http", "3"], "\"1.1\", \"2\" or \"auto\""),
    ] {
        let loaded = load(&folder, "https://127.0.0.1:1", &flags);
        assert!(loaded.code() == 2 && loaded.said().contains(said), "{flags:?}: {}", loaded.said());
    }
}

#[test]
fn a_socket_in_the_file_system_is_a_target() {
    let folder = fresh_folder("unix_socket");
    let path = folder.join("s");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut peer = Peer::over(stream);
                while let Some(request) = peer.request() {
                    peer.answer(&request.body);
                }
            });
        }
    });
    let loaded = load(&folder, &format!("unix:{}", path.display()), &["--phase", "before"]);
    assert_eq!(loaded.code(), 0, "{}", loaded.said());
    assert!(loaded.all("peer", "unix") && loaded.all("syn_retransmits", "") && loaded.all("error", ""));
}

#[test]
fn a_zone_is_connected_to_and_not_sent() {
    // The loopback interface has no link-local address, so that only its name shows what would be connected to.
    let folder = fresh_folder("zone");
    let loaded = load(&folder, "http://[fe80::1%25nowhere0]:8000", &[]);
    assert!(loaded.code() == 2 && loaded.said().contains("nowhere0"), "{}", loaded.said());
    let server = Server::start_on(
        std::net::TcpListener::bind("[::1]:0").expect("loopback"),
        Duration::ZERO,
        |_, mut peer| {
            while let Some(request) = peer.request() {
                let host =
                    request.head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
                peer.answer(&format!("{:?}", host));
            }
        },
    );
    let url = format!("http://[::1%25lo]:{}", server.address.port());
    let loaded = load(&folder, &url, &[]);
    assert_eq!(loaded.code(), 0, "{}", loaded.said());
    let sent = format!("\"[::1]:{}\"", server.address.port());
    let digest = spanload::model::Digest::of(sent.as_bytes()).to_string();
    assert!(loaded.all("answer_digest", &digest), "what it read as Host: {sent}");
}

#[test]
fn the_ladder_has_a_rung_of_several_streams() {
    let Some((folder, authority)) = setting("tls_ladder") else { return };
    let identity = authority.issue("server", NAMES);
    let server = TlsServer::start(&TlsSettings::new(&identity, &["h2", "http/1.1"]));
    let (url, ca) = (server.url(), authority.certificate().display().to_string());
    let target = ["--target", &url, "--cacert", &ca, "--sla", "p95=60s", "--no-metrics", "--ladder"];
    let load = [
        "-n",
        "24",
        "-c",
        "4",
        "--set",
        "after.connections=1",
        "--set",
        "after.streams=4",
        "--set",
        "after.batch=1",
    ];
    let output = prove_command(&folder, &[&target[..], &load].concat()).output().expect("the binary starts");
    let run = Run { out: folder, output };
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let log = run.results().table("ladder_reuse_streams_4.csv");
    assert!(log.column("http").iter().all(|http| *http == "2"));
    let opened = log.column("conn_reused").iter().filter(|reused| **reused == "false").count();
    assert_eq!(opened, 2, "one connection in each of two passes");
    let analysis = run.results().json("analysis.json");
    let rungs = analysis["ladder"].as_array().expect("a list");
    assert_eq!(rungs.len(), 3, "{rungs:?}");
    for rung in rungs {
        assert_eq!([&rung["planned"], &rung["succeeded"]], [&48.into(), &Value::from(48)], "{rung}");
    }
    assert!(
        rungs[2]["strategy"].as_str().is_some_and(|strategy| strategy.contains("4 streams")),
        "{}",
        rungs[2]
    );
}
