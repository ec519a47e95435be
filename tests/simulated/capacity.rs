//! Connections that carry several exchanges at once: slots are the sum of capacities, and set-up is counted once.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use spanload::model::{Sample, Stage, StageSet};

use super::load::{Load, at, stages};
use super::scripted::{Act, Scripted};

#[test]
fn slots_are_the_sum_of_the_capacities() {
    for (connections, capacity, most) in [(1, 4, 4), (2, 3, 6), (3, 1, 3), (1, 100, 10)] {
        let transport = Scripted::with(capacity, 0, StageSet::ALL, |_| Act::Answer { after_ms: 10 });
        let outcome = Load::new(60, 10).pool(connections).run_on(transport.clone());
        assert_eq!((transport.most_in_flight(), transport.opened()), (most, connections));
        assert!(outcome.samples().into_iter().all(Sample::succeeded));
    }
}

#[test]
fn one_request_pays_for_the_connection_and_the_others_wait_for_it_in_the_queue() {
    let transport = Scripted::with(3, 30, StageSet::ALL, |_| Act::Answer { after_ms: 5 });
    let outcome = Load::new(6, 3).pool(1).run_on(transport.clone());
    let payer = [("queue", 0), ("connect", 30_000), ("send", 0), ("wait", 5_000), ("receive", 0)];
    assert_eq!(stages(outcome.sample(0)), payer);
    let waited = [("queue", 30_000), ("send", 0), ("wait", 5_000), ("receive", 0)];
    assert_eq!([stages(outcome.sample(1)), stages(outcome.sample(2))], [waited, waited]);
    assert_eq!(outcome.ended, at(40), "two rounds of three");
    let used: Vec<_> = outcome.samples().into_iter().filter_map(|sample| sample.connection).collect();
    assert_eq!(used.iter().filter(|used| !used.reused).count(), 1, "set-up is counted once");
    assert!(used.iter().all(|used| used.id == 1));
}

#[test]
fn what_a_transport_cannot_see_is_part_of_the_next_stage() {
    let act = |_| Act::Answer { after_ms: 5 };
    let blind = StageSet::ALL.without(Stage::Connect).without(Stage::Send);
    let outcome = Load::new(1, 1).pool(1).run_on(Scripted::with(1, 30, blind, act));
    assert_eq!(stages(outcome.sample(0)), [("queue", 0), ("wait", 35_000), ("receive", 0)]);
    let blind = StageSet::ALL.without(Stage::Send).without(Stage::Wait);
    let outcome = Load::new(1, 1).pool(1).run_on(Scripted::with(1, 30, blind, act));
    assert_eq!(stages(outcome.sample(0)), [("queue", 0), ("connect", 30_000), ("receive", 5_000)]);
}

#[test]
fn who_waits_for_the_connection_of_another_until_its_deadline_was_in_the_queue_all_the_time() {
    let transport = Scripted::with(3, 10_000, StageSet::ALL, |_| Act::Never);
    let outcome = Load::new(2, 2).pool(1).timeout_ms(300).run_on(transport);
    assert_eq!(stages(outcome.sample(0)), [("queue", 0), ("connect", 300_000)]);
    assert_eq!(outcome.sample(1).due, Some(at(0)));
    assert_eq!(stages(outcome.sample(1)), [("queue", 300_000)]);
}

#[test]
fn what_a_connection_carries_is_not_exceeded_when_it_becomes_less_nor_wasted_when_it_becomes_more() {
    let transport = Scripted::with(4, 0, StageSet::ALL, |seq| match seq {
        8 => Act::Carry { capacity: 2, after_ms: 10 },
        24 => Act::Carry { capacity: 3, after_ms: 10 },
        _ => Act::Answer { after_ms: 10 },
    });
    let outcome = Load::new(60, 8).pool(1).run_on(transport.clone());
    assert!(outcome.samples().into_iter().all(Sample::succeeded));
    assert_eq!((transport.beyond_capacity(), transport.opened()), (0, 1));
    let starts = |ms| outcome.samples().into_iter().filter(|sample| start(sample) == ms).count();
    let rounds: Vec<_> = (0..).step_by(10).map(starts).take_while(|started| *started > 0).collect();
    assert_eq!(rounds, [vec![4; 2], vec![2; 8], vec![3; 12]].concat());
}

/// When a request left the queue, in milliseconds.
fn start(sample: &Sample) -> u64 {
    let due = sample.due.expect("it was sent");
    (due.as_micros() + sample.stages.get(Stage::Queue).expect("it was sent").0) / 1_000
}

#[test]
fn another_connection_that_carries_less_is_shared_by_fewer() {
    let ended = Cell::default();
    let transport = Scripted::with(4, 5, StageSet::ALL, move |seq| match seq {
        9 if !ended.replace(true) => Act::EndUnsent { after_ms: 7, then: 1 },
        _ => Act::Answer { after_ms: 10 },
    });
    let outcome = Load::new(40, 8).pool(1).run_on(transport.clone());
    assert!(outcome.samples().into_iter().all(Sample::succeeded));
    assert_eq!((transport.beyond_capacity(), transport.opened()), (0, 2));
    // The 5 ms of a connect, two rounds of four, 7 ms, another connect, its request again and 28 others one by one.
    assert_eq!(outcome.ended, at(5 + 20 + 7 + 5 + 290));
}

