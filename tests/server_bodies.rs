//! What a server says of its own times in its answers, alone and in a batch, through the command line.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use crate::common::run::Run;
use crate::common::wire::{Server, pause};

/// A server that gives each request this answer, and a batch as many of them; each call takes 20 ms.
fn server(answer: &'static str) -> Server {
    Server::start(move |_, mut peer| {
        while let Some(request) = peer.request() {
            pause(20);
            match request.path() {
                "/v1/infer/batch" => {
                    let body: Value = serde_json::from_str(&request.body).expect("JSON");
                    let size = body["inputs"].as_array().expect("a list").len();
                    let all = vec![answer; size].join(",");
                    peer.answer(&format!("{{\"outputs\":[{all}],\"timings\":{{\"prompt_ms\":9}}}}"));
                }
                _ => peer.answer(answer),
            }
        }
    })
}

fn prove(name: &str, server: &Server, settings: &[&str]) -> Run {
    let url = server.url();
    let mut flags =
        vec!["--target", &url, "--set", "after.batch=4", "--set", "after.connections=2", "-n", "40"];
    flags.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    let run = Run::prove(name, &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    run
}

/// Every row of both phases has these times.
fn assert_times(run: &Run, queue: &str, compute: &str) {
    for log in ["before.csv", "after.csv"] {
        let table = run.results().table(log);
        for (column, expected) in [("server_queue_ms", queue), ("server_compute_ms", compute)] {
            let found = table.column(column);
            assert!(found.iter().all(|time| *time == expected), "{log}: {column}: {found:?}");
        }
    }
    let sizes = run.results().table("after.csv");
    assert!(sizes.column("batch_size").contains(&"4"), "there were batches");
}

#[test]
fn llama_cpps_timings_are_read_in_both_phases() {
    let answer =
        r#"{"content":"x","timings":{"prompt_n":3,"prompt_ms":2.5,"predicted_ms":15,"predicted_n":4}}"#;
    let run = prove("server_bodies_llama", &server(answer), &["target.server_times=llama.cpp"]);
    assert_times(&run, "", "17.500");
    let sources = run.results().manifest()["server_times"]["sources"].take();
    let expected = json!([{"time": "compute", "unit": "ms",
        "from": {"pointers": ["/timings/prompt_ms", "/timings/predicted_ms"]}}]);
    assert_eq!(sources, expected);
    let causes = run.results().json("analysis.json")["phases"]["before"]["causes_of_all"].take();
    assert_eq!(causes["compute"]["mean_ms"], 17.5, "{causes}");
}

#[test]
fn vllms_metrics_are_read_in_both_phases() {
    let answer = r#"{"choices":[],"metrics":{"time_to_first_token_ms":5.5,"generation_time_ms":10,"queue_time_ms":1.25}}"#;
    let run = prove("server_bodies_vllm", &server(answer), &["target.server_times=vllm"]);
    assert_times(&run, "1.250", "15.500");
    let unasked = prove("server_bodies_unasked", &server(answer), &[]);
    assert_times(&unasked, "", "");
}

#[test]
fn a_pointer_of_ones_own_has_its_unit() {
    let answer = r#"{"usage":[{"seconds":0.0125}]}"#;
    let run = prove("server_bodies_pointer", &server(answer), &["target.compute_pointer=/usage/0/seconds:s"]);
    assert_times(&run, "", "12.500");
}

#[test]
fn an_answer_that_is_no_json_says_nothing_and_fails_nothing() {
    let server = Server::start(|_, mut peer| {
        while peer.request().is_some() {
            peer.answer("{\"timings\": {\"prompt_ms\": 1, \"predicted_ms\": 2}} and so on");
        }
    });
    let settings = ["target.server_times=llama.cpp", "after.batch=1"];
    let run = prove("server_bodies_no_json", &server, &settings);
    for log in ["before.csv", "after.csv"] {
        let table = run.results().table(log);
        assert!(table.column("server_compute_ms").iter().all(|time| time.is_empty()));
        assert!(table.column("error").iter().all(|error| error.is_empty()));
    }
    assert!(run.results().manifest().get("server_times").is_none());
}

/// What is found of the answers of both phases, which send one request in one call.
fn compared(name: &str, server: &Server) -> Value {
    let run = Run::prove(name, &["--target", &server.url(), "--set", "after.batch=1", "-n", "40"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    run.results().json("comparison.json")["quality"].take()
}

#[test]
fn an_encoded_answer_is_its_content_whenever_it_was_encoded() {
    let times = AtomicU32::new(1);
    let server = Server::start(move |_, mut peer| {
        while peer.request().is_some() {
            // The time is in the head of what is encoded: no two answers have the same bytes.
            let at = times.fetch_add(1, Ordering::SeqCst);
            let mut encoder = GzBuilder::new().mtime(at).write(Vec::new(), Compression::fast());
            encoder.write_all(b"{\"label\":\"same\"}").expect("memory takes it");
            let content = encoder.finish().expect("memory takes it");
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                content.len()
            );
            peer.write_bytes(&[head.as_bytes(), &content].concat());
        }
    });
    let quality = compared("server_bodies_gzip", &server);
    assert_eq!((&quality["different"], &quality["equal"]), (&json!(0), &quality["compared"]), "{quality}");
    assert!(quality["compared"].as_u64().is_some_and(|compared| compared > 0), "{quality}");
}

#[test]
fn what_is_no_number_is_the_same_in_both_phases() {
    let quality = compared("server_bodies_nan", &server(r#"{"score":NaN}"#));
    assert_eq!((&quality["different"], &quality["equal"]), (&json!(0), &quality["compared"]), "{quality}");
    assert!(quality["compared"].as_u64().is_some_and(|compared| compared > 0), "{quality}");
}
