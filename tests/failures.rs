//! What a run says when the server refuses, redirects, speaks something else or does not keep connections.
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::EXE;
use crate::common::run::{Results, Run, fresh_folder, prove_command};
use crate::common::wire::{Peer, Server};

const SECRET: &str = "sk-0123456789abcdef";

/// Answers every request with these bytes and keeps the connection.
fn always(answer: &'static str) -> Server {
    Server::start(move |_, mut peer| {
        while peer.request().is_some() {
            peer.write(answer);
        }
    })
}

fn response(status: &str, headers: &str, body: &str) -> &'static str {
    let text = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
    Box::leak(text.into_boxed_str())
}

/// A short run of single requests against a server of the test's.
fn prove(name: &str, server: &Server, requests: u64, flags: &[&str]) -> (Run, Results) {
    let out = fresh_folder(name);
    let (url, requests) = (server.url(), requests.to_string());
    let fixed = [
        "--target",
        &url,
        "-n",
        &requests,
        "-c",
        "4",
        "--set",
        "after.batch=1",
        "--no-metrics",
        "--no-probe",
    ];
    let output = prove_command(&out, &fixed).args(flags).output().expect("the binary starts");
    let run = Run { out, output };
    let results = run.results();
    (run, results)
}

fn load(name: &str, server: &Server, flags: &[&str]) -> Output {
    let log = fresh_folder(name).join("load.csv");
    let mut command = Command::new(EXE);
    command.args([
        "load",
        "scenarios/default.toml",
        "--no-metrics",
        "--no-probe",
        "-n",
        "20",
        "-c",
        "4",
        "--target",
        &server.url(),
    ]);
    command.arg("-o").arg(log).args(flags).output().expect("the binary starts")
}

#[test]
fn a_server_that_wants_a_key_is_quoted_without_the_key_that_it_got() {
    let body = format!("{{\"error\":\"no such key: {SECRET}\"}}");
    let server = always(response("401 Unauthorized", "", &body));
    let header = format!("authorization: Bearer {SECRET}");
    let output = load("failures_key_load", &server, &["-H", &header]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("20 × http_4xx: 401 {\"error\":\"no such key: ***\"}"), "{said}");
    let (run, results) = prove("failures_key", &server, 20, &["-H", &header]);
    assert_eq!(run.code(), 1);
    let notes = results.text("failures.jsonl");
    assert!(notes.lines().count() <= 4, "one of each part: {notes}");
    let page = results.text("report.html");
    for text in [run.stdout(), notes.as_str()] {
        assert!(text.contains("no such key: ***"), "{text}");
    }
    for text in [run.stdout(), run.stderr(), &notes, &page, &results.text("manifest.json")] {
        assert!(!text.contains(SECRET), "{text}");
    }
    // The screen folds its lines.
    let folded = run.stdout().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(folded.contains("the key that was sent: check that it is whole"), "the remedy: {folded}");
}

#[test]
fn a_key_in_an_answer_that_is_a_success_is_not_kept() {
    let body = format!("{{\"you_are\":\"{SECRET}\"}}");
    let server = always(response("200 OK", "", &body));
    let header = format!("authorization: Bearer {SECRET}");
    let (_, results) = prove("failures_no_failure", &server, 20, &["-H", &header]);
    let answers = results.text("answers.jsonl");
    assert!(answers.contains("{\"you_are\":\"***\"}"), "{answers}");
    assert!(!answers.contains(SECRET) && !results.text("report.html").contains(SECRET));
    assert!(results.text("before.csv").contains(&spanload::model::Digest::of(body.as_bytes()).to_string()));
}

#[test]
fn an_answer_that_is_cut_off_is_told_as_one() {
    let cut = Server::start(|_, mut peer| {
        peer.request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    });
    let output = load("failures_cut", &cut, &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("× closed: 200 it ended before its Content-Length"), "{said}");
}

