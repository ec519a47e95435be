//! Readers of metrics that ask and never read, or never finish asking: the run and the mock go on.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;

use crate::common::run::{Results, fresh_folder, prove_command};
use crate::common::{Mock, address, connect, get, read_answer, request, wait_until};

/// As many as each of the two servers of metrics serves at a time.
const PLACES: usize = 64;

/// Readers who have said this and nothing more, and read nothing.
fn readers(address: SocketAddr, count: usize, said: &str) -> Vec<TcpStream> {
    let reader = |_| {
        let mut reader = connect(address).expect("the kernel takes it");
        // Who is one too many may be gone already.
        let _ = reader.write_all(said.as_bytes());
        reader
    };
    (0..count).map(reader).collect()
}

#[test]
fn readers_who_never_read_do_not_hold_up_the_run() {
    let out = fresh_folder("bad_readers");
    let mut command = prove_command(&out, &["--metrics-port", "0"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut said = String::new();
    let metrics = loop {
        let mut line = String::new();
        assert!(stderr.read_line(&mut line).expect("text") > 0, "it says where its metrics are: {said}");
        if let Some(url) = line.trim().strip_prefix("metrics at ") {
            break address(url.strip_suffix("/metrics").expect("a path"));
        }
        said.push_str(&line);
    };
    let asked = readers(metrics, PLACES / 2, &request("GET", "/metrics", "", "").repeat(100));
    let asking = readers(metrics, PLACES, "GET /metrics HTTP/1.1\r\nHost:");
    // To the end of its output, so with room for all of it.
    stderr.read_to_string(&mut said).expect("text");
    let status = wait_until("the run ends", || child.try_wait().expect("a child"));
    assert_eq!(status.code(), Some(0), "{said}");
    let results = Results(out.join("runs/latest"));
    assert!(results.text("metrics.prom").ends_with("# EOF\n"));
    assert_eq!(results.comparison()["verdict"], "met", "{said}");
    drop((asked, asking));
}

#[test]
fn the_mock_closes_after_an_answer_whatever_else_was_asked() {
    let mock = Mock::start(&[]);
    let mut reader = readers(mock.control(), 1, &request("GET", "/metrics", "", "").repeat(3)).remove(0);
    let answer = read_answer(&mut reader).expect("an answer");
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    // With what it was still asked unread, the end may be a reset.
    assert!(!matches!(reader.read(&mut [0]), Ok(1..)), "there is no second answer");
}

#[test]
fn who_is_one_too_many_for_the_mock_is_served_when_another_has_had_its_time() {
    let mock = Mock::start(&[]);
    let silent = readers(mock.control(), PLACES, "GET /metrics HTTP/1.1\r\nHost:");
    assert_eq!(get(mock.control(), "/healthz").expect("an answer").status, 200);
    let over = |reader: &TcpStream| {
        reader.set_nonblocking(true).expect("a socket");
        // An end, or an answer that says that it took too long.
        reader.peek(&mut [0]).is_ok()
    };
    assert!(silent.iter().any(over), "it took the place of one of them");
}
