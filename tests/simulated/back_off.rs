//! A server that is not there does not use up a plan: callers rest, and a repetition without hope ends.

use std::io;
use std::time::Duration;

use spanload::engine::Patience;
use spanload::model::{ErrorKind, Micros, Stage};

use super::load::{Load, Outcome, at};
use super::net::{Connect, Net};
use super::scripted::{Act, Scripted};

/// Refuses the connects from `from` to before `to`, and answers after a millisecond else.
fn dead_between(from: usize, to: usize) -> Net {
    let connect = move |index| match index {
        index if (from..to).contains(&index) => Connect::fails(0, io::ErrorKind::ConnectionRefused),
        _ => Connect::AT_ONCE,
    };
    Net::with_connect(connect, |_, mut peer| async move {
        while let Some(request) = peer.request().await {
            super::net::pause(1).await;
            peer.answer(&request.body).await;
        }
    })
}

fn dead() -> Net {
    dead_between(0, usize::MAX)
}

fn count(outcome: &Outcome, error: Option<ErrorKind>) -> usize {
    outcome.samples().into_iter().filter(|sample| sample.error == error).count()
}

#[test]
fn a_caller_rests_longer_and_longer_and_its_next_request_has_the_rest_in_its_queue() {
    let outcome = Load::new(12, 1).run(&dead_between(1, 8));
    assert_eq!(count(&outcome, Some(ErrorKind::ConnectRefused)), 7);
    let queue = |seq: usize| outcome.sample(seq).stages.get(Stage::Queue).expect("a queue").0 / 1_000;
    assert_eq!([0, 1].map(queue), [0, 0], "nothing had failed");
    for (seq, most) in [(2, 50), (3, 100), (4, 200), (5, 400), (6, 800), (7, 1_000), (8, 1_000)] {
        let rested = queue(seq);
        assert!((most / 2..=most).contains(&rested), "request {seq} rested for {rested} ms");
        assert_eq!(outcome.sample(seq).due, outcome.sample(seq - 1).end(), "due is the end of the last one");
    }
    assert_eq!(outcome.sample(8).error, None, "the server is back");
    assert_eq!([9, 10, 11].map(queue), [0; 3], "an answer ends it");
}

#[test]
fn the_same_repetition_rests_in_the_same_way() {
    let dues = || {
        let outcome = Load::new(100, 10).run(&dead_between(0, 60));
        outcome.samples().iter().map(|sample| (sample.seq, sample.due, sample.error)).collect::<Vec<_>>()
    };
    assert_eq!(dues(), dues());
}

#[test]
fn a_server_that_is_dead_for_a_while_takes_few_requests_with_it() {
    // Ten callers meet it dead; each tries about five times in two seconds.
    let outcome = Load::new(20_000, 10).run(&dead_between(1_000, 1_050));
    assert_eq!(count(&outcome, Some(ErrorKind::ConnectRefused)), 50);
    assert_eq!(count(&outcome, None), 19_950);
}

#[test]
fn what_has_no_hope_ends_and_the_rest_is_unsent_exactly() {
    let mut load = Load::new(100_000, 10);
    load.repetition.patience = Some(Patience::of_load(Duration::from_secs(10), 10));
    let outcome = load.run(&dead());
    let gave_up = outcome.health.gave_up.expect("it gave up");
    assert!((at(10_000)..at(11_000)).contains(&gave_up), "{gave_up:?}");
    let refused = count(&outcome, Some(ErrorKind::ConnectRefused));
    assert!((100..400).contains(&refused), "ten callers, about fourteen tries each: {refused}");
    assert_eq!(refused + count(&outcome, Some(ErrorKind::Unsent)), 100_000);
    let resting =
        outcome.samples().into_iter().filter(|one| one.error == Some(ErrorKind::Unsent) && one.due.is_some());
    assert_eq!(resting.count(), 10, "those whose callers rested were due");
}

#[test]
fn what_is_under_way_then_is_interrupted_and_one_success_is_hope() {
    let patience = Some(Patience { lasting: Duration::from_millis(100), failures: 3 });
    let failing = |seq| match seq {
        2 => Act::Never,
        _ => Act::AnswerWith { after_ms: 30, status: 503, body: "{}" },
    };
    let mut load = Load::new(50, 3).pool(3);
    load.repetition.patience = patience;
    let outcome = load.run_on(Scripted::new(failing));
    assert_eq!(outcome.sample(2).error, Some(ErrorKind::Interrupted), "it was sent");
    assert_eq!(outcome.health.gave_up, Some(at(150)), "the first failed at 30");
    let of = |error| count(&outcome, Some(error));
    assert!((1..=3).contains(&of(ErrorKind::Interrupted)), "no more than there are callers");
    assert!(of(ErrorKind::Unsent) >= 50 - 3 - 10, "{}", of(ErrorKind::Unsent));
    let hopeful = |seq| match seq % 4 {
        0 => Act::Answer { after_ms: 30 },
        _ => Act::AnswerWith { after_ms: 30, status: 503, body: "{}" },
    };
    let mut load = Load::new(50, 3).pool(3);
    load.repetition.patience = patience;
    let outcome = load.run_on(Scripted::new(hopeful));
    assert_eq!((count(&outcome, Some(ErrorKind::Unsent)), outcome.health.gave_up), (0, None));
}

#[test]
fn a_rest_is_no_longer_than_half_of_what_a_request_has() {
    let outcome = Load::new(60, 2).timeout_ms(100).run(&dead());
    assert_eq!(count(&outcome, Some(ErrorKind::ConnectRefused)), 60, "none timed out in its rest");
    let rests = outcome.samples().into_iter().filter_map(|sample| sample.stages.get(Stage::Queue));
    assert!(rests.max() <= Some(Micros(50_000)));
}

#[test]
fn three_calls_that_fail_are_enough_for_an_idle_server() {
    let mut load = Load::new(8, 1).pool(1).timeout_ms(1_000);
    load.repetition.patience = Some(Patience::of_calls(1));
    let outcome = load.run_on(Scripted::new(|_| Act::Never));
    assert_eq!((count(&outcome, Some(ErrorKind::Timeout)), count(&outcome, Some(ErrorKind::Unsent))), (3, 5));
    assert_eq!(outcome.health.gave_up, Some(at(3_000)));
}
