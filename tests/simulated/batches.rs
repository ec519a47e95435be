//! Batches: who goes with whom, and what the members of an exchange share.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use spanload::model::{ErrorKind, Sample, Stage};

use super::load::{Load, Outcome};
use super::net::{Net, pause};
use super::scripted::{Act, Event, Scripted};

#[test]
fn a_free_slot_takes_what_waits_up_to_the_most() {
    let transport = Scripted::new(|_| Act::Answer { after_ms: 20 });
    let outcome = Load::new(10, 5).pool(1).batch(3).run_on(transport.clone());
    let starts = [(0..3, true), (3..6, true), (6..9, true), (9..10, false)];
    let starts = starts.map(|(requests, batched)| Event::Start(requests.collect(), batched));
    let is_start = |event: &Event| matches!(event, Event::Start(..));
    assert_eq!(transport.events().into_iter().filter(is_start).collect::<Vec<_>>(), starts);
    for sample in outcome.samples() {
        let answer = outcome.answer(sample.seq as usize);
        assert_eq!(answer, Some(sample.seq.to_string().as_bytes()), "its own answer");
        assert_eq!(sample.batch.map(|batch| batch.size), Some(if sample.seq == 9 { 1 } else { 3 }));
    }
    check_members(&outcome);
}

/// Members have their own due and queue; all the rest is the exchange's.
fn check_members(outcome: &Outcome) {
    let mut batches: BTreeMap<u64, Vec<&Sample>> = BTreeMap::new();
    for sample in outcome.samples() {
        batches.entry(sample.batch.expect("the strategy batches").id).or_default().push(sample);
    }
    assert_eq!(batches.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4]);
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
    for (callers, connections, expected) in [(4, 8, 1), (8, 8, 1), (12, 4, 3), (64, 8, 8), (10, 1, 8)] {
        let transport = Scripted::new(|_| Act::Answer { after_ms: 5 });
        let outcome = Load::new(callers * 5, callers).pool(connections).batch(8).run_on(transport);
        let first = outcome.samples().into_iter().take(callers as usize);
        let largest = first.filter_map(|sample| sample.batch).map(|batch| batch.size).max();
        assert_eq!(largest, Some(expected), "{callers} callers on {connections} connections");
    }
}

#[test]
fn a_strategy_without_batches_marks_none() {
    let outcome = Load::new(3, 3).pool(1).run_on(Scripted::new(|_| Act::Answer { after_ms: 0 }));
    assert!(outcome.samples().iter().all(|sample| sample.batch.is_none()));
}

#[test]
fn a_batch_answer_that_does_not_fit_fails_all_members() {
    for (status, body, kind) in [
        (200, "{\"outputs\":[1]}", ErrorKind::Protocol),
        (200, "no JSON", ErrorKind::Protocol),
        (503, "{\"outputs\":[1,2,3]}", ErrorKind::Http5xx),
    ] {
        let transport = Scripted::new(move |_| Act::AnswerWith { after_ms: 1, status, body });
        let outcome = Load::new(3, 3).pool(1).batch(3).run_on(transport.clone());
        assert_eq!(transport.exchanges(), [[0, 1, 2]]);
        for sample in outcome.samples() {
            assert_eq!((sample.error, sample.status), (Some(kind), Some(status)));
        }
    }
}

#[test]
fn a_batch_holds_what_has_waited_longest_and_others_to_the_same_endpoint() {
    let exchanges = Rc::new(RefCell::new(Vec::new()));
    let noted = Rc::clone(&exchanges);
    let net = Net::new(move |_, mut peer| {
        let noted = Rc::clone(&noted);
        async move {
            while let Some(request) = peer.request().await {
                let ids = request.body.split("req-").skip(1);
                let ids: Vec<u64> = ids.map(|rest| rest[..6].parse().expect("a number")).collect();
                pause(10).await;
                let outputs = vec!["1"; ids.len()].join(",");
                noted.borrow_mut().push((request.path().to_string(), ids));
                peer.answer(&format!("{{\"outputs\":[{outputs}]}}")).await;
            }
        }
    });
    // All of them wait from the start.
    let load = Load::new(12, 12).pool(1).batch(3).two_endpoints();
    let plan = Arc::clone(&load.repetition.plan);
    let outcome = load.run(&net);
    assert!(outcome.samples().into_iter().all(Sample::succeeded));
    let mut waiting: Vec<u64> = (0..12).collect();
    for (path, members) in exchanges.take() {
        let first = waiting[0];
        let alike: Vec<u64> =
            waiting.iter().copied().filter(|seq| plan.endpoint(*seq) == plan.endpoint(first)).collect();
        let batches = plan.endpoint(first) == 1;
        let expected = if batches { &alike[..alike.len().min(3)] } else { &alike[..1] };
        assert_eq!(members, expected, "of {waiting:?}");
        let size = members.len();
        assert_eq!(
            path,
            if !batches {
                "/one"
            } else if size > 1 {
                "/many"
            } else {
                "/two"
            }
        );
        waiting.retain(|seq| !members.contains(seq));
    }
    assert!(waiting.is_empty());
}

#[test]
fn a_batch_goes_to_its_own_path_and_a_batch_of_one_to_the_single_one() {
    let net = Net::new(|_, mut peer| async move {
        for (path, body) in [("/many", "{\"inputs\":[0,1]}"), ("/one", "2")] {
            let request = peer.request().await.expect("a request");
            assert_eq!((request.path(), request.body.as_str()), (path, body));
            pause(10).await;
            peer.answer(&request.body.replace("inputs", "outputs")).await;
        }
    });
    let outcome = Load::new(3, 2).pool(1).batch(2).run(&net);
    assert!(outcome.samples().into_iter().all(Sample::succeeded));
    assert_eq!(net.dialled(), 1);
}
