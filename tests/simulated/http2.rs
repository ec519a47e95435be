//! HTTP/2: many exchanges on one connection, each with marks of its own.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use spanload::model::{ErrorKind, HttpVersion, Micros};

use super::http2_server::{
    Http2Peer, INITIAL_WINDOW_SIZE, INTERNAL_ERROR, MAX_CONCURRENT_STREAMS, REFUSED_STREAM,
};
use super::load::{Load, stages};
use super::net::{Connect, Net, pause};

/// A server that takes so many requests together and answers them all after a while, again and again.
fn rounds(connect_ms: u64, settings: &'static [(u16, u32)], size: usize, after_ms: u64) -> Net {
    let connect = move |_| Connect::after(connect_ms);
    Net::with_connect(connect, move |_, peer| async move {
        let mut peer = Http2Peer::hello(peer, settings).await;
        loop {
            let mut round = Vec::new();
            while round.len() < size {
                let Some(request) = peer.request().await else { return };
                round.push(request);
            }
            pause(after_ms).await;
            for (stream, body) in round {
                peer.answer(stream, &body).await;
            }
        }
    })
}

#[test]
fn a_hundred_streams_sum_exactly_and_their_connection_is_set_up_once() {
    let net = rounds(30, &[], 100, 10);
    let outcome = Load::new(300, 100).pool(1).run_http2(&net, 100);
    assert_eq!(net.dialled(), 1);
    let opened = |sample: &&spanload::model::Sample| sample.connection.is_some_and(|used| !used.reused);
    let samples = outcome.samples();
    assert_eq!(samples.iter().filter(|sample| opened(sample)).count(), 1);
    for (seq, sample) in samples.iter().enumerate() {
        let expected: &[(&str, u64)] = match seq {
            _ if opened(sample) => {
                &[("queue", 0), ("connect", 30_000), ("send", 0), ("wait", 10_000), ("receive", 0)]
            }
            0..100 => &[("queue", 30_000), ("send", 0), ("wait", 10_000), ("receive", 0)],
            _ => &[("queue", 0), ("send", 0), ("wait", 10_000), ("receive", 0)],
        };
        assert_eq!((stages(sample).as_slice(), sample.error), (expected, None), "request {seq}");
        assert_eq!(outcome.answer(seq), Some(seq.to_string().as_bytes()));
        assert_eq!(sample.connection.and_then(|used| used.http), Some(HttpVersion::Http2));
    }
}

#[test]
fn no_more_streams_are_opened_than_the_server_allows_now() {
    let most = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&most);
    let net = Net::new(move |_, peer| {
        let seen = Rc::clone(&seen);
        async move {
            let mut peer = Http2Peer::hello(peer, &[(MAX_CONCURRENT_STREAMS, 3)]).await;
            for round in 0..4 {
                // What comes within the pause is all that the client dares to send.
                let mut waiting = Vec::new();
                let until = tokio::time::sleep(std::time::Duration::from_millis(10));
                tokio::pin!(until);
                loop {
                    tokio::select! {
                        biased;
                        request = peer.request() => waiting.push(request.expect("a request")),
                        () = &mut until => break,
                    }
                }
                seen.borrow_mut().push(waiting.len());
                if round == 1 {
                    peer.settings(MAX_CONCURRENT_STREAMS, 5).await;
                }
                for (stream, body) in waiting {
                    peer.answer(stream, &body).await;
                }
            }
        }
    });
    let outcome = Load::new(16, 10).pool(1).run_http2(&net, 100);
    assert!(outcome.samples().iter().all(|sample| sample.error.is_none()));
    assert_eq!(*most.borrow(), [3, 3, 5, 5]);
}

#[test]
fn each_exchange_has_its_own_first_and_last_byte() {
    let net = Net::new(|_, peer| async move {
        let mut peer = Http2Peer::hello(peer, &[]).await;
        let (Some((a, _)), Some((b, _))) = (peer.request().await, peer.request().await) else { return };
        pause(10).await;
        peer.head(a).await;
        pause(10).await;
        peer.head(b).await;
        pause(10).await;
        peer.data(b, "b", true).await;
        pause(20).await;
        peer.data(a, "a", true).await;
        pause(60_000).await;
    });
    let outcome = Load::new(2, 2).pool(1).run_http2(&net, 2);
    assert_eq!(
        stages(outcome.sample(0)),
        [("queue", 0), ("connect", 0), ("send", 0), ("wait", 10_000), ("receive", 40_000)]
    );
    assert_eq!(stages(outcome.sample(1)), [("queue", 0), ("send", 0), ("wait", 20_000), ("receive", 10_000)]);
    assert_eq!((outcome.answer(0), outcome.answer(1)), (Some(&b"a"[..]), Some(&b"b"[..])));
    // The head of a frame and what is in it.
    assert_eq!([0, 1].map(|seq| outcome.sample(seq).bytes_received), [20, 20]);
}

