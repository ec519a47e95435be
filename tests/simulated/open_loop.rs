//! Open arrivals: due when the plan says, whatever the answers do.

use spanload::host::{Interrupt, Signal};
use spanload::model::{ArrivalProcess, ErrorKind, Moment, Sample, Stage};

use super::load::Load;
use super::scripted::{Act, Scripted};

/// Stands still for 800 ms every 5 s; else a request takes a millisecond.
const EVERY_MS: u64 = 5_000;
const STALL_MS: u64 = 800;

/// When a request that reaches the server at `at` is answered, in microseconds.
fn answered(at: u64) -> u64 {
    let (within, stall) = (at % (EVERY_MS * 1_000), STALL_MS * 1_000);
    at + stall.saturating_sub(within) + 1_000
}

/// Nearest rank.
fn p95(mut latencies: Vec<u64>) -> u64 {
    latencies.sort_unstable();
    latencies[(latencies.len() * 95).div_ceil(100) - 1]
}

#[test]
fn a_server_that_stalls_is_seen_as_slow_as_it_is() {
    for rate in [100_u64, 1_000] {
        let requests = rate * 20;
        let gap = 1_000_000 / rate;
        // On a connection of its own each request is with the server when it is due.
        let transport =
            Scripted::new(move |seq| Act::Answer { after_ms: (answered(seq * gap) - seq * gap) / 1_000 });
        let outcome =
            Load::new(requests, 1).arriving(ArrivalProcess::Constant { rate: rate as f64 }).run_on(transport);
        let truth = p95((0..requests).map(|seq| answered(seq * gap) - seq * gap).collect());
        let found = p95(outcome.samples().iter().map(|sample| sample.stages.latency().0).collect());
        let within = (truth / 100).max(1_000);
        assert!(found.abs_diff(truth) <= within, "{rate}/s: {found} us, and it was {truth}");
        assert!(truth > 500_000, "the stall is more than 5 % of the time");
        let late =
            outcome.samples().iter().map(|sample| sample.stages.get(Stage::Queue).expect("always").0).max();
        assert!(late < Some(2_000), "{rate}/s: nothing but the timer's grain delays them: {late:?}");
    }
}

#[test]
fn the_wait_for_a_pool_is_in_the_queue_and_no_burst_hides() {
    // One connection and 10 ms each, twice as slow as they come: the n-th waits 5 ms more than the one before it.
    let transport = Scripted::new(|_| Act::Answer { after_ms: 10 });
    let outcome = Load::new(100, 1)
        .pool(1)
        .arriving(ArrivalProcess::Constant { rate: 200.0 })
        .run_on(transport.clone());
    for (seq, sample) in outcome.samples().into_iter().enumerate() {
        let queue = sample.stages.get(Stage::Queue).expect("always").0;
        assert!(queue.abs_diff(seq as u64 * 5_000) <= 1_000, "request {seq}: {queue} us");
    }
    assert_eq!(transport.exchanges().concat(), (0..100).collect::<Vec<_>>(), "in the order of due");
}

#[test]
fn both_phases_are_due_at_the_same_microseconds() {
    let dues = |load: Load, after_ms| {
        let load = load.arriving(ArrivalProcess::Gamma { rate: 500.0, shape: 0.5 });
        let outcome = load.run_on(Scripted::new(move |_| Act::Answer { after_ms }));
        outcome.samples().into_iter().map(|sample| sample.due).collect::<Vec<_>>()
    };
    let before = dues(Load::new(300, 1), 50);
    assert_eq!(dues(Load::new(300, 1).pool(2).batch(8), 3), before);
    assert!(before.is_sorted() && before.iter().all(Option::is_some));
}

#[test]
fn a_request_that_nobody_answers_is_late_and_the_others_are_not() {
    let transport = Scripted::new(|seq| if seq % 10 == 3 { Act::Never } else { Act::Answer { after_ms: 2 } });
    let outcome = Load::new(200, 1)
        .timeout_ms(300)
        .arriving(ArrivalProcess::Constant { rate: 100.0 })
        .run_on(transport);
    for (seq, sample) in outcome.samples().into_iter().enumerate() {
        let latency = sample.stages.latency().0;
        match seq % 10 {
            3 => assert_eq!((sample.error, latency), (Some(ErrorKind::Timeout), 300_000)),
            _ => assert!(sample.succeeded() && latency < 4_000, "request {seq}: {latency}"),
        }
    }
}

#[test]
fn a_stop_leaves_what_was_not_due_unsent() {
    let (wish, interrupt) = Interrupt::new();
    let transport = Scripted::new(move |seq| {
        if seq == 50 {
            wish.send(Some(Signal::Interrupt)).expect("the engine listens");
        }
        Act::Answer { after_ms: 1 }
    });
    let mut load = Load::new(1_000, 1).arriving(ArrivalProcess::Constant { rate: 100.0 });
    load.interrupt = interrupt;
    let outcome = load.run_on(transport);
    let unsent = |sample: &&Sample| sample.error == Some(ErrorKind::Unsent) && sample.due.is_none();
    assert_eq!(outcome.samples().into_iter().filter(unsent).count(), 949);
    assert_eq!(outcome.sample(50).error, Some(ErrorKind::Interrupted));
}

#[test]
fn connections_of_their_own_are_bounded_and_what_is_beyond_waits() {
    let transport = Scripted::new(|_| Act::Answer { after_ms: 100 });
    let mut load = Load::new(60, 1).arriving(ArrivalProcess::Constant { rate: 1_000.0 });
    load.repetition.pacing = spanload::engine::Pacing::Open { connections: 20 };
    let outcome = load.run_on(transport.clone());
    assert_eq!(transport.most_in_flight(), 20);
    assert!(outcome.samples().into_iter().all(Sample::succeeded));
    assert!(outcome.ended >= Moment::from_micros(300_000), "three rounds");
}
