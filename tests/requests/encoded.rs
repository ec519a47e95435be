//! Answers that come encoded.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Loaded, Witness, answer};
use crate::common::wire::Request;

const GZIP: &str = "target = { accept_encoding = \"gzip, br;q=0.5\" }";

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// Each request's own answer, or those of a batch.
fn content(request: &Request) -> Vec<u8> {
    let item = |number: usize| format!("{{\"n\":{number},\"text\":\"{}\"}}", "ab".repeat(500));
    let items = request.body.matches("\"id\"").count();
    match request.path() {
        "/v1/infer" => item(0).into_bytes(),
        _ => format!("{{\"outputs\":[{}]}}", vec![item(0); items].join(",")).into_bytes(),
    }
}

fn encoded(coding: &'static str) -> Witness {
    Witness::start(move |request| {
        answer(&format!("Content-Encoding: {coding}\r\n"), &gzip(&content(request)))
    })
}

#[test]
fn an_encoded_answer_is_the_plain_one_in_the_log_but_for_its_bytes() {
    let plain = Witness::start(|request| answer("", &content(request)));
    let plain = Loaded::run("encoded_not", "", &plain, &[]).log();
    assert!(plain.column("bytes_decoded").iter().all(|decoded| decoded.is_empty()));
    let witness = encoded("gzip");
    let log = Loaded::run("encoded_gzip", GZIP, &witness, &[]).log();
    assert_eq!(log.column("answer_digest"), plain.column("answer_digest"));
    assert!(
        log.column("bytes_decoded").iter().all(|decoded| *decoded == "1017"),
        "{:?}",
        log.column("bytes_decoded")
    );
    let received = |bytes: &str| bytes.parse::<u64>().expect("a number") < 300;
    assert!(log.column("bytes_received").iter().all(|bytes| received(bytes)), "what came on the wire");
    assert!(witness.seen().iter().all(|request| request.has_header("accept-encoding: gzip, br;q=0.5")));
}

#[test]
fn who_did_not_ask_is_understood_too_alone_and_in_batches() {
    let flags = ["--set", "load.workers=4", "--set", "before.batch=4"];
    let pool = "before = { strategy = \"pool\", connections = 1 }";
    let witness = encoded("gzip");
    let log = Loaded::run("encoded_batches", pool, &witness, &flags).log();
    assert!(witness.seen().iter().any(|request| request.path() == "/v1/infer/batch"));
    assert!(!witness.seen()[0].head.contains("accept-encoding"), "{}", witness.seen()[0].head);
    assert!(log.column("error").iter().all(|error| error.is_empty()), "{:?}", log.column("error"));
    let digests = log.column("answer_digest");
    assert!(digests.iter().all(|digest| digest == &digests[0] && !digest.is_empty()));
    let unknown = encoded("deflate");
    let loaded = Loaded::run("encoded_unknown", pool, &unknown, &flags);
    assert!(loaded.table().column("error").iter().all(|error| *error == "protocol"), "{}", loaded.stderr());
}

#[test]
fn a_content_that_is_too_large_decoded_is_so_whatever_came() {
    let witness = encoded("gzip");
    let loaded = Loaded::run("encoded_bomb", GZIP, &witness, &["--set", "target.max_answer_bytes=500"]);
    assert!(loaded.table().column("error").iter().all(|error| *error == "too_large"), "{}", loaded.stderr());
}

#[test]
fn what_is_not_decoded_is_not_asked_for() {
    let witness = Witness::content();
    let flags = ["--set", "target.accept_encoding=gzip, deflate"];
    Loaded::run("encoded_refused", "", &witness, &flags).assert_refused(&[
        "target.accept_encoding",
        "`deflate`",
        "gzip, br",
    ]);
}

#[test]
fn what_a_failure_says_is_shown_decoded() {
    let witness = Witness::start(|_| {
        let content = gzip(b"{\"detail\":\"the model is loading\"}");
        let head = format!(
            "HTTP/1.1 503 Busy\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            content.len()
        );
        [head.as_bytes(), &content].concat()
    });
    let loaded = Loaded::run("encoded_failure", "", &witness, &[]);
    assert!(loaded.stderr().contains("503 {\"detail\":\"the model is loading\"}"), "{}", loaded.stderr());
}

#[test]
fn a_header_asks_for_no_coding_that_is_not_decoded() {
    let witness = encoded("deflate");
    let loaded = Loaded::run("encoded_header", "", &witness, &["-H", "accept-encoding: deflate"]);
    loaded.assert_refused(&["target.headers.accept-encoding", "gzip"]);
    assert!(witness.seen().is_empty());
}