#[test]
fn an_interim_answer_is_not_the_first_byte() {
    let net = Net::new(|_, peer| async move {
        let mut peer = Http2Peer::hello(peer, &[]).await;
        while let Some((stream, body)) = peer.request().await {
            pause(10).await;
            peer.interim("103").await;
            peer.interim("103").await;
            pause(290).await;
            peer.head(stream).await;
            pause(5).await;
            peer.data(stream, &body, false).await;
            peer.trailer(stream, "server-timing", "compute;dur=7").await;
        }
    });
    let outcome = Load::new(1, 1).pool(1).run_http2(&net, 1);
    let sample = outcome.sample(0);
    assert_eq!(stages(sample)[2..], [("send", 0), ("wait", 300_000), ("receive", 5_000)]);
    assert_eq!(sample.server.compute, Some(Micros(7_000)), "of the trailer");
}

#[test]
fn what_a_leaving_server_has_not_looked_at_is_sent_again_elsewhere() {
    let connections = Rc::new(Cell::new(0));
    let counted = Rc::clone(&connections);
    let net = Net::new(move |index, peer| {
        counted.set(index + 1);
        async move {
            let mut peer = Http2Peer::hello(peer, &[]).await;
            let Some((first, body)) = peer.request().await else { return };
            if index > 0 {
                peer.answer(first, &body).await;
            } else {
                // Two more come, and only the first one is looked at.
                let more = (peer.request().await, peer.request().await);
                assert!(more.1.is_some());
                peer.go_away(first).await;
                pause(50).await;
                peer.answer(first, &body).await;
            }
            while let Some((stream, body)) = peer.request().await {
                peer.answer(stream, &body).await;
            }
        }
    });
    let outcome = Load::new(6, 3).pool(1).run_http2(&net, 3);
    let samples = outcome.samples();
    assert!(samples.iter().all(|sample| sample.error.is_none()), "{samples:?}");
    assert_eq!(samples.iter().map(|sample| sample.attempts).take(3).collect::<Vec<_>>(), [1, 2, 2]);
    assert_eq!(
        outcome.sample(0).stages.latency(),
        Micros(50_000),
        "what was looked at is answered where it was sent"
    );
    assert_eq!(connections.get(), 2);
}

#[test]
fn a_refused_stream_is_sent_again_and_another_reset_is_not() {
    let net = Net::new(|_, peer| async move {
        let mut peer = Http2Peer::hello(peer, &[]).await;
        for number in 0.. {
            let Some((stream, body)) = peer.request().await else { return };
            match number {
                1 => peer.reset(stream, REFUSED_STREAM).await,
                3 => peer.reset(stream, INTERNAL_ERROR).await,
                _ => peer.answer(stream, &body).await,
            }
        }
    });
    let outcome = Load::new(3, 1).pool(1).run_http2(&net, 1);
    let ends: Vec<_> = outcome.samples().iter().map(|sample| (sample.error, sample.attempts)).collect();
    assert_eq!(ends, [(None, 1), (None, 2), (Some(ErrorKind::Reset), 1)]);
    assert_eq!(net.dialled(), 1, "the connection is as good as before");
}

#[test]
fn a_deadline_ends_one_stream_and_leaves_the_connection_to_the_others() {
    let net = Net::new(|_, peer| async move {
        let mut peer = Http2Peer::hello(peer, &[]).await;
        while let Some((stream, body)) = peer.request().await {
            if body != "0" {
                peer.answer(stream, &body).await;
            }
        }
    });
    let outcome = Load::new(4, 2).pool(1).timeout_ms(100).run_http2(&net, 2);
    let errors: Vec<_> = outcome.samples().iter().map(|sample| sample.error).collect();
    assert_eq!(errors, [Some(ErrorKind::Timeout), None, None, None]);
    assert_eq!(net.dialled(), 1);
}

#[test]
fn a_body_that_waits_for_the_window_is_still_being_sent() {
    let net = Net::new(|_, peer| async move {
        let mut peer = Http2Peer::hello(peer, &[(INITIAL_WINDOW_SIZE, 10)]).await;
        let mut received = 0;
        while received < 10 {
            let Some((kind, _, _, payload)) = peer.read().await else { return };
            received += if kind == 0 { payload.len() } else { 0 };
        }
        pause(40).await;
        peer.settings(INITIAL_WINDOW_SIZE, 1_000).await;
        while let Some((stream, _)) = peer.request().await {
            pause(5).await;
            peer.answer(stream, "0").await;
        }
    });
    let body = format!("\"{}\"", "x".repeat(98));
    let outcome = Load::new(1, 1).body(&body).pool(1).run_http2(&net, 1);
    assert_eq!(stages(outcome.sample(0))[2..], [("send", 40_000), ("wait", 5_000), ("receive", 0)]);
}

#[test]
fn a_server_that_does_not_speak_it_is_no_such_server() {
    let net = Net::new(|_, mut peer| async move {
        peer.bytes(24).await;
        peer.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    });
    let outcome = Load::new(2, 1).pool(1).run_http2(&net, 1);
    assert!(outcome.samples().iter().all(|sample| sample.error == Some(ErrorKind::Protocol)));
}
