//! The engine's promises, to the microsecond: against a transport without a network, and against a server that counts.
mod deadlines;
mod server;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Context;
use std::time::Duration;

use crate::common::load::{Load, ms, reached, traces};
use crate::common::undisturbed::{certain, undisturbed};
use crate::common::wire::{Server, pause};
use spanload::host::Clock;
use spanload::host::{Interrupt, Signal};
use spanload::model::{AnswerBody, Completed, ConnectionUse, ErrorKind, Sample, ServerTimes, Stage};
use spanload::model::{Micros, Moment};
use spanload::transport::{Answer, Lane, Marks, Outgoing, Transport};

/// What an exchange does, by the sequence number of its first request.
enum Act {
    Answer {
        after_ms: u64,
    },
    AnswerWith {
        after_ms: u64,
        status: u16,
        body: &'static str,
    },
    /// Keeps the engine's only thread from everything else.
    Block {
        ms: u64,
    },
    Never,
}

/// What happened on the lanes, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    /// An exchange with these requests starts; whether it goes to the batch path.
    Start(Vec<u64>, bool),
    /// Its last byte came.
    LastByte(Vec<u64>, Moment),
    /// A lane was given up.
    Gone,
}

/// A transport without a network: exchanges take as long as the test says.
#[derive(Clone)]
struct Fake(Rc<Script>);

struct Script {
    act: Box<dyn Fn(u64) -> Act>,
    events: RefCell<Vec<Event>>,
    in_flight: Cell<usize>,
    most_in_flight: Cell<usize>,
    lanes: Cell<u64>,
}

impl Fake {
    fn new(act: impl Fn(u64) -> Act + 'static) -> Self {
        let events = RefCell::default();
        let (in_flight, most_in_flight, lanes) = Default::default();
        Fake(Rc::new(Script { act: Box::new(act), events, in_flight, most_in_flight, lanes }))
    }

    fn run(&self, load: Load) -> Vec<Sample> {
        load.run_on(Clock::start(), self.clone(), &Interrupt::never())
    }

    fn events(&self) -> Vec<Event> {
        self.0.events.borrow().clone()
    }

    /// Which requests went together, in the order in which exchanges started.
    fn exchanges(&self) -> Vec<Vec<u64>> {
        let start = |event| if let Event::Start(requests, _) = event { Some(requests) } else { None };
        self.events().into_iter().filter_map(start).collect()
    }
}

struct FakeLane {
    script: Rc<Script>,
    marks: Rc<Marks>,
    id: u64,
}

impl Transport for Fake {
    type Lane = FakeLane;

    fn lane(&self, marks: Rc<Marks>, _keep: bool) -> FakeLane {
        self.0.lanes.set(self.0.lanes.get() + 1);
        FakeLane { script: Rc::clone(&self.0), marks, id: self.0.lanes.get() }
    }
}

impl Drop for FakeLane {
    fn drop(&mut self) {
        self.script.events.borrow_mut().push(Event::Gone);
    }
}

/// The bodies of the plan are the sequence numbers.
fn requests(outgoing: &Outgoing) -> Vec<u64> {
    let body: serde_json::Value = serde_json::from_slice(&outgoing.body).expect("JSON");
    let list = if outgoing.batched { body["inputs"].as_array().expect("a list").clone() } else { vec![body] };
    list.iter().map(|item| item.as_u64().expect("a sequence number")).collect()
}

impl Lane for FakeLane {
    async fn exchange(&mut self, outgoing: Outgoing) -> Result<Answer, ErrorKind> {
        let script = Rc::clone(&self.script);
        let requests = requests(&outgoing);
        script.events.borrow_mut().push(Event::Start(requests.clone(), outgoing.batched));
        script.in_flight.set(script.in_flight.get() + 1);
        script.most_in_flight.set(script.most_in_flight.get().max(script.in_flight.get()));
        self.marks.using(ConnectionUse { id: self.id, reused: false, syn_retransmits: None }, None);
        self.marks.wrote(outgoing.body.len(), self.marks.clock().now());
        self.marks.flushed();
        let echo = match outgoing.batched {
            true => format!("{{\"outputs\":{requests:?}}}"),
            false => requests[0].to_string(),
        };
        let (after_ms, status, body) = match (script.act)(requests[0]) {
            Act::Answer { after_ms } => (after_ms, 200, echo),
            Act::AnswerWith { after_ms, status, body } => (after_ms, status, body.to_string()),
            Act::Block { ms } => {
                pause(ms);
                (0, 200, echo)
            }
            Act::Never => std::future::pending().await,
        };
        if after_ms > 0 {
            tokio::time::sleep(Duration::from_millis(after_ms)).await;
        }
        self.marks.read(1);
        let last = self.marks.last_read().expect("just marked");
        script.events.borrow_mut().push(Event::LastByte(requests, last));
        script.in_flight.set(script.in_flight.get() - 1);
        Ok(Answer { status, server: ServerTimes::default(), items: Vec::new(), body: body.into() })
    }

