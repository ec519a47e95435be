//! The accept gate: what a client meets when the mock accepts few connections, and that the control port is spared.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::common::{Mock, connect, exchange, get, request, send};

/// How many of 16 clients, who keep what they get, lose no SYN, and how many lose one.
fn handshakes(backlog: &str, max_connections: &str) -> [usize; 2] {
    let gate = [backlog, "--max-connections", max_connections];
    // Nobody is served before all have come.
    let mock = Mock::start(
        &[&["--fixed-ms=60000", "--item-ms=0", "--replicas=16", "--backlog"], &gate[..]].concat(),
    );
    let client = || {
        // The kernel sends a lost SYN again after a second.
        let mut stream = TcpStream::connect_timeout(&mock.infer(), Duration::from_millis(900)).ok()?;
        let asked = stream.write_all(request("POST", "/v1/infer", "", "{}").as_bytes());
        asked.ok().map(|()| stream)
    };
    let connected: Vec<Option<TcpStream>> = std::thread::scope(|scope| {
        let clients = [(); 16].map(|()| scope.spawn(client));
        clients.into_iter().map(|client| client.join().expect("it ends")).collect()
    });
    let spared = connected.iter().flatten().count();
    [spared, connected.len() - spared]
}

#[test]
fn a_closed_gate_costs_lost_handshakes() {
    let [spared, lost] = handshakes("4", "2");
    // 2 served, backlog + 1 wait in the kernel, the others are sent away
    assert!(spared >= 5 && lost >= 4, "{spared} spared, {lost} lost");
}

#[test]
fn room_in_the_gate_or_in_the_kernel_spares_the_handshakes() {
    for max_connections in ["64", "2"] {
        assert_eq!(handshakes("32", max_connections), [16, 0], "{max_connections}");
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

    // Behind the gate it would wait for a slot until it is given up.
    assert_eq!(get(mock.control(), "/healthz").expect("an answer").status, 200);

    drop(kept);
    assert_eq!(exchange(mock.infer(), &ask).expect("an answer").status, 200, "the gate opens again");
}

#[test]
fn an_idle_connection_is_kept_for_the_time_that_is_set() {
    let mock = Mock::start(&["--keep-alive-ms=2000", "--fixed-ms=0", "--item-ms=0"]);
    let ask = request("POST", "/v1/infer", "", "{}");
    let mut stream = connect(mock.infer()).expect("a connection");
    let mut last_asked = Instant::now();
    for _ in 0..3 {
        last_asked = Instant::now();
        assert_eq!(send(&mut stream, &ask).expect("an answer").status, 200);
    }
    assert_eq!(stream.read(&mut [0]).expect("it is closed before the read is given up"), 0);
    // The server's timer counts in halves of a second; its own default would be 5 s.
    let kept = last_asked.elapsed().as_millis();
    assert!((700..4_300).contains(&kept), "{kept} ms");
}
