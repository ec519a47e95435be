//! Which requests go together, and what their records share.
use std::collections::{BTreeMap, HashSet};

use spanload::model::{AnswerBody, Completed, ErrorKind, Sample, Stage};

use super::fake::{Act, Event, Fake};
use crate::common::load::Load;

#[test]
fn a_free_slot_takes_what_waits_up_to_the_most() {
    let fake = Fake::new(|_| Act::Answer { after_ms: 20 });
    let completed = Load::new(10, 5).pool(1).batch(3).paused_completely(fake.clone()).completed;
    let starts = [(0..3, true), (3..6, true), (6..9, true), (9..10, false)];
    let starts = starts.map(|(requests, batched)| Event::Start(requests.collect(), batched));
    let is_start = |event: &Event| matches!(event, Event::Start(..));
    assert_eq!(fake.events().into_iter().filter(is_start).collect::<Vec<_>>(), starts);
    for Completed { sample, answer } in &completed {
        let answer = answer.as_ref().and_then(AnswerBody::bytes);
        assert_eq!(answer, Some(sample.seq.to_string().as_bytes()), "its own answer");
        assert_eq!(sample.batch.map(|batch| batch.size), Some(if sample.seq == 9 { 1 } else { 3 }));
    }
    check_members(&completed);
}

/// Members have their own due and queue; all the rest is the exchange's.
fn check_members(completed: &[Completed]) {
    let mut batches: BTreeMap<u64, Vec<&Sample>> = BTreeMap::new();
    for Completed { sample, .. } in completed {
        batches.entry(sample.batch.expect("the strategy batches").id).or_default().push(sample);
    }
    assert_eq!(batches.len(), 4);
    for members in batches.values() {
        let shared = |sample: &&Sample| {
            let queue = sample.stages.get(Stage::Queue).expect("never absent");
            let taken = sample.due.expect("sent") + queue;
            let rest = Stage::ALL[1..].iter().map(|stage| sample.stages.get(*stage)).collect::<Vec<_>>();
            (taken, rest, sample.connection, sample.batch, sample.end())
        };
        assert!(members.iter().all(|member| shared(member) == shared(&members[0])), "{members:?}");
    }
    let dues: HashSet<_> = batches[&2].iter().map(|member| member.due).collect();
    assert_eq!(dues.len(), 2, "3 and 4 have waited from the start, 5 from the end of the first batch");
}

#[test]
fn a_batch_is_no_larger_than_a_fair_share_among_free_connections() {
    for (workers, connections, expected) in [(4, 8, 1), (8, 8, 1), (12, 4, 3), (64, 8, 8), (10, 1, 8)] {
        let samples = Fake::new(|_| Act::Answer { after_ms: 5 })
            .run(Load::new(workers * 5, workers).pool(connections).batch(8));
        let sizes: HashSet<_> =
            samples.iter().take(workers as usize).filter_map(|sample| sample.batch).collect();
        let largest = sizes.iter().map(|batch| batch.size).max();
        assert_eq!(largest, Some(expected), "{workers} workers on {connections} connections");
    }
}

#[test]
fn a_strategy_without_batches_marks_none() {
    let samples = Fake::new(|_| Act::Answer { after_ms: 0 }).run(Load::new(3, 3).pool(1));
    assert!(samples.iter().all(|sample| sample.batch.is_none()));
}

#[test]
fn a_batch_answer_that_does_not_fit_fails_all_members() {
    for (status, body, word) in [
        (200, "{\"outputs\":[1]}", ErrorKind::Protocol),
        (200, "no JSON", ErrorKind::Protocol),
        (503, "{\"outputs\":[1,2,3]}", ErrorKind::Http5xx),
    ] {
        let fake = Fake::new(move |_| Act::AnswerWith { after_ms: 1, status, body });
        let samples = fake.run(Load::new(3, 3).pool(1).batch(3));
        assert_eq!(fake.exchanges(), [[0, 1, 2]]);
        for sample in samples {
            assert_eq!((sample.error, sample.status), (Some(word), Some(status)));
        }
    }
}
