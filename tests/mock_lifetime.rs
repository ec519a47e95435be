//! The mock's life: how it starts, what stops it, and that it is never left behind.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{EXE, Mock, address, exchange, get, kill, request, spawn, wait_until};
use spanload::mock::{Child, Hello, MockSettings, Ports};

const PARENT: &str = "SPANLOAD_TEST_PARENT";

fn statuses(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).expect("the log");
    text.lines().skip(1).filter_map(|line| line.split(',').nth(5)).map(str::to_owned).collect()
}

fn free() -> MockSettings {
    MockSettings { fixed_ms: 0.0, item_ms: 0.0, ..MockSettings::default() }
}

async fn start(ports: Option<Ports>) -> anyhow::Result<Child> {
    Child::start(Path::new(EXE), &free(), ports, None).await
}

/// The figure of a series; 0 while there is none.
fn figure(metrics: &str, series: &str) -> f64 {
    let line = metrics.lines().find(|line| line.starts_with(series));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_default()
}

#[test]
fn it_ends_when_standard_input_closes() {
    let mut mock = Mock::start(&["--exit-with-stdin"]);
    assert!(mock.process.try_wait().expect("a child").is_none());
    drop(mock.process.stdin.take());
    assert!(mock.wait().success());
}

#[test]
fn without_the_flag_standard_input_does_not_matter() {
    let mut mock = Mock::start(&[]);
    drop(mock.process.stdin.take());
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(get(mock.control(), "/healthz").expect("an answer").status, 200);
    mock.signal(libc::SIGINT);
    assert!(mock.wait().success());
}

#[test]
fn a_stop_answers_what_was_accepted_and_completes_the_log() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("truth.csv");
    let path = log.to_str().expect("UTF-8");
    // A tenth of the time that it has for a stop.
    let mut mock = Mock::start(&["--fixed-ms=200", "--item-ms=0", "--truth-log", path]);
    std::thread::scope(|scope| {
        let post = || mock.post("/v1/infer", "{}");
        let posts = [(); 4].map(|()| scope.spawn(post));
        wait_until("all are accepted, if not answered", || {
            let metrics = get(mock.control(), "/metrics").expect("an answer").body;
            let accepted = ["spanload_mock_replicas_busy ", "spanload_mock_requests_total{"];
            let accepted = accepted.map(|name| figure(&metrics, name));
            (accepted.into_iter().sum::<f64>() >= 4.0).then_some(())
        });
        mock.signal(libc::SIGTERM);
        assert_eq!(posts.map(|post| post.join().expect("an answer").status), [200; 4]);
    });
    assert!(mock.wait().success());
    assert_eq!(statuses(&log), ["200"; 4]);
}

#[test]
fn a_stop_cuts_off_what_takes_too_long_and_says_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("truth.csv");
    let path = log.to_str().expect("UTF-8");
    let mut mock = Mock::start(&["--fixed-ms=20000", "--truth-log", path]);
    std::thread::scope(|scope| {
        let post = scope.spawn(|| exchange(mock.infer(), &request("POST", "/v1/infer", "", "{}")));
        mock.wait_for_metrics(&["spanload_mock_replicas_busy 1"]);
        mock.signal(libc::SIGTERM);
        assert!(post.join().expect("an outcome").is_err());
    });
    assert!(mock.wait().success());
    assert_eq!(statuses(&log), ["499"]);
}

#[test]
fn the_log_is_on_disk_while_the_mock_runs() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("truth.csv");
    let path = log.to_str().expect("UTF-8");
    let mock = Mock::start(&["--fixed-ms=0", "--item-ms=0", "--truth-log", path]);
    mock.post("/v1/infer", "{}");
    wait_until("it is flushed", || (statuses(&log) == ["200"]).then_some(()));
}

#[test]
fn a_taken_port_is_named_with_the_flag_and_the_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port();
    for flag in ["--port", "--control-port"] {
        let output = spawn(&[flag, &port.to_string()]).wait_with_output().expect("an end");
        let complaint = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty(), "no hello");
        let expected = format!("{flag} {port}: 127.0.0.1:{port} is already in use; stop the program");
        assert!(complaint.contains(&expected), "{complaint}");
        assert!(complaint.contains("or 0 for a free one"), "{complaint}");
    }
}

