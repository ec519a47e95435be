//! The engine's promises, to the microsecond, in paused time: against a transport without a network, and against a server
//! that counts.
mod batches;
mod deadlines;
mod fake;
//mod server;

use std::collections::HashSet;

use crate::common::load::{Load, lengths, ms, reached};
use fake::{Act, Event, Fake};
use spanload::model::{ErrorKind, Micros, Moment, Sample, Stage};

#[test]
fn a_closed_loop_keeps_exactly_its_workers_busy() {
    let fake = Fake::new(|seq| Act::Answer { after_ms: 1 + seq % 7 });
    let samples = fake.run(Load::new(200, 8));
    assert_eq!(fake.0.most_in_flight.get(), 8);
    assert!(samples.iter().all(Sample::succeeded));
    assert_eq!(fake.exchanges().len(), 200, "each once");
    assert!(
        samples.iter().all(|sample| sample.stages.latency() == Micros(1_000 * (1 + sample.seq % 7))),
        "nobody waits for anybody"
    );
    let mut ends = vec![0; 8];
    for sample in &samples {
        // Whoever ends first sends the next one.
        ends.sort_unstable();
        assert_eq!(sample.due, Some(Moment::from_micros(ends[0])), "request {}", sample.seq);
        ends[0] += 1_000 * (1 + sample.seq % 7);
    }
}

#[test]
fn latency_ends_with_the_last_byte_to_the_microsecond() {
    let fake = Fake::new(|seq| Act::Answer { after_ms: seq % 5 });
    let samples = fake.run(Load::new(120, 7).pool(3).batch(2));
    let mut checked = 0;
    for event in fake.events() {
        let Event::LastByte(requests, last) = event else { continue };
        for seq in requests {
            let sample = &samples[seq as usize];
            assert_eq!(sample.due.expect("sent") + sample.stages.latency(), last, "request {seq}");
            checked += 1;
        }
    }
    assert_eq!(checked, 120);
}

#[test]
fn first_come_first_served() {
    let fake = Fake::new(|seq| Act::Answer { after_ms: 1 + seq * 7 % 5 });
    let samples = fake.run(Load::new(150, 9).pool(2));
    let dues: Vec<_> = fake.exchanges().concat().into_iter().map(|seq| samples[seq as usize].due).collect();
    assert!(dues.is_sorted(), "{dues:?}");
    let waited = samples.iter().filter(|sample| ms(sample, Stage::Queue) > Some(2.0)).count();
    assert!(waited > 140, "the pool was contended: {waited}");
}

#[test]
fn the_time_for_a_free_connection_is_the_queue_s_and_no_other_stage_s() {
    let fake = Fake::of(1, 7, |_| Act::Answer { after_ms: 20 });
    let samples = fake.run(Load::new(4, 2).pool(1));
    let paid = [("queue", 0), ("connect", 7_000), ("send", 0), ("wait", 20_000), ("receive", 0)];
    assert_eq!(lengths(&samples[0]), paid);
    for (sample, queue) in samples[1..].iter().zip([27_000, 20_000, 20_000]) {
        assert_eq!(lengths(sample), [("queue", queue), ("send", 0), ("wait", 20_000), ("receive", 0)]);
    }
}

/// Slots are the sum of the capacities of connections: who shares one that is being opened waits in the queue for it.
#[test]
fn connections_that_carry_several_exchanges_carry_them_at_the_same_time() {
    let fake = Fake::of(3, 5, |_| Act::Answer { after_ms: 10 });
    let samples = fake.run(Load::new(36, 6).pool(2));
    assert_eq!((fake.0.opened.get(), fake.0.most_in_flight.get()), (2, 6));
    assert!(samples.iter().all(Sample::succeeded));
    let ids: HashSet<_> = samples.iter().filter_map(|sample| sample.connection).map(|used| used.id).collect();
    assert_eq!(ids.len(), 2);
    let paid = samples.iter().filter(|sample| sample.connection.is_some_and(|used| !used.reused)).count();
    assert_eq!(paid, 2, "one request paid for each");
    for sample in samples.iter().filter(|sample| sample.due > Some(Moment::START)) {
        assert_eq!(lengths(sample), [("queue", 0), ("send", 0), ("wait", 10_000), ("receive", 0)]);
    }
    let first = samples.iter().filter(|sample| sample.due == Some(Moment::START));
    assert!(first.into_iter().all(|sample| sample.stages.latency() == Micros(15_000)), "{samples:#?}");
}

#[test]
fn an_interrupt_ends_every_story_and_loses_none() {
    let fake = Fake::new(|seq| if seq == 0 { Act::Answer { after_ms: 10 } } else { Act::Never });
    let samples = fake.run(Load::new(10, 3).pool(2).interrupted_after_ms(151));
    let words: Vec<_> = samples.iter().map(|sample| sample.error.map_or("ok", ErrorKind::name)).collect();
    assert_eq!(words[..4], ["ok", "interrupted", "interrupted", "unsent"]);
    assert!(words[3..].iter().all(|word| *word == "unsent"), "{words:?}");
    let at = Some(Moment::from_micros(151_000));
    assert_eq!([&samples[1], &samples[2]].map(Sample::end), [at; 2], "one instant for all");
    assert_eq!(reached(&samples[1]), ["queue", "connect", "send", "wait"]);
    assert_eq!(lengths(&samples[2]), [("queue", 10_000), ("send", 0), ("wait", 141_000)]);
    for sample in &samples[3..] {
        assert_eq!((reached(sample), sample.end(), sample.attempts), (vec![], None, 0));
        assert_eq!(sample.due.is_some(), sample.seq == 3, "3 was due when 0 had ended, the others never");
    }
}
