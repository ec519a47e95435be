//! HTTP/2: what is marked of an exchange that did not go as usual, and of the connection below it.

use spanload::model::{AnswerBody, ErrorKind};

use super::http2_server::{Http2Peer, INTERNAL_ERROR};
use super::load::{Load, stages};
use super::net::{Connect, Net, pause};

#[test]
fn a_reset_is_no_answer_that_has_begun() {
    let net = Net::new(|_, peer| async move {
        let mut peer = Http2Peer::hello(peer, &[]).await;
        let Some((stream, _)) = peer.request().await else { return };
        pause(10).await;
        peer.reset(stream, INTERNAL_ERROR).await;
        pause(60_000).await;
    });
    let outcome = Load::new(1, 1).pool(1).run_http2(&net, 1);
    let sample = outcome.sample(0);
    assert_eq!(stages(sample)[2..], [("send", 0), ("wait", 10_000)]);
    assert_eq!((sample.error, sample.bytes_received), (Some(ErrorKind::Reset), 13), "they came all the same");
}

#[test]
fn streams_that_are_reset_again_and_again_make_a_caller_rest() {
    let net = Net::new(|_, peer| async move {
        let mut peer = Http2Peer::hello(peer, &[]).await;
        let Some((stream, _)) = peer.request().await else { return };
        peer.reset(stream, INTERNAL_ERROR).await;
        peer.go_away(stream).await;
    });
    let outcome = Load::new(8, 1).run_http2(&net, 1);
    assert!(outcome.samples().iter().all(|sample| sample.error == Some(ErrorKind::Reset)));
    let due = |seq: usize| outcome.sample(seq).due.expect("it was due").as_micros();
    let queue = stages(outcome.sample(7))[0];
    assert!(queue.0 == "queue" && queue.1 > 0, "{:?} at {}", queue, due(7));
}

#[test]
fn after_an_interim_answer_one_still_waits() {
    let net = Net::new(|_, peer| async move {
        let mut peer = Http2Peer::hello(peer, &[]).await;
        if peer.request().await.is_some() {
            pause(10).await;
            peer.interim("103").await;
            pause(60_000).await;
        }
    });
    let outcome = Load::new(1, 1).pool(1).timeout_ms(1_000).run_http2(&net, 1);
    let sample = outcome.sample(0);
    assert_eq!(
        (stages(sample)[2..].to_vec(), sample.error),
        (vec![("send", 0), ("wait", 1_000_000)], Some(ErrorKind::Timeout))
    );
    assert!(sample.bytes_received > 0);
}

#[test]
fn what_was_sent_again_is_of_the_exchanges_that_were_under_way() {
    let net = Net::new(|_, peer| async move {
        let mut peer = Http2Peer::hello(peer, &[]).await;
        let (Some((long, _)), Some((short, _))) = (peer.request().await, peer.request().await) else {
            return;
        };
        pause(10).await;
        peer.answer(short, "1").await;
        let Some((before, _)) = peer.request().await else { return };
        pause(300).await;
        peer.retransmit(2);
        pause(300).await;
        peer.answer(before, "2").await;
        let Some((after, _)) = peer.request().await else { return };
        pause(300).await;
        peer.answer(after, "3").await;
        pause(10).await;
        peer.answer(long, "0").await;
        pause(60_000).await;
    });
    let outcome = Load::new(4, 2).pool(1).run_http2(&net, 2);
    let again: Vec<_> = outcome.samples().iter().map(|sample| sample.retransmits).collect();
    assert_eq!(again, [Some(2), Some(0), Some(2), Some(0)]);
}

/// Takes a request after 40 ms, and answers it 5 ms later; until then its kernel takes sixteen bytes.
fn slow_to_read<F: Future<Output = ()> + 'static>(
    serve: impl Fn(usize, super::net::Peer) -> F + 'static,
) -> Net {
    Net::with_room(16, |_| Connect::AT_ONCE, serve).holding_back(1 << 20)
}

const SENT: [(&str, u64); 3] = [("send", 40_000), ("wait", 5_000), ("receive", 0)];

#[test]
fn what_a_stream_has_only_taken_is_not_sent_yet() {
    let net = slow_to_read(|_, mut peer| async move {
        pause(40).await;
        while let Some(request) = peer.request().await {
            pause(5).await;
            peer.answer(&request.body).await;
        }
    });
    let outcome = Load::new(1, 1).run(&net);
    assert_eq!(stages(outcome.sample(0))[2..4], SENT[..2]);
    let net = slow_to_read(|_, peer| async move {
        let mut peer = Http2Peer::hello(peer, &[]).await;
        pause(40).await;
        while let Some((stream, body)) = peer.request().await {
            pause(5).await;
            peer.answer(stream, &body).await;
        }
    });
    let outcome = Load::new(1, 1).pool(1).run_http2(&net, 1);
    assert_eq!(stages(outcome.sample(0))[2..4], SENT[..2]);
}

/// What is said of the first failure.
fn reason(first_words: &'static str) -> Option<&'static str> {
    let net = Net::new(move |_, mut peer| async move {
        peer.bytes(24).await;
        peer.write(first_words).await;
    });
    let outcome = Load::new(1, 1).pool(1).run_http2(&net, 1);
    assert!(outcome.sample(0).error.is_some());
    match &outcome.completed[0].answer {
        Some(AnswerBody::Failed(said)) => said.reason,
        _ => None,
    }
}

#[test]
fn who_says_nothing_may_well_speak_it() {
    for foreign in ["HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", "\u{15}\u{3}\u{3}\0\u{2}\u{2}("]
    {
        assert_eq!(reason(foreign), Some("the server does not speak HTTP/2"), "{foreign:?}");
    }
    for silent in ["", "\0\0\0\u{4}"] {
        assert_eq!(reason(silent), None, "{silent:?}");
    }
}
