//! What a server says of its own times in headers, through the command line.

use crate::common::run::Run;
use crate::common::wire::{Server, pause};

/// A server that takes 20 ms for each answer, with these lines in its head.
fn server(head: &'static str) -> Server {
    Server::start(move |_, mut peer| {
        while peer.request().is_some() {
            pause(20);
            peer.write(&format!("HTTP/1.1 200 OK\r\n{head}Content-Length: 2\r\n\r\n{{}}"));
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
