//! Equal work by item costs and by single calls, and what does not count as either.

use super::super::message::message;
use super::*;
use crate::analyze::fixtures::{phase, phase_of, sample};
use crate::model::{BatchUse, ConnectionUse, Micros, Sample, ServerTimes};

/// A hundred requests in exchanges of a size; items of 40 to 90 ms cost so many percent of that.
fn items(percent: u64, batch: u32) -> PhaseData {
    let item = |seq: u64| Micros((40_000 + seq * 500) * percent / 100);
    phase_of(
        100,
        (0..100).map(|seq| Sample {
            server: ServerTimes {
                queue: None,
                // an exchange computes for all that it carries
                compute: Some(Micros(110_000 + u64::from(batch) * item(seq).0)),
                item: Some(item(seq)),
                ..ServerTimes::default()
            },
            batch: Some(BatchUse { id: seq / u64::from(batch), size: batch }),
            ..sample(seq, 500_000)
        }),
    )
}

fn silent() -> PhaseData {
    phase(&[&[500_000; 100]])
}

/// Three calls at each end of one repetition of both phases; the first opens the connection.
fn calls(before_ms: u64, after_ms: u64, reported: bool) -> Vec<SingleCall> {
    let mut calls = Vec::new();
    for (phase, millis) in [(Phase::Before, before_ms), (Phase::After, after_ms)] {
        for (at_end, seq) in [(false, 0), (false, 1), (false, 2), (true, 0), (true, 1), (true, 2)] {
            calls.push(call(phase, at_end, seq, Micros((millis + seq) * 1_000), reported));
        }
    }
    calls
}

fn call(phase: Phase, at_end: bool, seq: u64, time: Micros, reported: bool) -> SingleCall {
    let cold = if seq == 0 { 900_000 } else { 0 };
    let sample = Sample {
        server: ServerTimes { compute: reported.then_some(time), ..ServerTimes::default() },
        connection: Some(ConnectionUse {
            id: 1,
            reused: seq > 0,
            syn_retransmits: Some(0),
            ..ConnectionUse::default()
        }),
        ..sample(seq, time.0 + cold)
    };
    SingleCall { phase, repetition: 1, at_end, row: Observation::new(1, &sample) }
}

fn basis(doubt: Option<Doubt>) -> Option<(WorkBasis, usize)> {
    match doubt {
        Some(Doubt::UnequalWork { basis, pairs, .. }) => Some((basis, pairs)),
        None => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_item_should_cost_the_same_whoever_shares_its_exchange() {
    assert_eq!(basis(unequal(&items(100, 1), &items(130, 8), &[])), Some((WorkBasis::ItemCosts, 100)));
    assert_eq!(unequal(&items(100, 1), &items(100, 8), &[]), None, "a larger exchange is more work");
    assert_eq!(unequal(&items(100, 1), &items(104, 1), &[]), None, "4 % are no other server");
    let calls = calls(100, 150, true);
    assert_eq!(unequal(&items(100, 1), &items(100, 8), &calls), None, "item costs are the better witness");
}

#[test]
fn without_item_costs_single_calls_tell() {
    let found =
        |before, after, reported| basis(unequal(&silent(), &silent(), &calls(before, after, reported)));
    assert_eq!(found(100, 125, true), Some((WorkBasis::CallCompute, 6)));
    assert_eq!(found(125, 100, true), Some((WorkBasis::CallCompute, 6)), "slower before is as unequal");
    assert_eq!(
        found(100, 125, false),
        Some((WorkBasis::CallWait, 4)),
        "the call that connects does not count"
    );
    assert_eq!(found(100, 108, true), None);
    assert_eq!(found(10, 12, true), None, "within the grain of a timer");
    assert_eq!(found(10, 14, false), None, "and of the client's scheduler");
}

/// Calls that take between half and twice as long each time, with a median that is 1.2 times as long by chance.
#[test]
fn a_server_of_much_variance_is_no_other_server() {
    let after = |millis: [u64; 6]| {
        let before = calls(100, 100, true).into_iter().filter(|call| call.phase == Phase::Before);
        let after = (0..)
            .zip(millis)
            .map(|(index, millis)| call(Phase::After, index > 2, index % 3, Micros(millis * 1_000), true));
        before.chain(after).collect::<Vec<_>>()
    };
    assert_eq!(unequal(&silent(), &silent(), &after([50, 190, 60, 120, 200, 125])), None);
    let steady = after([121, 125, 119, 122, 124, 120]);
    assert_eq!(basis(unequal(&silent(), &silent(), &steady)), Some((WorkBasis::CallCompute, 6)));
}

#[test]
fn too_few_calls_say_nothing_and_whole_exchanges_are_never_compared() {
    let mut few = calls(100, 200, true);
    few.retain(|call| !call.at_end);
    assert_eq!(unequal(&silent(), &silent(), &few), None);
    let exchanges = |micros| {
        let server = ServerTimes { compute: Some(Micros(micros)), ..ServerTimes::default() };
        phase_of(100, (0..100).map(|seq| Sample { server, ..sample(seq, 500_000) }))
    };
    assert_eq!(unequal(&exchanges(100_000), &exchanges(400_000), &[]), None);
}

#[test]
fn the_message_says_what_was_compared_and_what_to_do() {
    let doubt = unequal(&silent(), &silent(), &calls(100, 150, true)).expect("a doubt");
    let message = message(&doubt);
    for words in ["1.5 times", "single call", "6 pairs", "run again"] {
        assert!(message.contains(words), "{words}: {message}");
    }
}
