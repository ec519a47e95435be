//! The mock's contract over HTTP: what it answers, what it says of itself, and the faults it makes on request.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;

use crate::common::{Mock, connect, exchange, get, read_answer, request};
use sha2::{Digest, Sha256};

const FREE: [&str; 2] = ["--fixed-ms=0", "--item-ms=0"];

fn mock(flags: &[&str]) -> Mock {
    Mock::start(&[&FREE, flags].concat())
}

fn payload(index: usize) -> String {
    let prompt = "It blinks. ".repeat(1 + index % 12);
    format!(r#"{{"id": "req-{index:06}", "model": "m", "prompt": "{prompt}", "temperature": 0.0}}"#)
}

fn batch(range: std::ops::Range<usize>) -> String {
    format!(r#"{{"inputs": [{}]}}"#, range.map(payload).collect::<Vec<_>>().join(", "))
}

/// The answers of a batch as they stand in the body, byte for byte.
fn outputs(body: &str) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Outputs {
        outputs: Vec<Box<serde_json::value::RawValue>>,
    }
    let parsed: Outputs = serde_json::from_str(body).expect("outputs");
    parsed.outputs.into_iter().map(|answer| answer.get().to_owned()).collect()
}

#[test]
fn it_says_where_it_listens_and_counts_what_it_serves() {
    let mock = mock(&[]);
    assert_eq!(mock.hello.pid, mock.process.id());
    let healthz = get(mock.control(), "/healthz").expect("an answer");
    assert_eq!((healthz.status, healthz.body.as_str()), (200, "ok"));
    mock.post("/v1/infer", &payload(1));
    mock.post("/v1/infer", "no JSON");
    mock.post("/v1/infer/batch", &batch(0..3));
    let metrics = get(mock.control(), "/metrics").expect("an answer").body;
    for line in [
        r#"spanload_mock_requests_total{endpoint="/v1/infer",status="200"} 1"#,
        r#"spanload_mock_requests_total{endpoint="/v1/infer",status="400"} 1"#,
        r#"spanload_mock_requests_total{endpoint="/v1/infer/batch",status="200"} 1"#,
        r#"spanload_mock_compute_seconds_bucket{le="+Inf"} 2"#,
        "spanload_mock_queue_seconds_count 2",
        "spanload_mock_queue_depth 0",
        "spanload_mock_replicas_busy 0",
    ] {
        assert!(metrics.lines().any(|other| other == line), "{line} is not in\n{metrics}");
    }
}

/// Asks, and does not wait for the answer.
fn ask(mock: &Mock, index: usize) -> TcpStream {
    let mut stream = connect(mock.infer()).expect("a connection");
    stream.write_all(request("POST", "/v1/infer", "", &payload(index)).as_bytes()).expect("it listens");
    stream
}

#[test]
fn replicas_and_the_line_before_them_show_in_the_metrics() {
    // Nobody is answered before the test has looked.
    let mock = Mock::start(&["--fixed-ms=60000", "--item-ms=0", "--replicas=2"]);
    let asking = [0, 1, 2, 3, 4].map(|index| ask(&mock, index));
    mock.wait_for_metrics(&["spanload_mock_queue_depth 3", "spanload_mock_replicas_busy 2"]);
    drop(asking);
}

#[test]
fn an_answer_follows_from_the_payload_alone() {
    let (one, other) = (mock(&[]), mock(&[]));
    let answers: Vec<String> = (0..200).map(|index| one.post("/v1/infer", &payload(index)).body).collect();
    for (index, answer) in answers.iter().enumerate() {
        assert!((1_024..=4_096).contains(&answer.len()), "payload {index}: {} bytes", answer.len());
        let json: serde_json::Value = serde_json::from_str(answer).expect("JSON");
        assert_eq!(json["id"], format!("req-{index:06}"));
    }
    for start in (0..200).step_by(8) {
        let batched = other.post("/v1/infer/batch", &batch(start..start + 8));
        assert_eq!(outputs(&batched.body), answers[start..start + 8], "the same by batch, from another mock");
    }
    let changed = payload(7).replace("0.0}", "0.5}");
    assert_ne!(one.post("/v1/infer", &changed).body, answers[7], "a byte that no field echoes");
}

#[test]
fn what_is_wrong_is_said_in_json() {
    let mock = mock(&[]);
    let too_many = batch(0..1_025);
    for (path, body, status, code) in [
        ("/v1/infer", "{", 400, "bad_json"),
        ("/v1/infer", "[1]", 400, "bad_item"),
        ("/v1/infer/batch", r#"{"inputs":[]}"#, 400, "empty_batch"),
        ("/v1/infer/batch", r#"{"input":[]}"#, 400, "bad_json"),
        ("/v1/infer/batch", r#"{"inputs":[{}, 1]}"#, 400, "bad_item"),
        ("/v1/infer/batch", too_many.as_str(), 400, "large_batch"),
        ("/v1/infers", "{}", 404, "not_found"),
    ] {
        let answer = mock.post(path, body);
        assert_eq!((answer.status, answer.json()["error"]["code"].as_str()), (status, Some(code)), "{path}");
    }
    let get = get(mock.infer(), "/v1/infer").expect("an answer");
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
}

#[test]
fn server_timing_agrees_with_the_truth_log() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("truth.csv");
    let mut mock = Mock::start(&["--fixed-ms=20", "--truth-log", log.to_str().expect("UTF-8")]);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let traced = format!("traceparent: 00-{trace}-b7ad6b7169203331-01\r\n");
    let single =
        exchange(mock.infer(), &request("POST", "/v1/infer", &traced, &payload(0))).expect("an answer");
    let batched = mock.post("/v1/infer/batch", &batch(0..3));
    mock.signal(libc::SIGTERM);
    assert!(mock.wait().success());

    let text = std::fs::read_to_string(&log).expect("the log");
    let header =
        "trace_id,exchange_id,payload_digest,item_ms,batch_size,status,received_us,dequeued_us,done_us\n";
    assert!(text.starts_with(header), "{text}");
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 4);
    for (index, row) in rows.iter().enumerate() {
        let (answer, trace, exchange, size) =
            if index == 0 { (&single, trace, "1", "1") } else { (&batched, "", "2", "3") };
        let item = index.saturating_sub(1);
        let digest: String = Sha256::digest(payload(item)).iter().map(|b| format!("{b:02x}")).collect();
        let item_ms = &answer.timings("item")[item];
        assert_eq!(row[..6], [trace, exchange, &digest[..32], item_ms, size, "200"]);
        let [received, dequeued, done] =
            [6, 7, 8].map(|column| row[column].parse::<u64>().expect("an instant"));
        let compute = format!("{}.{:03}", (done - dequeued) / 1000, (done - dequeued) % 1000);
        assert_eq!(answer.timings("compute"), [compute]);
        let queue: f64 = answer.timings("queue")[0].parse().expect("a number");
        assert!(queue <= (dequeued - received) as f64 / 1000.0);
    }
}

/// A timer is never early; how late it is, is the machine's affair. What an exchange is to take has a test of its own.
#[test]
fn an_exchange_takes_no_less_than_the_fixed_cost_and_its_items() {
    let mock = Mock::start(&["--fixed-ms=100", "--item-ms=20", "--item-sigma=0"]);
    for (items, least) in [(1, 120.0), (5, 200.0)] {
        let answer = mock.post("/v1/infer/batch", &batch(0..items));
        assert_eq!(answer.timings("item"), vec!["20.000"; items]);
        let compute: f64 = answer.timings("compute")[0].parse().expect("a number");
        assert!(compute >= least, "{items} items: {compute} ms");
    }
}

#[test]
fn a_full_line_refuses_and_a_short_one_waits() {
    // Each comes when the one before it is known to be there.
    let mock = Mock::start(&["--fixed-ms=4000", "--item-ms=0", "--replicas=1", "--queue-limit=1"]);
    let mut first = ask(&mock, 0);
    mock.wait_for_metrics(&["spanload_mock_replicas_busy 1"]);
    let mut second = ask(&mock, 1);
    mock.wait_for_metrics(&["spanload_mock_queue_depth 1"]);
    let refused = mock.post("/v1/infer", &payload(2));
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert_eq!(refused.json()["error"]["code"], "queue_full");
    let waited = |stream| {
        let answer = read_answer(stream).expect("an answer");
        assert_eq!(answer.status, 200);
        answer.timings("queue")[0].parse::<f64>().expect("ms")
    };
    let waits = [&mut first, &mut second].map(waited);
    // The second one comes within the time of the first, of which it waits for the rest.
    assert!(waits[0] < waits[1], "{waits:?}");
}

#[test]
fn errors_meet_their_share_and_the_same_payloads_each_time() {
    let mock = mock(&["--error-rate=0.3"]);
    let failing = || -> Vec<usize> {
        (0..300).filter(|&index| mock.post("/v1/infer", &payload(index)).status == 503).collect()
    };
    let first = failing();
    assert!((60..120).contains(&first.len()), "{} of 300", first.len());
    assert_eq!(first, failing());
    let error = mock.post("/v1/infer", &payload(first[0]));
    assert_eq!(
        (error.json()["error"]["code"].as_str(), error.header("retry-after")),
        (Some("injected"), None)
    );
}

#[test]
fn a_reset_is_a_real_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("truth.csv");
    let mut mock = mock(&["--reset-rate=0.5", "--truth-log", log.to_str().expect("UTF-8")]);
    let outcomes: Vec<_> = (0..40)
        .map(|index| exchange(mock.infer(), &request("POST", "/v1/infer", "", &payload(index))))
        .map(|outcome| outcome.map(|answer| answer.status).map_err(|error| error.kind()))
        .collect();
    let resets = outcomes.iter().filter(|&outcome| *outcome == Err(ErrorKind::ConnectionReset)).count();
    let answers = outcomes.iter().filter(|&outcome| *outcome == Ok(200)).count();
    assert_eq!(resets + answers, 40, "{outcomes:?}");
    assert!((10..30).contains(&resets), "{resets} of 40");
    mock.signal(libc::SIGTERM);
    assert!(mock.wait().success());
    let text = std::fs::read_to_string(&log).expect("the log");
    assert_eq!(text.lines().filter(|line| line.split(',').nth(5) == Some("0")).count(), resets);
}

#[test]
fn only_the_batch_endpoint_degrades() {
    let (good, degraded) = (mock(&[]), mock(&["--degraded-rate=0.4"]));
    let mut cut = 0;
    for index in 0..50 {
        let answer = good.post("/v1/infer", &payload(index)).body;
        assert_eq!(degraded.post("/v1/infer", &payload(index)).body, answer);
        let batched = outputs(&degraded.post("/v1/infer/batch", &batch(index..index + 1)).body);
        if batched[0] != answer {
            assert!(batched[0].len() < answer.len() && batched[0].contains(r#""finish_reason":"length""#));
            cut += 1;
        }
    }
    assert!((10..30).contains(&cut), "{cut} of 50");
}
