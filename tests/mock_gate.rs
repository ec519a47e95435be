//! The accept gate: what a client meets when the mock accepts few connections, and that the control port is spared.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::common::{Mock, connect, exchange, get, namespace, request, send, wait_until};

const CLIENTS: u64 = 16;

/// Sixteen clients, who keep what they get and are not served before all have come, in a network of their own; what comes of
/// them there.
fn at_once(backlog: &'static str, max_connections: &'static str, seen: fn(&Mock)) {
    let scenario = move || {
        if namespace::enter().is_none() {
            return;
        }
        let gate = ["--backlog", backlog, "--max-connections", max_connections];
        let mock = Mock::start(&[&["--fixed-ms=60000", "--item-ms=0", "--replicas=16"], &gate[..]].concat());
        let address = mock.infer();
        for _ in 0..CLIENTS {
            // Ends with the mock.
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address)?;
                stream.write_all(request("POST", "/v1/infer", "", "{}").as_bytes())?;
                stream.read(&mut [0])
            });
        }
        seen(&mock);
    };
    std::thread::scope(|scope| scope.spawn(scenario).join().expect("the scenario holds"));
}

#[test]
fn a_closed_gate_costs_lost_handshakes() {
    // 2 are served, backlog + 1 wait in the kernel, each of the others loses a packet of its handshake.
    at_once("4", "2", |_| {
        wait_until("9 are sent away", || (namespace::dropped() >= CLIENTS - 2 - 5).then_some(()));
    });
}

#[test]
fn room_in_the_gate_spares_the_handshakes() {
    at_once("32", "64", |mock| {
        mock.wait_for_metrics(&["spanload_mock_replicas_busy 16"]);
        assert_eq!(namespace::dropped(), 0);
    });
}

#[test]
fn room_in_the_kernel_spares_the_handshakes() {
    at_once("32", "2", |mock| {
        mock.wait_for_metrics(&["spanload_mock_replicas_busy 2"]);
        wait_until("all are connected", || {
            (namespace::established(mock.infer().port()) == CLIENTS).then_some(())
        });
        assert_eq!(namespace::dropped(), 0);
    });
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

/// The connection that is kept for longer was asked first, and is there when the other one has gone.
#[test]
fn an_idle_connection_is_kept_for_the_time_that_is_set() {
    let ask = request("POST", "/v1/infer", "", "{}");
    let [long, short] = ["60000", "1000"]
        .map(|keep_alive| Mock::start(&["--keep-alive-ms", keep_alive, "--fixed-ms=0", "--item-ms=0"]));
    let mut kept = connect(long.infer()).expect("a connection");
    assert_eq!(send(&mut kept, &ask).expect("an answer").status, 200);
    let mut stream = connect(short.infer()).expect("a connection");
    assert_eq!(send(&mut stream, &ask).expect("an answer").status, 200);
    assert_eq!(stream.read(&mut [0]).expect("it is closed before the read is given up"), 0);
    assert_eq!(send(&mut kept, &ask).expect("an answer").status, 200);
}
