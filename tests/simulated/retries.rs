//! What is sent again: only what has not left this machine.

use spanload::model::ErrorKind;

use super::load::{Load, stages};
use super::net::{Connect, Net, pause};
use super::scripted::{Act, Scripted};

#[test]
fn a_connection_that_closes_while_idle_is_replaced_without_a_retry() {
    let net = Net::new(|_, mut peer| async move {
        let request = peer.request().await.expect("a request");
        peer.answer(&request.body).await;
    });
    // The second caller keeps the first connection idle for a while.
    let outcome = Load::new(3, 1).pool(1).run(&net);
    assert_eq!(net.dialled(), 3);
    for sample in outcome.samples() {
        assert_eq!((sample.error, sample.connection.map(|used| used.reused)), (None, Some(false)));
    }
}

#[test]
fn what_was_not_sent_is_sent_again_once() {
    let ended = std::cell::Cell::new(false);
    let transport = Scripted::with(1, 20, spanload::model::StageSet::ALL, move |seq| match seq {
        1 if !ended.replace(true) => Act::EndUnsent { after_ms: 0, then: 1 },
        _ => Act::Answer { after_ms: 5 },
    });
    let outcome = Load::new(2, 1).pool(1).run_on(transport.clone());
    let again = outcome.sample(1);
    assert_eq!((again.error, again.attempts, transport.opened()), (None, 2, 2));
    let expected =
        [("queue", 0), ("retry", 0), ("connect", 20_000), ("send", 0), ("wait", 5_000), ("receive", 0)];
    assert_eq!(stages(again), expected);
}

#[test]
fn what_a_fresh_connection_refuses_is_not_sent_again() {
    let transport = Scripted::new(|_| Act::EndUnsent { after_ms: 0, then: 1 });
    let outcome = Load::new(1, 1).pool(1).run_on(transport);
    assert_eq!((outcome.sample(0).error, outcome.sample(0).attempts), (Some(ErrorKind::Closed), 1));
}

#[test]
fn what_was_sent_is_never_sent_again() {
    let net = Net::new(|_, mut peer| async move {
        for number in 0.. {
            let Some(request) = peer.request().await else { return };
            pause(10).await;
            if number == 1 {
                return peer.reset();
            }
            peer.answer(&request.body).await;
        }
    });
    let outcome = Load::new(2, 1).pool(1).run(&net);
    let failed = outcome.sample(1);
    assert_eq!((failed.error, failed.attempts, net.dialled()), (Some(ErrorKind::Reset), 1, 1));
    assert_eq!(stages(failed), [("queue", 0), ("send", 0), ("wait", 10_000)]);
}

#[test]
fn a_refused_connect_is_a_failure_with_the_stages_that_it_reached() {
    let refused = Connect::fails(7, std::io::ErrorKind::ConnectionRefused);
    let outcome = Load::new(2, 1).pool(1).run(&Net::with_connect(move |_| refused, |_, _| async {}));
    assert_eq!(stages(outcome.sample(0))[0], ("queue", 0));
    for sample in outcome.samples() {
        assert_eq!(sample.error, Some(ErrorKind::ConnectRefused));
        assert_eq!(stages(sample)[1..], [("connect", 7_000)]);
        assert_eq!((sample.attempts, sample.bytes_sent), (1, 0));
    }
}

const FAREWELL: &str = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 4\r\n\r\nidle";

/// Answers the first request on each of its first two connections, and the next one with a 408 after `ms`.
fn saying_farewell(ms: u64, farewell: &'static str) -> Net {
    Net::new(move |index, mut peer| async move {
        for number in 0.. {
            let Some(request) = peer.request().await else { return };
            if number == 1 && index < 2 {
                pause(ms).await;
                return peer.write(farewell).await;
            }
            peer.answer(&request.body).await;
        }
    })
}

#[test]
fn a_farewell_to_an_idle_connection_is_no_answer_to_the_request_that_it_crosses() {
    let net = saying_farewell(5, FAREWELL);
    let outcome = Load::new(2, 1).pool(1).run(&net);
    let again = outcome.sample(1);
    assert_eq!((again.error, again.status, again.attempts, net.dialled()), (None, Some(200), 2, 2));
    assert_eq!(outcome.answer(1), Some("1".as_bytes()), "nothing of the farewell is in it");
    assert_eq!(stages(again)[..2], [("queue", 0), ("retry", 5_000)]);
}

#[test]
fn what_an_application_gives_up_is_its_answer() {
    let kept = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nslow";
    for net in [saying_farewell(400, FAREWELL), saying_farewell(5, kept)] {
        let outcome = Load::new(2, 1).pool(1).run(&net);
        let sample = outcome.sample(1);
        assert_eq!((sample.error, sample.status, sample.attempts), (Some(ErrorKind::Http4xx), Some(408), 1));
    }
    let always = Net::new(|_, mut peer| async move {
        peer.request().await;
        peer.write(FAREWELL).await;
    });
    let outcome = Load::new(1, 1).pool(1).run(&always);
    assert_eq!(
        (outcome.sample(0).status, outcome.sample(0).attempts),
        (Some(408), 1),
        "a fresh one was not idle"
    );
}
