//! Any method, with a body or without one.

use super::{Loaded, Witness};

#[test]
fn a_get_has_no_body_and_says_nothing_of_one() {
    let witness = Witness::content();
    let log = Loaded::run("method_get", "", &witness, &["-m", "get"]).log();
    assert!(log.column("error").iter().all(|error| error.is_empty()));
    let seen = witness.seen();
    assert_eq!(seen.len(), 4);
    for request in seen {
        assert!(request.head.starts_with("GET /v1/infer HTTP/1.1\r\n"), "{}", request.head);
        let says = request.head.to_lowercase();
        assert!(!says.contains("content-") && request.body.is_empty(), "{}", request.head);
    }
}

#[test]
fn payloads_are_sent_with_any_method_and_in_batches_too() {
    let witness = Witness::start(|request| {
        let items = request.body.matches("\"n\"").count();
        let content = if request.path() == "/v1/infer" { "1".into() } else { vec!["1"; items].join(",") };
        super::answer("", format!("{{\"outputs\":[{content}]}}").as_bytes())
    });
    let payloads = concat!(env!("CARGO_TARGET_TMPDIR"), "/method_payloads.jsonl");
    std::fs::write(payloads, "{\"n\": 1}\n").expect("the folder is writable");
    let payloads = format!("load.payloads={payloads}");
    let flags = ["-m", "DELETE", "--set", &payloads, "--set", "load.workers=4", "--set", "before.batch=4"];
    let log =
        Loaded::run("method_payloads", "before = { strategy = \"pool\", connections = 1 }", &witness, &flags)
            .log();
    assert!(log.column("error").iter().all(|error| error.is_empty()));
    assert!(
        witness.seen().iter().all(|request| request.head.starts_with("DELETE ") && !request.body.is_empty())
    );
    assert!(
        witness.seen().iter().any(|request| request.path() == "/v1/infer/batch"),
        "a batch has the method too"
    );
}

#[test]
fn an_answer_to_head_has_no_content_whatever_it_announces() {
    let witness = Witness::start(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_vec());
    let pool = "before = { strategy = \"pool\", connections = 1 }";
    let log = Loaded::run("method_head", pool, &witness, &["-m", "HEAD"]).log();
    assert!(log.column("error").iter().all(|error| error.is_empty()));
    assert_eq!(log.column("conn_reused"), ["false", "true", "true", "true"]);
}

#[test]
fn what_cannot_be_sent_is_refused_with_its_remedy() {
    let witness = Witness::content();
    let refused = |flags: &[&str], words: &[&str]| {
        Loaded::run("method_refused", "", &witness, flags).assert_refused(words);
    };
    refused(&["-m", "GE T"], &["target.method", "such as GET"]);
    refused(&["-m", "CONNECT"], &["target.method", "tunnel"]);
    refused(&["-m", "GET", "--set", "after.batch=4"], &["after.batch", "load.payloads"]);
    assert!(witness.seen().is_empty());
}
