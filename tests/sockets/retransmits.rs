//! Packets that the kernel drops and sends again, each test in a network of its own: the columns of the log, the kernel's
//! counters and the packets on the wire say the same.
use std::collections::HashMap;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use spanload::model::{ErrorKind, Sample};
use spanload::plan::Plan;

use super::resolver;
use super::*;
use crate::common::namespace::{self, Namespace};
use crate::common::packets::{Capture, Packets};
use crate::common::wire::listener;
use crate::common::{Mock, wait_until};

/// Runs a scenario on a thread of its own, so that no other test finds itself in its network.
fn in_a_network_of_its_own(scenario: fn(&Namespace)) {
    let run = move || {
        if let Some(network) = namespace::enter() {
            scenario(&network);
        }
    };
    std::thread::scope(|scope| scope.spawn(run).join().expect("the scenario holds"));
}

/// A listener whose accept queue is full, and the connection that fills it.
fn full() -> (TcpListener, TcpStream) {
    let listener = listener();
    // SAFETY: a plain system call on a socket that `listener` owns.
    assert_eq!(unsafe { libc::listen(listener.as_raw_fd(), 0) }, 0);
    let filler = TcpStream::connect(listener.local_addr().expect("bound")).expect("one fits in");
    (listener, filler)
}

#[test]
fn a_dropped_syn_is_counted_and_kept_with_its_connection() {
    in_a_network_of_its_own(|network| {
        let (listener, _filler) = full();
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        // On the network's own thread, for a thread that is started here has the same network.
        let samples = std::thread::scope(|scope| {
            scope.spawn(move || {
                wait_until("a SYN is dropped", || (namespace::dropped() > 0).then_some(()));
                Server::start_on(listener, std::time::Duration::ZERO, |_, mut peer| {
                    while let Some(request) = peer.request() {
                        peer.answer(&request.body);
                    }
                });
            });
            Load::new(2, 1).pool(1).run(&url)
        });
        let again = samples[0].connection.expect("it had one").syn_retransmits;
        for (sample, reused) in samples.iter().zip([false, true]) {
            let connection = sample.connection.expect("it had one");
            assert_eq!((sample.error, connection.reused), (None, reused));
            assert_eq!(connection.syn_retransmits, again, "kept with it");
            assert_eq!(sample.retransmits, Some(0), "the SYN is no data");
        }
        let counted = network.since_start().syn;
        assert!(again > Some(0) && again.map(u64::from) <= Some(counted), "{again:?} of {counted}");
    });
}

#[test]
fn a_timeout_while_connecting_keeps_its_evidence() {
    in_a_network_of_its_own(|_| {
        let (listener, _filler) = full();
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let sample = &Load::new(1, 1).timeout_ms(2_500).run(&url)[0];
        assert_eq!((sample.error, sample.stages.latency().0), (Some(ErrorKind::Timeout), 2_500_000));
        assert_eq!(reached(sample), ["queue", "connect"]);
        let connection = sample.connection.expect("it came to one");
        assert!(connection.syn_retransmits > Some(0), "{connection:?}");
        assert_eq!(sample.retransmits, None);
    });
}

#[test]
fn a_connect_that_is_refused_in_the_end_keeps_its_evidence() {
    in_a_network_of_its_own(|network| {
        let (listener, filler) = full();
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let samples = std::thread::scope(|scope| {
            scope.spawn(move || {
                wait_until("a SYN is dropped", || (namespace::dropped() > 0).then_some(()));
                // What is sent again finds nobody.
                drop((filler, listener));
            });
            Load::new(1, 1).run(&url)
        });
        assert_eq!((samples[0].error, samples[0].retransmits), (Some(ErrorKind::ConnectRefused), None));
        let again = samples[0].connection.expect("it came to one").syn_retransmits;
        assert!(again > Some(0) && again.map(u64::from) <= Some(network.since_start().syn), "{again:?}");
    });
}

/// A small backlog: dropped SYNs, and handshakes whose last packet is dropped, so that the request is sent again.
#[test]
fn what_is_sent_again_on_the_wire_stands_in_the_rows() {
    in_a_network_of_its_own(|network| {
        let capture = Capture::start();
        let mock = Mock::start(&[
            "--backlog=4",
            "--max-connections=4",
            "--replicas=2",
            "--fixed-ms=20",
            "--item-ms=0",
        ]);
        let mut load = Load::new(300, 24).timeout_ms(120_000);
        load.plan = Plan::of_prompts(300, 7);
        let samples = load.run(&mock.hello.infer);
        let packets = capture.finish();
        check_rows(&samples, &packets);
        let sum = |column: fn(&Sample) -> Option<u32>| samples.iter().filter_map(column).sum::<u32>();
        let [syns, data] =
            [sum(|sample| sample.connection?.syn_retransmits), sum(|sample| sample.retransmits)];
        let counted = network.since_start();
        println!("{syns} SYNs and {data} requests sent again, by the kernel: {counted:?}");
        // In the kernel's counters are those that the server sent again, too.
        assert!(syns > 0 && u64::from(syns) <= counted.syn && u64::from(data) <= counted.data, "{counted:?}");
    });
}

fn check_rows(samples: &[Sample], packets: &Packets) {
    let sent: HashMap<&str, (u64, u64)> = packets.sent_again();
    for sample in samples {
        let [syns, data] = [sample.connection.and_then(|used| used.syn_retransmits), sample.retransmits];
        let (syns_seen, data_seen) = sent[sample.trace_id.to_string().as_str()];
        assert_eq!((syns, data), (Some(syns_seen as u32), Some(data_seen as u32)), "{sample:?}");
    }
}

/// Each connection asks the system's resolver once.
#[test]
fn each_connection_looks_its_name_up() {
    in_a_network_of_its_own(|_| {
        let Some(lookups) = resolver::start(std::time::Duration::ZERO) else { return };
        let server = Server::echo(0);
        let samples = Load::new(20, 2).run(&format!("http://infer.test:{}", server.address.port()));
        for sample in &samples {
            assert_eq!(sample.error, None);
            assert_eq!(reached(sample), ["queue", "dns", "connect", "send", "wait", "receive"]);
        }
        assert_eq!(lookups.load(std::sync::atomic::Ordering::SeqCst), 20, "one for each connection");
    });
}