#[test]
fn a_setting_out_of_range_is_named() {
    let output = spawn(&["--backlog=0"]).wait_with_output().expect("an end");
    let complaint = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint.contains("mock.backlog is 0: set it to a whole number from 1 to 65535"), "{complaint}");
}

#[tokio::test]
async fn a_child_takes_its_settings_and_its_ports_again() {
    let settings = MockSettings { error_rate: 1.0, item_sigma: 1e-7, ..free() };
    let first = Child::start(Path::new(EXE), &settings, None, None).await.expect("a start");
    let ports = first.ports();
    assert_eq!(address(&first.hello().infer).port(), ports.infer);
    let post = exchange(address(&first.hello().infer), &request("POST", "/v1/infer", "", "{}"));
    assert_eq!(post.expect("an answer").status, 503, "error_rate reached the child");
    first.stop().await.expect("a clean end");

    let second = start(Some(ports)).await.expect("the same ports again");
    assert_eq!(second.ports(), ports);
    assert_eq!(get(address(&second.hello().control), "/healthz").expect("an answer").status, 200);
    second.stop().await.expect("a clean end");
}

#[tokio::test]
async fn a_child_waits_for_a_port_that_is_about_to_be_free() {
    let held = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let ports = Ports { infer: held.local_addr().expect("an address").port(), control: 0 };
    let release = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(800)).await;
        drop(held);
    });
    let child = start(Some(ports)).await.expect("a start at a later attempt");
    release.await.expect("released");
    assert_eq!(child.ports().infer, ports.infer);
    child.stop().await.expect("a clean end");
}

#[tokio::test]
async fn a_child_that_cannot_start_says_why() {
    let held = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let ports = Ports { infer: held.local_addr().expect("an address").port(), control: 0 };
    let began = Instant::now();
    let error = start(Some(ports)).await.expect_err("the port stays taken");
    assert!(format!("{error:#}").contains("is already in use"), "{error:#}");
    assert!(began.elapsed() >= Duration::from_secs(3), "it tried for 3 s");

    let log = Path::new("/nowhere/truth.csv");
    let error = Child::start(Path::new(EXE), &free(), None, Some(log)).await.expect_err("no such directory");
    assert!(format!("{error:#}").contains("--truth-log /nowhere/truth.csv"), "{error:#}");
    let error =
        Child::start(Path::new("/nowhere/spanload"), &free(), None, None).await.expect_err("no program");
    assert!(format!("{error:#}").contains("/nowhere/spanload"), "{error:#}");
}

/// Not a test: the parent that `it_does_not_outlive_a_killed_parent` starts and kills.
#[tokio::test]
#[ignore = "run by another test"]
async fn parent_of_a_mock() {
    if std::env::var_os(PARENT).is_none() {
        return;
    }
    let child = start(None).await.expect("a start");
    // On one processor the test harness has begun a line.
    println!("\n{}", serde_json::to_string(child.hello()).expect("JSON"));
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[test]
fn it_does_not_outlive_a_killed_parent() {
    let this = std::env::current_exe().expect("the path of this test");
    let mut parent = Command::new(this)
        .args(["--exact", "mock_lifetime::parent_of_a_mock", "--ignored", "--nocapture"])
        .env(PARENT, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("a parent");
    let mut lines = BufReader::new(parent.stdout.take().expect("piped")).lines();
    let hello: Hello = lines
        .find_map(|line| serde_json::from_str(&line.ok()?[..]).ok())
        .expect("the parent passes the hello on");
    let control = address(&hello.control);
    assert_eq!(get(control, "/healthz").expect("an answer").status, 200);
    kill(parent.id(), libc::SIGKILL);
    parent.wait().expect("an end");
    // by its port, not by its id: who inherits the mock may be slow to collect it
    wait_until("the mock is gone", || TcpStream::connect(control).is_err().then_some(()));
}