#[test]
fn where_all_fail_nothing_is_judged_and_the_redirect_is_named() {
    let moved = response("301 Moved", "Location: https://api.test/v2/infer\r\n", "<html>moved</html>");
    let (run, results) = prove("failures_moved", &always(moved), 20, &[]);
    assert_eq!(run.code(), 1);
    let page = results.text("report.html");
    for text in [run.stdout(), &page] {
        assert!(text.contains("301 to https://api.test/v2/infer"), "{text}");
        for word in
            ["made it worse", "predicted P95", "slowest 5 % before", "reuse buys", "keep sending as before"]
        {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
    assert!(run.stdout().contains("20 × http_3xx"), "{}", run.stdout());
    assert!(run.stdout().contains("target.url"), "{}", run.stdout());
    let kinds = results.all_caveats();
    assert!(
        kinds.contains(&"no_success".to_string()) && !kinds.contains(&"nothing_to_fix".to_string()),
        "{kinds:?}"
    );
    let markdown = Command::new(EXE).args(["analyze", "--format", "markdown"]).arg(&results.0).output();
    let markdown = markdown.expect("the binary starts").stdout;
    assert!(String::from_utf8_lossy(&markdown).contains("301 to https://api"), "the same from the files");
}

#[test]
fn where_nearly_all_fail_the_few_are_not_explained_either() {
    let answered = AtomicUsize::new(0);
    let fine = response("200 OK", "", "{}");
    let busy = response("429 Too Many Requests", "Retry-After: 7\r\n", "slow down");
    let server = Server::start(move |_, mut peer| {
        while peer.request().is_some() {
            let at = answered.fetch_add(1, Ordering::SeqCst);
            peer.write(if at.is_multiple_of(12) { fine } else { busy });
        }
    });
    let (run, results) = prove("failures_nearly", &server, 60, &[]);
    assert_eq!(run.code(), 99, "{}", run.stdout());
    let kinds = results.all_caveats();
    assert!(kinds.contains(&"mostly_failed".to_string()), "{kinds:?}");
    assert!(run.stdout().contains("429 (ask again after 7 s) slow down"), "{}", run.stdout());
    for word in ["slowest 5 %", "predicted", "made it worse"] {
        assert!(!run.stdout().contains(word), "{word}: {}", run.stdout());
    }
    assert!(results.text("report.html").contains("Not slow: failed."));
}

#[test]
fn what_is_no_http_is_called_what_it_is() {
    let tls = Server::start(|_, mut peer| {
        peer.request();
        peer.write("\u{15}\u{3}\u{1}\0\u{2}\u{2}(");
    });
    let said = |server: &Server, name| String::from_utf8_lossy(&load(name, server, &[]).stderr).into_owned();
    let text = said(&tls, "failures_tls");
    assert!(text.contains("× protocol: the server speaks TLS"), "{text}");
    let ssh = Server::start(|_, mut peer| {
        peer.request();
        peer.write("SSH-2.0-OpenSSH_9.6\r\n\r\n");
    });
    let text = said(&ssh, "failures_ssh");
    assert!(text.contains("× protocol: it does not begin with HTTP"), "{text}");
}

#[test]
fn errors_of_the_server_stay_in_the_explanation_of_a_phase_that_partly_failed() {
    let answered = AtomicUsize::new(0);
    let (fine, broken) =
        (response("200 OK", "", "{}"), response("500 Oops", "", "{\"error\":\"out of memory\"}"));
    let server = Server::start(move |_, mut peer| {
        while peer.request().is_some() {
            let at = answered.fetch_add(1, Ordering::SeqCst);
            peer.write(if at.is_multiple_of(4) { broken } else { fine });
        }
    });
    let (run, results) = prove("failures_partly", &server, 80, &[]);
    assert_eq!(run.code(), 99, "{}", run.stdout());
    assert!(run.stdout().contains("http_5xx: 500 {\"error\":\"out of memory\"}"), "{}", run.stdout());
    assert!(run.stdout().contains("lost to failures"), "{}", run.stdout());
    let analysis = results.json("analysis.json");
    let causes = analysis["phases"]["before"]["causes"].as_array().expect("a list").clone();
    let failure = causes.iter().find(|cause| cause["cause"] == "failure").expect("it is there");
    assert!(failure["evidence"]["http_5xx"].as_u64() > Some(0), "{failure}");
}

fn caveat(results: &Results, kind: &str) -> String {
    let comparison = results.comparison();
    let caveats = comparison["caveats"].as_array().expect("a list").clone();
    let found = caveats.into_iter().find(|caveat| caveat["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind}: {:?}", results.all_caveats()))["message"].to_string()
}

#[test]
fn a_server_that_keeps_no_connection_is_named_and_reuse_is_not_judged() {
    let closes = Server::start(|_, mut peer| {
        peer.request();
        peer.write(response("200 OK", "Connection: close\r\n", "{}"));
    });
    let (run, results) = prove("failures_closes", &closes, 40, &[]);
    let text = caveat(&results, "not_kept");
    assert!(
        text.contains("none of the 36") && text.contains("Connection: close") && text.contains("keep-alive"),
        "{text}"
    );
    for text in [run.stdout(), &results.text("report.html"), &results.text("analysis.json")] {
        assert!(!text.contains("reuse buys nothing"), "{text}");
    }
    let silent = Server::start(|_, mut peer| {
        peer.request();
        peer.answer("{}");
    });
    let (_, results) = prove("failures_silent", &silent, 40, &[]);
    let text = caveat(&results, "not_kept");
    assert!(text.contains("without saying so"), "{text}");
}

#[test]
fn requests_lost_on_kept_connections_are_called_the_race_that_they_are() {
    // Answers three times on each connection, and leaves as the next request comes.
    let server = Server::start(|_, mut peer: Peer| {
        for _ in 0..3 {
            if peer.request().is_none() {
                return;
            }
            peer.answer("{}");
        }
        peer.request();
    });
    let (_, results) = prove("failures_race", &server, 40, &[]);
    let text = caveat(&results, "kept_race");
    assert!(text.contains("of the after phase") && text.contains("keep-alive time-out"), "{text}");
}