    fn poll_idle(&mut self, _cx: &mut Context<'_>) {}
}

#[test]
fn a_closed_loop_keeps_exactly_its_workers_busy() {
    let fake = Fake::new(|seq| Act::Answer { after_ms: 1 + seq % 7 });
    let samples = fake.run(Load::new(200, 8));
    assert_eq!(fake.0.most_in_flight.get(), 8);
    assert!(samples.iter().all(Sample::succeeded));
    assert_eq!(fake.exchanges().len(), 200, "each once");
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
    undisturbed(|| {
        let fake = Fake::new(|seq| Act::Answer { after_ms: 1 + seq * 7 % 5 });
        let samples = fake.run(Load::new(150, 9).pool(2));
        let dues: Vec<_> =
            fake.exchanges().concat().into_iter().map(|seq| samples[seq as usize].due).collect();
        certain(dues.is_sorted(), &format!("first come, first served: {dues:?}"));
        let waited = samples.iter().filter(|sample| ms(sample, Stage::Queue) > Some(2.0)).count();
        assert!(waited > 100, "the pool was contended: {waited}");
    });
}

#[test]
fn deadlines_noticed_late_do_not_mix_up_the_order() {
    undisturbed(|| {
        // By 300 ms the engine is busy with 4. What it has not seen when it looks again at 500 ms: the
        // deadline of 3 at 400 ms, on the first lane, and that of 1 at 300 ms, on the second.
        let fake = Fake::new(|seq| match seq {
            0 => Act::Answer { after_ms: 100 },
            2 => Act::Answer { after_ms: 250 },
            4 => Act::Block { ms: 200 },
            1 | 3 => Act::Never,
            _ => Act::Answer { after_ms: 1 },
        });
        let samples = fake.run(Load::new(9, 3).timeout_ms(300));
        assert_eq!(
            (samples[1].error, samples[3].error),
            (Some(ErrorKind::Timeout), Some(ErrorKind::Timeout))
        );
        let taken = fake.exchanges().concat();
        let successor = |seq: usize| {
            let is_successor = |next: &u64| samples[*next as usize].due == samples[seq].end();
            taken.iter().position(is_successor).expect("it was sent")
        };
        assert!(successor(1) < successor(3), "due first, served first: {taken:?}");
    });
}

#[test]
fn a_free_lane_takes_what_waits_up_to_the_most() {
    let fake = Fake::new(|_| Act::Answer { after_ms: 20 });
    let completed =
        Load::new(10, 5).pool(1).batch(3).complete(Clock::start(), fake.clone(), &Interrupt::never());
    let starts = [(0..3, true), (3..6, true), (6..9, true), (9..10, false)];
    let starts = starts.map(|(requests, batched)| Event::Start(requests.collect(), batched));
    let is_start = |event: &Event| matches!(event, Event::Start(..));
    assert_eq!(fake.events().into_iter().filter(is_start).collect::<Vec<_>>(), starts);
    for Completed { sample, answer } in &completed {
        assert_eq!(
            answer.as_ref().and_then(AnswerBody::bytes),
            Some(sample.seq.to_string().as_bytes()),
            "its own answer"
        );
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

#[test]
fn an_interrupt_ends_every_story_and_loses_none() {
    undisturbed(|| {
        let fake = Fake::new(|seq| if seq == 0 { Act::Answer { after_ms: 10 } } else { Act::Never });
        let (wish, interrupt) = Interrupt::new();
        let sender = std::thread::spawn(move || {
            pause(150);
            wish.send(Some(Signal::Interrupt)).expect("the engine listens");
            wish
        });
        let samples = Load::new(10, 3).pool(2).run_on(Clock::start(), fake, &interrupt);
        sender.join().expect("no panic");
        certain(samples.len() == 10, "none is lost");
        let words: Vec<_> = samples.iter().map(|sample| sample.error.map_or("ok", ErrorKind::name)).collect();
        assert_eq!(words[..4], ["ok", "interrupted", "interrupted", "unsent"]);
        assert!(words[3..].iter().all(|word| *word == "unsent"), "{words:?}");
        for sample in &samples[1..3] {
            assert_eq!(reached(sample), ["queue", "send", "wait"]);
            let end = sample.end().expect("it was sent").as_micros();
            assert!((150_000..400_000).contains(&end), "{end}");
        }
        assert_eq!(samples[1].end(), samples[2].end(), "one instant for all");
        for sample in &samples[3..] {
            assert_eq!((reached(sample), sample.end(), sample.attempts), (vec![], None, 0));
            assert_eq!(sample.due.is_some(), sample.seq == 3, "3 was due when 0 had ended, the others never");
        }
    });
}
