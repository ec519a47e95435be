//! A server with a cache: what the first repetition shows without a warm-up, and with one; and a load that ends by time.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use spanload::analyze::{Comparison, Inputs, PhaseCollector, PhaseData, compare};
use spanload::host::{Interrupt, Signal};
use spanload::model::{ErrorKind, Phase, SlaLine};

use super::load::{Load, at};
use super::scripted::{Act, Scripted};

const REQUESTS: u64 = 160;
const REPETITIONS: u32 = 3;

/// Which bodies the server has seen; it takes a tenth of a second for one that it has not.
type Cache = Rc<RefCell<HashSet<u64>>>;

fn server(cache: &Cache) -> Scripted {
    let cache = Rc::clone(cache);
    Scripted::new(move |seq| {
        let new = cache.borrow_mut().insert(seq);
        Act::Answer { after_ms: if new { 100 } else { 20 + seq % 5 } }
    })
}

/// An A/A run in the order of a real one, with so much of the plan as its warm-up.
fn aa(warmup: u64) -> Comparison {
    let cache = Cache::default();
    if warmup > 0 {
        Load::new(warmup, 8).run_on(server(&cache));
    }
    let mut phases = [PhaseCollector::new(REQUESTS, REPETITIONS), PhaseCollector::new(REQUESTS, REPETITIONS)];
    for (phase, repetition) in Phase::interleaved(REPETITIONS) {
        let outcome = Load::new(REQUESTS, 8).run_on(server(&cache));
        let collector = &mut phases[usize::from(phase == Phase::After)];
        outcome.samples().into_iter().for_each(|sample| collector.take(repetition, sample).expect("planned"));
    }
    judged(&phases.map(PhaseCollector::finish), (warmup > 0).then_some("all"))
}

fn judged([before, after]: &[PhaseData; 2], warmup: Option<&str>) -> Comparison {
    compare(Inputs {
        run_id: "run",
        plan_digest: "plan",
        sla: &[SlaLine::parse("p95", "1s").expect("a line")],
        before,
        after,
        script: None,
        baseline_script: None,
        single_calls: &[],
        health: &[],
        processors: None,
        caveats: Vec::new(),
        interrupted: None,
        strict: false,
        warmup,
        aa: true,
        sent_by: Default::default(),
        answers: Default::default(),
        max_error_rate: None,
    })
}

fn kinds(comparison: &Comparison) -> Vec<&str> {
    comparison.caveats.iter().map(|caveat| caveat.kind.name()).collect()
}

#[test]
fn a_cache_that_the_first_repetition_fills_is_found_and_a_warm_up_leaves_nothing_to_find() {
    let cold = aa(0);
    let found = cold.aa.as_ref().expect("an A/A run");
    assert_eq!((kinds(&cold), cold.exit.code()), (vec!["first_repetition_slow"], 99));
    assert!(found.difference_found && found.shown_by.contains(&"first_repetition_slow"), "{found:?}");
    let interval = cold.difference.p95.ci95_ratio.expect("three pairs");
    assert!(interval.holds(1.0), "the interval alone would not find it: {interval:?}");
    let message = &cold.caveats[0].message;
    assert!(message.contains("the before phase") && message.contains("to its end"), "{message}");

    let warm = aa(REQUESTS);
    let found = warm.aa.as_ref().expect("an A/A run");
    assert_eq!((kinds(&warm), warm.exit.code()), (vec![], 0), "{found:?}");
    assert!(!found.difference_found && found.settled, "{found:?}");
}

#[test]
fn when_the_time_is_over_nothing_more_is_sent_and_what_is_due_is_answered() {
    let outcome =
        Load::new(1_000_000, 4).at_most_ms(95).run_on(Scripted::new(|_| Act::Answer { after_ms: 20 }));
    // Four at 0, 20, 40, 60 and 80 ms.
    assert_eq!((outcome.samples().len(), outcome.ended), (20, at(100)));
    assert!(outcome.samples().iter().all(|sample| sample.succeeded()), "none is unsent and none cut off");
    let thinking =
        Load::new(9, 2).think_ms(50).at_most_ms(30).run_on(Scripted::new(|_| Act::Answer { after_ms: 20 }));
    assert_eq!((thinking.samples().len(), thinking.ended), (2, at(30)), "nobody waits for those who think");
}

#[test]
fn a_plan_that_ends_before_its_time_is_sent_whole_and_a_deadline_is_one_all_the_same() {
    let short = Load::new(8, 2).at_most_ms(1_000).run_on(Scripted::new(|_| Act::Answer { after_ms: 10 }));
    assert_eq!((short.samples().len(), short.ended), (8, at(40)));
    let hanging = Load::new(9, 2).timeout_ms(100).at_most_ms(10).run_on(Scripted::new(|_| Act::Never));
    let errors: Vec<_> = hanging.samples().iter().map(|sample| sample.error).collect();
    assert_eq!(errors, [Some(ErrorKind::Timeout); 2]);
}

#[test]
fn what_was_to_come_of_a_load_by_time_is_nothing_that_was_not_sent() {
    let (wish, interrupt) = Interrupt::new();
    let wish = RefCell::new(Some(wish));
    let mut load = Load::new(1_000_000, 2).at_most_ms(60_000);
    load.interrupt = interrupt;
    let outcome = load.run_on(Scripted::new(move |seq| {
        if let Some(wish) = wish.take() {
            tokio::task::spawn_local(async move {
                super::net::pause(50).await;
                wish.send(Some(Signal::Interrupt)).expect("the engine listens");
                std::future::pending::<()>().await;
            });
        }
        if seq == 0 { Act::Answer { after_ms: 10 } } else { Act::Never }
    }));
    let words: Vec<_> =
        outcome.samples().iter().map(|sample| sample.error.map_or("ok", ErrorKind::name)).collect();
    assert_eq!((words, outcome.ended), (vec!["ok", "interrupted", "interrupted"], at(50)));
}
