//! HTTP/2: how a connection comes to its end, and what becomes of what was on it.

use spanload::model::{Closings, ErrorKind};

use super::http2_server::{Http2Peer, INTERNAL_ERROR, MAX_CONCURRENT_STREAMS, REFUSED_STREAM};
use super::load::{Load, Outcome};
use super::net::{Net, Peer, pause};

/// All streams that there can be.
const ALL: u32 = (1 << 31) - 1;
const SAID: Closings = Closings { with_answer: 1, idle: 0, idle_least_us: None, idle_most_us: None };

async fn echo(mut peer: Http2Peer) {
    while let Some((stream, body)) = peer.request().await {
        peer.answer(stream, &body).await;
    }
}

/// Something else on the first connection, an echo on all others.
fn first<F: Future<Output = ()> + 'static>(serve: impl Fn(Http2Peer) -> F + Copy + 'static) -> Net {
    Net::new(move |index, peer: Peer| async move {
        let peer = Http2Peer::hello(peer, &[]).await;
        if index == 0 { serve(peer).await } else { echo(peer).await }
    })
}

fn ends(outcome: &Outcome) -> Vec<(Option<ErrorKind>, u32)> {
    outcome.samples().iter().map(|sample| (sample.error, sample.attempts)).collect()
}

#[test]
fn what_opened_a_connection_that_takes_nothing_is_sent_again_elsewhere() {
    let net = first(|mut peer| async move {
        peer.request().await;
        peer.go_away(0).await;
    });
    let outcome = Load::new(2, 1).pool(1).run_http2(&net, 1);
    assert_eq!((ends(&outcome), net.dialled()), (vec![(None, 2), (None, 1)], 2));
    assert_eq!(outcome.health.closings, SAID);
}

#[test]
fn a_farewell_before_the_first_request_is_one_too() {
    let net = first(|mut peer| async move {
        peer.go_away(0).await;
        while peer.request().await.is_some() {}
    });
    let outcome = Load::new(2, 1).pool(1).run_http2(&net, 1);
    assert_eq!((ends(&outcome), net.dialled()), (vec![(None, 2), (None, 1)], 2));
}

#[test]
fn a_server_that_takes_nothing_is_not_asked_for_ever() {
    let net = Net::new(|_, peer| async move {
        let mut peer = Http2Peer::hello(peer, &[]).await;
        peer.request().await;
        peer.go_away(0).await;
    });
    let outcome = Load::new(1, 1).pool(1).run_http2(&net, 1);
    assert_eq!((ends(&outcome), net.dialled()), (vec![(Some(ErrorKind::Closed), 3)], 3));
}

#[test]
fn a_connection_ends_once_however_many_streams_are_on_it() {
    let net = first(|mut peer| async move {
        let Some((first, body)) = peer.request().await else { return };
        let more = (peer.request().await, peer.request().await);
        assert!(more.1.is_some());
        peer.go_away(first).await;
        pause(50).await;
        peer.answer(first, &body).await;
    });
    let outcome = Load::new(6, 3).pool(1).run_http2(&net, 3);
    assert!(outcome.samples().iter().all(|sample| sample.error.is_none()));
    assert_eq!(outcome.health.closings, SAID);
}

#[test]
fn a_server_that_says_farewell_while_nobody_asks_has_said_so() {
    let net = first(|mut peer| async move {
        let Some((stream, body)) = peer.request().await else { return };
        peer.answer(stream, &body).await;
        pause(10).await;
        peer.go_away(stream).await;
    });
    let outcome = Load::new(2, 1).pool(1).think_ms(50).run_http2(&net, 1);
    assert_eq!((ends(&outcome), outcome.health.closings), (vec![(None, 1); 2], SAID));
    let silent = first(|mut peer| async move {
        let Some((stream, body)) = peer.request().await else { return };
        peer.answer(stream, &body).await;
        pause(10).await;
    });
    let outcome = Load::new(2, 1).pool(1).think_ms(50).run_http2(&silent, 1);
    assert_eq!((outcome.health.closings.with_answer, outcome.health.closings.idle), (0, 1));
}

#[test]
fn a_refused_stream_is_no_end_of_its_connection() {
    let net = first(|mut peer| async move {
        for number in 0.. {
            let Some((stream, body)) = peer.request().await else { return };
            match number {
                1 | 2 => peer.reset(stream, REFUSED_STREAM).await,
                _ => peer.answer(stream, &body).await,
            }
        }
    });
    let outcome = Load::new(2, 1).pool(1).run_http2(&net, 1);
    assert_eq!((ends(&outcome), net.dialled()), (vec![(None, 1), (None, 3)], 1));
    assert_eq!(outcome.health.closings, Closings::default());
}

#[test]
fn a_server_that_leaves_in_two_steps_answers_what_it_has_seen() {
    let net = first(|mut peer| async move {
        let (Some((one, body)), Some((two, _))) = (peer.request().await, peer.request().await) else {
            return;
        };
        peer.go_away(ALL).await;
        pause(10).await;
        peer.go_away(one).await;
        assert!(two > one);
        pause(10).await;
        peer.answer(one, &body).await;
    });
    let outcome = Load::new(4, 2).pool(1).run_http2(&net, 2);
    assert_eq!((ends(&outcome)[..2].to_vec(), net.dialled()), (vec![(None, 1), (None, 2)], 2));
    assert_eq!(outcome.health.closings, SAID);
}

#[test]
fn a_server_that_leaves_for_a_fault_answers_what_it_names_and_the_rest_goes_elsewhere() {
    let net = first(|mut peer| async move {
        let (Some((one, body)), Some(_)) = (peer.request().await, peer.request().await) else { return };
        peer.go_away_because(one, INTERNAL_ERROR).await;
        peer.answer(one, &body).await;
    });
    let outcome = Load::new(4, 2).pool(1).run_http2(&net, 2);
    let ends = ends(&outcome);
    assert_eq!((ends[1], net.dialled()), ((None, 2), 2), "{ends:?}");
    assert_eq!(ends[0], (None, 1));
}

#[test]
fn a_server_that_allows_no_stream_is_waited_for() {
    let net = Net::new(|_, peer| async move {
        let mut peer = Http2Peer::hello(peer, &[(MAX_CONCURRENT_STREAMS, 0)]).await;
        let silence = tokio::time::timeout(std::time::Duration::from_millis(50), peer.request()).await;
        assert!(silence.is_err(), "nothing comes while nothing is allowed");
        peer.settings(MAX_CONCURRENT_STREAMS, 2).await;
        echo(peer).await;
    });
    let outcome = Load::new(4, 2).pool(1).run_http2(&net, 2);
    assert!(outcome.samples().iter().all(|sample| sample.error.is_none()), "{:?}", ends(&outcome));
    assert_eq!((net.dialled(), outcome.health.closings), (1, Closings::default()));
}
