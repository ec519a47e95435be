//! Delays each stage of a request in turn, in paused time: that stage has exactly the delay, and no other has any. Breaks
//! each in turn and sees where the record ends.
mod failures;
mod retries;

use std::io;

use crate::common::load::{Load, lengths, reached};
use crate::common::sim::{Gate, Handshake, Names, Network, Peer, pause};
use spanload::model::{ErrorKind, Micros, Sample};

const HEAD_OF_TEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
/// More than the buffers between both ends hold.
const LARGE: usize = 1 << 20;

/// Each stage with its length in microseconds, of a request that succeeded.
#[track_caller]
fn took(sample: &Sample, expected: &[(&str, u64)]) {
    assert_eq!(sample.error, None, "{sample:?}");
    assert_eq!(lengths(sample), expected);
}

#[test]
fn a_busy_pool_grows_the_queue() {
    let samples = Load::new(2, 2).pool(1).paused(Network::echo(200).direct());
    let opened = [("queue", 0), ("connect", 0), ("send", 0), ("wait", 200_000), ("receive", 0)];
    took(&samples[0], &opened);
    took(&samples[1], &[("queue", 200_000), ("send", 0), ("wait", 200_000), ("receive", 0)]);
    let used: Vec<_> = samples.iter().filter_map(|sample| sample.connection).collect();
    assert_eq!((used[0].reused, used[1].reused, used[0].id == used[1].id), (false, true, true));
}

#[test]
fn a_slow_lookup_grows_dns_of_every_connection() {
    let transport = Network::echo(3).resolving(Names::new(|lookup| Ok(200 + lookup)));
    for (sample, lookup) in Load::new(2, 1).paused(transport).iter().zip([200_000, 201_000]) {
        let rest = [("connect", 0), ("send", 0), ("wait", 3_000), ("receive", 0)];
        took(sample, &[&[("queue", 0), ("dns", lookup)], &rest[..]].concat());
    }
}

#[test]
fn a_slow_handshake_grows_connect_and_its_syns_are_kept_with_the_connection() {
    let slow = |_| Handshake { takes_ms: 1_010, syn_retransmits: 1, refused: false };
    let samples = Load::new(2, 1).pool(1).paused(Network::echo(3).handshakes(slow).direct());
    let opened = [("queue", 0), ("connect", 1_010_000), ("send", 0), ("wait", 3_000), ("receive", 0)];
    took(&samples[0], &opened);
    took(&samples[1], &[("queue", 0), ("send", 0), ("wait", 3_000), ("receive", 0)]);
    for (sample, reused) in samples.iter().zip([false, true]) {
        let connection = sample.connection.expect("it had one");
        assert_eq!((connection.reused, connection.syn_retransmits), (reused, Some(1)), "kept with it");
        assert_eq!(sample.retransmits, Some(0), "the SYN is no data");
    }
}

#[test]
fn a_request_that_was_sent_again_is_counted_on_its_exchange_alone() {
    // Nobody accepts the second connection before the first has gone, after 1 s.
    let samples = Load::new(3, 3).paused(Network::echo(1_000).behind(Gate::new(1, 0)).direct());
    let waits = [1_000_000, 2_000_000, 2_000_000];
    for (sample, wait) in samples.iter().zip(waits) {
        assert_eq!((sample.error, sample.stages.latency() >= Micros(wait)), (None, true), "{sample:?}");
    }
    let evidence: Vec<_> = samples
        .iter()
        .map(|sample| (sample.connection.and_then(|used| used.syn_retransmits), sample.retransmits))
        .collect();
    println!("{evidence:?} {:?}", samples.iter().map(lengths).collect::<Vec<_>>());
}

#[test]
fn a_slow_reader_grows_send() {
    let body = format!("\"{}\"", "x".repeat(LARGE));
    let network = Network::to(|_, mut peer: Peer| async move {
        pause(300).await;
        peer.request().await;
        pause(7).await;
        peer.answer("{}").await;
    });
    let samples = Load::new(1, 1).body(&body).paused(network.direct());
    took(
        &samples[0],
        &[("queue", 0), ("connect", 0), ("send", 300_000), ("wait", 7_000), ("receive", 0)],
    );
    assert!(samples[0].bytes_sent > LARGE as u64);
}

#[test]
fn a_slow_server_grows_wait() {
    let samples = Load::new(2, 1).pool(1).paused(Network::echo(200).direct());
    took(&samples[1], &[("queue", 0), ("send", 0), ("wait", 200_000), ("receive", 0)]);
}

#[test]
fn an_answer_in_two_halves_grows_receive() {
    let network = Network::to(|_, mut peer: Peer| async move {
        while peer.request().await.is_some() {
            pause(20).await;
            peer.write(&format!("{HEAD_OF_TEN}12345")).await;
            pause(200).await;
            peer.write("67890").await;
        }
    });
    let samples = Load::new(2, 1).pool(1).paused(network.direct());
    took(&samples[1], &[("queue", 0), ("send", 0), ("wait", 20_000), ("receive", 200_000)]);
}

#[test]
fn an_interim_answer_is_not_the_first_byte() {
    let network = Network::to(|_, mut peer: Peer| async move {
        while peer.request().await.is_some() {
            pause(20).await;
            peer.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").await;
            pause(30).await;
            peer.answer("{}").await;
        }
    });
    let samples = Load::new(2, 1).pool(1).paused(network.direct());
    took(&samples[1], &[("queue", 0), ("send", 0), ("wait", 50_000), ("receive", 0)]);
}

#[test]
fn an_answer_that_comes_before_the_request_is_complete_ends_send() {
    let body = format!("\"{}\"", "x".repeat(LARGE));
    let network = Network::to(|_, mut peer: Peer| async move {
        pause(200).await;
        peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 10\r\n\r\n12345").await;
        pause(210).await;
        peer.write("67890").await;
        peer.until_closed().await;
    });
    let sample = &Load::new(1, 1).body(&body).paused(network.direct())[0];
    assert_eq!((sample.error, sample.status), (Some(ErrorKind::Http4xx), Some(413)));
    let expected = [("queue", 0), ("connect", 0), ("send", 200_000), ("wait", 0), ("receive", 210_000)];
    assert_eq!(lengths(sample), expected, "wait is reached, and no time spent in it");
}

#[test]
fn a_server_that_announces_the_close_costs_no_retry() {
    let network = Network::to(|_, mut peer: Peer| async move {
        peer.request().await;
        peer.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n12345").await;
        pause(5).await;
        peer.write("67890").await;
        peer.until_closed().await;
    });
    for sample in Load::new(6, 2).pool(2).paused(network.direct()) {
        assert_eq!((sample.error, sample.attempts), (None, 1));
        assert_eq!(reached(&sample), ["queue", "connect", "send", "wait", "receive"]);
    }
    assert_eq!(network.dialled(), 6);
}

/// A name that is not found.
fn unknown() -> io::Result<u64> {
    Err(io::ErrorKind::NotFound.into())
}
