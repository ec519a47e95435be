//! The accept gate: what a client meets when the mock accepts few connections, and that the control port is spared.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "the tests time the mock from outside")]
mod common;

use std::time::{Duration, Instant};

use common::{Mock, connect, exchange, get, request, send};

/// The kernel sends a lost SYN again after a second.
const RETRANSMITTED: Duration = Duration::from_millis(900);

/// Times to connect, for 16 clients that come at once and ask for 300 ms each.
fn connect_times(backlog: &str, max_connections: &str) -> Vec<Duration> {
    let gate = [backlog, "--max-connections", max_connections];
    let mock =
        Mock::start(&[&["--fixed-ms=300", "--item-ms=0", "--replicas=16", "--backlog"], &gate[..]].concat());
    let client = || {
        let start = Instant::now();
        let mut stream = connect(mock.infer()).expect("a connection in the end");
        let connected = start.elapsed();
        // a handshake whose last packet was dropped may end in a reset: not what is asked here
        let _ = send(&mut stream, &request("POST", "/v1/infer", "Connection: close\r\n", "{}"));
        connected
    };
    std::thread::scope(|scope| {
        let clients = [(); 16].map(|()| scope.spawn(client));
        clients.into_iter().map(|client| client.join().expect("a time")).collect()
    })
}

#[test]
fn a_closed_gate_costs_lost_handshakes() {
    let times = connect_times("4", "2");
    let slow = times.iter().filter(|&&time| time >= RETRANSMITTED).count();
    let quick = times.iter().filter(|&&time| time < Duration::from_millis(200)).count();
    // 2 served, backlog + 1 wait in the kernel, the others are sent away
    assert!(quick >= 5 && slow >= 4, "{times:?}");
}

#[test]
fn room_in_the_gate_or_in_the_kernel_spares_the_handshakes() {
    for max_connections in ["64", "2"] {
        let times = connect_times("32", max_connections);
        assert!(times.iter().all(|&time| time < RETRANSMITTED), "{max_connections}: {times:?}");
    }
}

#[test]
fn kept_connections_hold_the_gate_but_not_the_control_port() {
    let mock = Mock::start(&["--max-connections=2", "--fixed-ms=0", "--item-ms=0"]);
    let ask = request("POST", "/v1/infer", "", "{}");
    let mut kept = [(); 2].map(|()| connect(mock.infer()).expect("a connection"));
    for stream in &mut kept {
        assert_eq!(send(stream, &ask).expect("an answer").status, 200);
    }
    let mut third = connect(mock.infer()).expect("the kernel completes the handshake");
    third.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout");
    assert!(send(&mut third, &ask).is_err(), "nobody accepts the third");

    let start = Instant::now();
    assert_eq!(get(mock.control(), "/healthz").expect("an answer").status, 200);
    assert!(start.elapsed() < Duration::from_millis(200));

    drop(kept);
    assert_eq!(exchange(mock.infer(), &ask).expect("an answer").status, 200, "the gate opens again");
}

#[test]
fn an_idle_connection_is_kept_for_the_time_that_is_set() {
    let mock = Mock::start(&["--keep-alive-ms=300", "--fixed-ms=0", "--item-ms=0"]);
    let ask = request("POST", "/v1/infer", "", "{}");
    let mut stream = connect(mock.infer()).expect("a connection");
    for _ in 0..3 {
        assert_eq!(send(&mut stream, &ask).expect("an answer").status, 200);
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(Duration::from_millis(1_000));
    assert!(send(&mut stream, &ask).is_err(), "closed after 300 ms");
}
