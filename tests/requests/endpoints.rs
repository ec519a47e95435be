//! Several endpoints, each with its share of the requests.

use std::collections::{BTreeMap, HashMap};

use super::{Loaded, Witness, answer};
use crate::common::run::{Run, Table};
use crate::common::wire::Request;

const ENDPOINTS: &str = "target.endpoints=[{path='/a'}, {path='/b,\"1\"', weight=2, method='GET'}, \
                         {path='/c', weight=3, batch_path='/c/batch'}]";
const NAMES: [&str; 3] = ["/a", "/b,\"1\"", "/c"];

/// Answers each request, and each of a batch, with an empty object.
fn content(request: &Request) -> Vec<u8> {
    let items = vec!["{}"; request.body.matches("\"id\": \"req-").count()];
    match request.path() {
        "/c/batch" => answer("", format!("{{\"outputs\":[{}]}}", items.join(",")).as_bytes()),
        _ => answer("", b"{}"),
    }
}

fn counts<T: Ord>(all: impl IntoIterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    all.into_iter().for_each(|one| *counts.entry(one).or_default() += 1);
    counts
}

fn by_seq(log: &Table) -> BTreeMap<u64, String> {
    let seqs = log.column("seq").into_iter().map(|seq| seq.parse().expect("a number"));
    seqs.zip(log.column("endpoint").into_iter().map(str::to_string)).collect()
}

#[test]
fn the_server_gets_what_the_log_says_by_the_weights() {
    let witness = Witness::start(content);
    let load = ["load.requests=60", "load.workers=8", "load.threads=2"].map(|key| ["--set", key]);
    let flags = [&["--set", ENDPOINTS], load.as_flattened()].concat();
    let log = Loaded::run("endpoints_load", "", &witness, &flags).log();
    let logged: HashMap<&str, &str> =
        log.column("trace_id").into_iter().zip(log.column("endpoint")).collect();
    let seen = witness.seen();
    assert_eq!(seen.len(), 60);
    assert_eq!(counts(seen.iter().map(Request::path)), NAMES.into_iter().zip([10, 20, 30]).collect());
    for request in &seen {
        let trace = request.head.split("traceparent: 00-").nth(1).expect("it has one");
        assert_eq!(logged[&trace[..32]], request.path());
        let is_get = request.path().starts_with("/b");
        assert_eq!(request.head.starts_with("GET "), is_get, "{}", request.head);
        assert_eq!(request.body.is_empty(), is_get);
    }
    let first: Vec<String> = by_seq(&log).into_values().take(6).collect();
    assert_eq!(counts(first), NAMES.map(String::from).into_iter().zip([1, 2, 3]).collect(), "in every six");
}

#[test]
fn a_proof_sends_both_phases_alike_and_tells_endpoints_apart() {
    let witness = Witness::start(content);
    let url = witness.server.url();
    let flags = ["--target", &url, "--set", ENDPOINTS, "-n", "60", "-c", "16"];
    let run = Run::prove("endpoints_prove", &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let said = format!(
        "requests go to POST {url}/a (16.7 %), GET {url}/b,\"1\" (33.3 %), POST {url}/c (50 %, batches to {url}/c/batch)\n"
    );
    assert!(run.stderr().contains(&said), "no {said} in {}", run.stderr());
    let results = run.results();
    let [before, after] = ["before.csv", "after.csv"].map(|name| results.table(name));
    assert_eq!(by_seq(&before), by_seq(&after));
    assert_eq!(counts(after.column("endpoint")), NAMES.into_iter().zip([10, 20, 30]).collect());
    check_batches(&after);
    let analysis = results.json("analysis.json");
    for phase in ["before", "after"] {
        let endpoints = &analysis["phases"][phase]["endpoints"];
        for (at, (name, planned)) in NAMES.into_iter().zip([10, 20, 30]).enumerate() {
            let one = &endpoints[at];
            assert_eq!((one["path"].as_str(), one["planned"].as_u64()), (Some(name), Some(planned)));
            assert_eq!(one["succeeded"].as_u64(), Some(planned));
            assert!(one["p50_ms"].as_f64() <= one["p99_ms"].as_f64() && one["p99_ms"].is_f64(), "{one}");
        }
    }
    let assumed = analysis["prediction"]["assumptions"].to_string();
    assert!(assumed.contains("requests to any endpoint"), "{assumed}");
    assert!(results.text("report.html").contains("analysis:/phases/after/endpoints/2/p95_ms"));
    assert!(run.stdout().contains("endpoint, ms"), "{}", run.stdout());
    assert!(results.manifest()["telemetry"]["destination"]["endpoints"][1]["method"] == "GET");
}

/// Only requests to the endpoint that takes batches are in one, and none of another endpoint is with them.
fn check_batches(log: &Table) {
    let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (batch, endpoint) in log.column("batch_id").into_iter().zip(log.column("endpoint")) {
        members.entry(batch).or_default().push(endpoint);
    }
    let together: Vec<_> = members.values().filter(|members| members.len() > 1).collect();
    assert!(!together.is_empty() && together.iter().all(|members| members.iter().all(|one| *one == "/c")));
    let sizes = log.column("batch_size");
    assert!(
        log.column("endpoint").iter().zip(sizes).all(|(endpoint, size)| *endpoint == "/c" || size == "1")
    );
}

#[test]
fn the_probe_asks_each_endpoint_and_names_the_one_that_will_not_work() {
    let witness = Witness::start(|request| match request.path() {
        "/c" => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        _ => answer("", b"{}"),
    });
    let url = witness.server.url();
    let run = Run::prove("endpoints_probe", &["--target", &url, "--set", ENDPOINTS]);
    assert_eq!(run.code(), 1, "{}", run.stderr());
    let said = format!("the target {url}/c answers 404: correct its path or its method in target.endpoints");
    assert!(run.stderr().contains(&said), "no {said} in {}", run.stderr());
    assert_eq!(witness.seen().iter().map(Request::path).collect::<Vec<_>>(), NAMES);
    assert!(!run.out.join("runs").exists());
}

#[test]
fn what_endpoints_cannot_be_is_refused_before_anything_is_sent() {
    let witness = Witness::content();
    let refused = |flags: &[&str], words: &[&str]| {
        let flags = [&["--set", "target.endpoints=[{path='/a'}]"], flags].concat();
        Loaded::run("endpoints_refused", "", &witness, &flags).assert_refused(words);
    };
    let url = witness.server.url();
    refused(&["--set", &format!("target.url={url}/v1")], &["--target", "a path", "target.endpoints"]);
    refused(&["--set", &format!("target.url={url}/")], &["--target", "a slash", "leave it out"]);
    refused(&["--set", "target.path=/x"], &["target.path", "remove the key"]);
    refused(&["--set", "after.batch=4"], &["after.batch", "batch_path"]);
    refused(&["--set", "target.endpoints=[{path='/a b'}]"], &["target.endpoints", "/a b"]);
    refused(&["--set", "target.endpoints=[{path='/a', payloads='/none'}]"], &["/none", "cannot be read"]);
    assert!(witness.seen().is_empty());
}
