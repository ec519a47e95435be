//! The one request before a load: what will not work is said in one line with its remedy, and nothing more is sent.
use std::io::Write;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::certificates::Authority;
use crate::common::run::fresh_folder;
use crate::common::tls::{TlsServer, TlsSettings};
use crate::common::wire::{Server, refusing};
use crate::common::{self, EXE};

fn load(name: &str, url: &str, flags: &[&str]) -> Output {
    let log = fresh_folder(name).join("load.csv");
    let mut command = Command::new(EXE);
    command
        .args(["load", "--no-metrics", "--target", url, "-n", "20", "-c", "2", "--log"])
        .arg(log)
        .args(flags);
    command.output().expect("the binary starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A server that answers everything like this, and how often it was asked.
fn answering(answer: &'static str) -> (Server, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let server = Server::start(move |_, mut peer| {
        while peer.request().is_some() {
            counted.fetch_add(1, Ordering::SeqCst);
            peer.write(answer);
        }
    });
    (server, asked)
}

#[test]
fn what_will_not_work_is_said_before_the_load_is_sent() {
    for (answer, status, remedy) in [
        (
            "HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.test/v1\r\nContent-Length: 0\r\n\r\n",
            "301",
            "--target https://elsewhere.test/v1",
        ),
        (
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 18\r\n\r\n{\"error\":\"no key\"}",
            "no key",
            "--bearer env:KEY",
        ),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404", "path"),
        ("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n", "405", "--method"),
        ("HTTP/1.1 415 Unsupported Media Type\r\nContent-Length: 0\r\n\r\n", "415", "content-type"),
        ("HTTP/1.1 422 Unprocessable\r\nContent-Length: 2\r\n\r\n{}", "422", "load.payloads"),
    ] {
        let (server, asked) = answering(answer);
        let output = load("probe_hopeless", &server.url(), &[]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let lines = said.lines().filter(|line| line.starts_with("error: ")).count();
        assert!(
            lines == 1 && said.contains(status) && said.contains(remedy) && said.contains("--no-probe"),
            "{said}"
        );
        assert_eq!(asked.load(Ordering::SeqCst), 1, "only the probe");
        let told = said.find("requests go to POST ");
        assert!(told.is_some() && told < said.find("error: "), "before it is waited for: {said}");
    }
}

#[test]
fn a_key_that_the_server_repeats_is_not_shown() {
    const SECRET: &str = "sk-0123456789abcdef";
    for (head, body) in [
        ("401 Unauthorized\r\n", SECRET),
        ("503 Busy\r\n", SECRET),
        ("200 OK\r\n", "{\"error\":\"no such key: sk-0123456789abcdef\"}"),
        ("301 Moved\r\nLocation: /v2?key=sk-0123456789abcdef\r\n", ""),
    ] {
        let answer = format!("HTTP/1.1 {head}Content-Length: {}\r\n\r\n{body}", body.len());
        let (server, _) = answering(Box::leak(answer.into_boxed_str()));
        let header = format!("authorization: Bearer {SECRET}");
        let said = said(&load("probe_secret", &server.url(), &["-H", &header]));
        assert!(!said.contains(SECRET) && said.contains("***"), "{said}");
        let query = format!("{}/v1/infer?key={SECRET}", server.url());
        let said = said_of(&load("probe_secret", &query, &[]));
        assert!(!said.contains(SECRET) && said.contains("***"), "{said}");
    }
}

#[test]
fn an_answer_is_decoded_before_it_is_looked_at() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"{\"a\":NaN}").expect("memory takes it");
    let content = encoder.finish().expect("memory takes it");
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", content.len());
    let server = Server::start(move |_, mut peer| {
        while peer.request().is_some() {
            peer.write_bytes(&[head.as_bytes(), &content].concat());
        }
    });
    let said = said(&load("probe_gzip", &server.url(), &["--set", "target.accept_encoding=gzip"]));
    assert!(said.contains("probe: 200 in ") && !said.contains("warning"), "{said}");
    let (server, _) = answering("HTTP/1.1 204 No Content\r\n\r\n");
    let said = said_of(&load("probe_nothing", &server.url(), &[]));
    assert!(said.contains("probe: 204 in ") && !said.contains("warning"), "{said}");
}

#[test]
fn what_a_success_must_say_is_looked_at_first() {
    let (server, asked) = answering("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"error\":\"x\"}");
    let remedy = "target.success.absent=[\"/error\"]";
    let said = said(&load("probe_error", &server.url(), &[]));
    assert!(said.contains(&format!("give --set '{remedy}'")), "{said}");
    assert_eq!(asked.load(Ordering::SeqCst), 21, "{said}");
    let said = said_of(&load("probe_checked", &server.url(), &["--set", remedy]));
    assert!(said.contains("not what target.success asks for, /error absent"), "{said}");
}

#[test]
fn settings_of_tls_that_do_nothing_are_named() {
    let (server, _) = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    let said = said(&load("probe_idle_tls", &server.url(), &["-k"]));
    assert!(said.contains("the target has no TLS, so --insecure (target.insecure) does nothing"), "{said}");
    assert!(!said_of(&load("probe_no_tls", &server.url(), &[])).contains("no TLS"));
}

