//! What a server says of its own times in headers, through the command line.

use crate::common::run::{Run, text};
use crate::common::wire::{Server, pause};

/// A server that takes 20 ms for each answer, with these lines in its head.
fn server(head: &'static str) -> Server {
    answering(20, format!("HTTP/1.1 200 OK\r\n{head}Content-Length: 2\r\n\r\n{{}}"))
}

/// A server that gives each request this answer after so long.
fn answering(delay_ms: u64, answer: String) -> Server {
    Server::start(move |_, mut peer| {
        while peer.request().is_some() {
            pause(delay_ms);
            peer.write(&answer);
        }
    })
}

fn prove(name: &str, server: &Server, settings: &[&str]) -> Run {
    let url = server.url();
    let mut flags = vec!["--target", &url, "--set", "after.batch=1", "-n", "20"];
    flags.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    let run = Run::prove(name, &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    run
}

/// What the after phase's log has in a column, each value once.
fn values(run: &Run, column: &str) -> Vec<String> {
    let log = run.results().table("after.csv");
    let mut values: Vec<String> = log.column(column).iter().map(|value| value.to_string()).collect();
    values.dedup();
    values
}

#[test]
fn mapped_headers_split_the_wait_as_server_timing_does() {
    let server = server("X-Queue-Time: 5\r\nX-Took: 0.015\r\n");
    let run = prove("server_headers", &server, &["target.compute_header=x-took:s"]);
    assert_eq!(values(&run, "server_queue_ms"), ["5.000"], "known by name");
    assert_eq!(values(&run, "server_compute_ms"), ["15.000"]);
    let causes = run.results().json("analysis.json")["phases"]["before"]["causes_of_all"].take();
    assert!(causes["compute"]["mean_ms"] == 15.0 && causes["server_queue"]["mean_ms"] == 5.0, "{causes}");

    let ignored = prove("server_headers_off", &server, &["target.server_times=off"]);
    assert_eq!(values(&ignored, "server_queue_ms"), [""]);
}

#[test]
fn the_header_of_fastapis_documentation_is_in_seconds() {
    let run = prove("server_headers_seconds", &server("X-Process-Time: 0.0195003\r\n"), &[]);
    assert_eq!(values(&run, "server_total_ms"), ["19.500"], "with the server's own queue in it");
    assert!(
        !run.results().caveats().contains(&"server_times_doubted".to_string()),
        "{:?}",
        run.results().caveats()
    );
    let record = run.results().manifest()["server_times"].take();
    assert_eq!(record["sources"][0]["from"]["header"], "x-process-time", "{record}");
    assert_eq!((record["sources"][0]["unit"].as_str(), record["unread"].as_u64()), (Some("s"), Some(0)));
    let said = "server times from: x-process-time (seconds)";
    assert_eq!(run.stderr().matches(said).count(), 1, "{}", run.stderr());
    assert!(run.results().text("report.html").contains("Server times from: x-process-time (seconds)"));
}

#[test]
fn a_proxys_whole_time_is_neither_queue_nor_compute() {
    let run = prove("server_headers_total", &server("x-envoy-upstream-service-time: 15\r\n"), &[]);
    assert_eq!(values(&run, "server_total_ms"), ["15.000"]);
    assert_eq!(values(&run, "server_compute_ms"), [""]);
    let causes = run.results().json("analysis.json")["phases"]["after"]["causes_of_all"].take();
    assert!(causes["server_total"]["mean_ms"] == 15.0 && causes["compute"].is_null(), "{causes}");
}

#[test]
fn a_stream_says_its_times_in_a_trailer() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Server-Timing\r\nX-Inference-Time: 9\r\n\r\n";
    let trailer = "2\r\n{}\r\n0\r\nServer-Timing: queue;dur=4, compute;dur=15.5\r\n\r\n";
    let run = prove("server_headers_trailer", &answering(20, format!("{head}{trailer}")), &[]);
    assert_eq!(values(&run, "server_queue_ms"), ["4.000"]);
    assert_eq!(
        values(&run, "server_compute_ms"),
        ["15.500"],
        "it counts before a header that is known by name"
    );
}

/// No part of a wait is compute where the server's word is doubted, and the caveat says what to set.
fn assert_doubted(run: &Run, sign: &str, setting: &str) {
    let comparison = run.results().comparison();
    let caveats = comparison["caveats"].as_array().expect("a list");
    let doubt = caveats.iter().find(|caveat| caveat["kind"] == "server_times_doubted");
    let message = text(&doubt.unwrap_or_else(|| panic!("{caveats:?}"))["message"]);
    assert!(message.contains(sign) && message.contains(setting), "{message}");
    let analysis = run.results().json("analysis.json");
    for phase in ["before", "after"] {
        let causes = &analysis["phases"][phase]["causes_of_all"];
        assert!(causes["compute"].is_null(), "{causes}");
    }
    assert_eq!(analysis["calibration"]["service"], "warm_wait");
}

#[test]
fn a_unit_that_is_wrong_by_a_thousand_is_doubted_and_named() {
    let head = "HTTP/1.1 200 OK\r\nX-Process-Time: 0.0503212\r\nContent-Length: 2\r\n\r\n{}";
    let short = prove(
        "server_headers_short",
        &answering(50, head.to_string()),
        &["target.compute_header=x-process-time:ms"],
    );
    assert_eq!(values(&short, "server_compute_ms"), ["0.050"], "as it was told");
    assert_doubted(&short, "x-process-time (milliseconds) says 0.05 ms", "\"x-process-time:s\"");

    let long = prove("server_headers_long", &server("X-Process-Time: 18.5\r\n"), &[]);
    assert_eq!(values(&long, "server_total_ms"), ["18500.000"], "as it was told");
    assert_doubted(&long, "more time than the client waited", "\"x-process-time:ms\"");
}
