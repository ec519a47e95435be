//! Headers of a server's own that a scenario maps to its queue and compute times, through the command line.

use crate::common::run::Run;
use crate::common::wire::{Server, pause};

#[test]
fn mapped_headers_split_the_wait_as_server_timing_does() {
    let server = Server::start(|_, mut peer| {
        while peer.request().is_some() {
            pause(20);
            peer.write("HTTP/1.1 200 OK\r\nX-Queue-Time: 5\r\nX-Took: 0.015s\r\nContent-Length: 2\r\n\r\n{}");
        }
    });
    let flags = ["--target", &server.url(), "--set", "after.batch=1", "-n", "20"];
    let mapped = ["--set", "target.queue_header=x-queue-time", "--set", "target.compute_header=x-took"];
    let run = Run::prove("server_headers", &[&flags[..], &mapped].concat());
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let log = run.results().table("after.csv");
    assert!(log.column("server_queue_ms").iter().all(|queue| *queue == "5.000"));
    assert!(log.column("server_compute_ms").iter().all(|compute| *compute == "15.000"));
    let causes = run.results().json("analysis.json")["phases"]["before"]["causes_of_all"].take();
    assert!(causes["compute"]["mean_ms"] == 15.0 && causes["server_queue"]["mean_ms"] == 5.0, "{causes}");

    let unmapped = Run::prove("server_headers_unmapped", &flags);
    let log = unmapped.results().table("after.csv");
    assert!(log.column("server_queue_ms").iter().all(|queue| queue.is_empty()), "nothing is guessed");
}