#[test]
fn a_proxy_and_a_circle_of_redirects_are_named() {
    let through = |target: &str, proxy: &str, remedy: &str| {
        let flags = ["-k", "--transport", "reqwest", "--proxy", proxy];
        let output = load("probe_proxy", target, &flags);
        let said = said(&output);
        assert!(output.status.code() == Some(1) && said.contains(remedy), "{target}: {said}");
    };
    let (server, _) = answering("HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n");
    for target in ["http://127.0.0.1:9", "https://127.0.0.1:9"] {
        through(target, &server.url(), "--proxy http://NAME:PASSWORD@HOST:PORT");
    }
    let (_held, nobody) = refusing();
    through("http://127.0.0.1:9", &format!("http://{nobody}"), "correct its host and port in --proxy");
    let (circle, _) = answering("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
    let flags = ["--transport", "reqwest", "--set", "target.redirects=3"];
    let said = said(&load("probe_circle", &circle.url(), &flags));
    assert!(said.contains("redirects more than 3 times") || said.contains("lead in the end"), "{said}");
    let said = said_of(&load("probe_relative", &circle.url(), &[]));
    assert!(said.contains(&format!("write --target {}/;", circle.url())), "{said}");
}

#[test]
fn without_it_the_load_is_sent_whatever_comes_of_it() {
    let (server, asked) = answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    let output = load("probe_none", &server.url(), &["--no-probe"]);
    assert_eq!((output.status.code(), asked.load(Ordering::SeqCst)), (Some(1), 20), "{}", said(&output));
}

#[test]
fn a_server_that_sheds_load_is_no_reason_not_to_send_it() {
    let (server, asked) = answering("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
    let output = load("probe_busy", &server.url(), &[]);
    assert_eq!(asked.load(Ordering::SeqCst), 21);
    assert!(said(&output).contains("warning: the target"), "{}", said(&output));
}

#[test]
fn what_answers_is_said_once() {
    let output = load("probe_good", &Server::echo(1).url(), &[]);
    assert_eq!(output.status.code(), Some(0));
    let said = said(&output);
    assert_eq!(said.matches("probe: 200 in ").count(), 1, "{said}");
    assert!(said.contains("over HTTP/1.1 (connect "), "{said}");
    let (server, _) = answering("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>");
    let said = said_of(&load("probe_no_json", &server.url(), &[]));
    assert!(said.contains("the answer is no JSON"), "{said}");
}

fn said_of(output: &Output) -> String {
    said(output)
}

#[test]
fn nobody_there_is_said_with_what_to_do() {
    let (_held, address) = refusing();
    let output = load("probe_refused", &format!("http://{address}"), &[]);
    assert!(
        said(&output).contains("is down") && said(&output).contains("start the server"),
        "{}",
        said(&output)
    );
    let closing = Server::start(|_, peer| drop(peer));
    let output = load("probe_closed", &closing.url(), &[]);
    assert!(output.status.code() == Some(1) && said(&output).contains("https://"), "{}", said(&output));
    let silent = Server::start(|_, mut peer| while peer.read_some(1_000) > 0 {});
    let output = load("probe_silent", &silent.url(), &["--timeout", "300ms"]);
    assert!(
        said(&output).contains("does not answer") && said(&output).contains("`wait`"),
        "{}",
        said(&output)
    );
}

#[test]
fn what_a_server_speaks_is_known_by_how_it_answers() {
    let folder = fresh_folder("probe_certificates");
    let Some(authority) = Authority::new(&folder) else {
        return common::cannot("there is no openssl to make a certificate with");
    };
    let identity = authority.issue("server", "IP:127.0.0.1");
    let ca = authority.certificate().display().to_string();
    let secure = TlsServer::start(&TlsSettings::new(&identity, &["h2"]));
    let refused = |url: &str, flags: &[&str], remedy: &str| {
        let output = load("probe_speaks", url, flags);
        let said = said(&output);
        assert!(output.status.code() == Some(1) && said.contains(remedy), "{url} {flags:?}: {said}");
    };
    refused(&secure.url().replace("https", "http"), &[], "https://");
    refused(&secure.url(), &["--http", "2"], "--cacert");
    refused(&secure.url(), &["--cacert", &ca], "--http 2");
    refused(&Server::echo(0).url().replace("http", "https"), &["-k"], "http://");
    refused(&Server::echo(0).url(), &["--http", "2"], "--http 1.1");
    let output = load("probe_speaks", &secure.url(), &["--cacert", &ca, "--http", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn a_load_is_probed_as_its_own_phase_sends_and_not_as_the_other_would() {
    let folder = fresh_folder("probe_phase_certificates");
    let Some(authority) = Authority::new(&folder) else {
        return common::cannot("there is no openssl to make a certificate with");
    };
    let identity = authority.issue("server", "IP:127.0.0.1");
    let ca = authority.certificate().display().to_string();
    let secure = TlsServer::start(&TlsSettings::new(&identity, &["h2"]));
    let flags = ["--cacert", &ca, "--phase", "after", "--set", "after.http=2", "--set", "after.batch=1"];
    let output = load("probe_phase", &secure.url(), &flags);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(said(&output).matches("probe: 200").count(), 1, "{}", said(&output));
}