#[test]
fn requests_that_are_sent_again_together_take_turns_where_they_must() {
    let ended = RefCell::new(HashSet::new());
    let transport = Scripted::with(3, 0, StageSet::ALL, move |seq| match seq {
        4 | 5 if ended.borrow_mut().insert(seq) => Act::EndUnsent { after_ms: 5, then: 1 },
        _ => Act::Answer { after_ms: 10 },
    });
    let outcome = Load::new(6, 3).pool(1).run_on(transport.clone());
    assert!(outcome.samples().into_iter().all(Sample::succeeded));
    assert_eq!((transport.beyond_capacity(), transport.opened()), (0, 2));
    let sent = [4, 5].map(|seq| (outcome.sample(seq).attempts, stages(outcome.sample(seq))[1]));
    assert_eq!(sent, [(2, ("retry", 5_000)), (2, ("retry", 15_000))]);
}

#[test]
fn room_that_an_open_connection_gets_is_used_at_once() {
    let transport = Scripted::with(4, 0, StageSet::ALL, |seq| match seq {
        3 => Act::Carry { capacity: 6, after_ms: 10 },
        _ => Act::Answer { after_ms: 10 },
    });
    let outcome = Load::new(60, 8).pool(1).run_on(transport.clone());
    assert_eq!([3, 4, 5, 6].map(|seq| start(outcome.sample(seq))), [0, 0, 0, 10]);
    assert_eq!((transport.most_in_flight(), transport.beyond_capacity(), outcome.ended), (6, 0, at(100)));
}

#[test]
fn a_connection_that_a_retry_opens_is_used_for_all_that_it_carries() {
    let ended = Cell::default();
    let transport = Scripted::with(1, 0, StageSet::ALL, move |seq| match seq {
        2 if !ended.replace(true) => Act::EndUnsent { after_ms: 5, then: 4 },
        _ => Act::Answer { after_ms: 10 },
    });
    let outcome = Load::new(42, 8).pool(1).run_on(transport.clone());
    assert_eq!((transport.most_in_flight(), transport.opened(), outcome.ended), (4, 2, at(20 + 5 + 100)));
    assert_eq!([2, 3, 4, 5].map(|seq| start(outcome.sample(seq))), [20, 25, 25, 25]);
}

#[test]
fn a_connection_that_takes_no_more_makes_room_for_another_while_its_exchanges_go_on() {
    let transport = Scripted::with(4, 0, StageSet::ALL, |seq| match seq {
        0..3 => Act::Answer { after_ms: 900 },
        3 => Act::GoAway { after_ms: 10 },
        _ => Act::Answer { after_ms: 20 },
    });
    let outcome = Load::new(40, 5).pool(1).run_on(transport.clone());
    assert!(outcome.samples().into_iter().all(Sample::succeeded));
    assert_eq!((transport.opened(), transport.beyond_capacity()), (2, 0));
    assert_eq!([4, 5].map(|seq| start(outcome.sample(seq))), [0, 10]);
    assert_eq!(outcome.ended, at(900), "all others were served meanwhile");
}

#[test]
fn who_waits_to_send_again_is_told_that_there_is_room() {
    // 4 and 6 lose their connection and share another one, which carries 1 until 8, beside it, says that it carries 2.
    let ended = RefCell::new(HashSet::new());
    let transport = Scripted::with(2, 1, StageSet::ALL, move |seq| match seq {
        4 | 6 if ended.borrow_mut().insert(seq) => Act::EndUnsent { after_ms: seq + 1, then: 1 },
        8 => Act::Carry { capacity: 2, after_ms: 10 },
        _ => Act::Answer { after_ms: 10 },
    });
    let outcome = Load::new(10, 4).pool(2).run_on(transport.clone());
    let sent = [4, 6].map(|seq| (start(outcome.sample(seq)), stages(outcome.sample(seq))[1]));
    assert_eq!(sent, [(11, ("retry", 5_000)), (11, ("retry", 10_000))]);
    assert_eq!((transport.beyond_capacity(), transport.opened()), (0, 3));
}

#[test]
fn requests_do_not_wait_for_each_other_where_a_connection_has_room_for_each() {
    let transport = Scripted::with(4, 0, StageSet::ALL, |_| Act::Answer { after_ms: 10 });
    Load::new(24, 4).pool(1).batch(4).run_on(transport.clone());
    let sizes: Vec<_> = transport.exchanges().iter().map(Vec::len).collect();
    assert_eq!(sizes, [vec![4], vec![1; 20]].concat(), "before it is open, nobody knows what it carries");
}

#[test]
fn connections_are_told_and_not_what_they_carry() {
    let load = Load::new(64, 8).pool(2);
    let (pulse, told) = (Arc::clone(&load.pulse), Rc::new(RefCell::new(Vec::new())));
    let seen = Rc::clone(&told);
    let transport = Scripted::with(4, 0, StageSet::ALL, move |_| {
        seen.borrow_mut().push((pulse.active(), pulse.connections()));
        Act::Answer { after_ms: 30 }
    });
    load.run_on(transport);
    assert_eq!(told.borrow()[32..], [(8, 2); 32]);
}

#[test]
fn a_request_costs_the_same_however_many_connections_or_exchanges_there_are() {
    for (connections, capacity) in [(1_000, 1), (1, 1_000)] {
        let transport = Scripted::with(capacity, 0, StageSet::ALL, |seq| match seq {
            2_000 => Act::Carry { capacity: 1, after_ms: 1 },
            _ => Act::Answer { after_ms: 1 },
        });
        let outcome = Load::new(5_000, 1_500).pool(connections).run_on(transport.clone());
        assert!(outcome.samples().into_iter().all(Sample::succeeded));
        assert_eq!(transport.most_in_flight(), 1_000);
        assert!(transport.asked() < 10 * 5_000, "{connections} connections: asked {}", transport.asked());
    }
}
