//! A repetition that cannot be recorded, or of which a thread fails, ends at once and on all its threads.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use spanload::engine::{self, Health};
use spanload::host::{Clock, Interrupt};
use spanload::model::{Chunk, Pulse, StageSet};

use super::load::{Load, paused};
use super::scripted::{Act, Scripted};

/// It only ends what hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// What was sent since the recorder was last heard of: a chunk, and the chunk that found nobody.
const CHUNKS: usize = 512;

fn run(load: Load, transport: Scripted, sink: Sender<Chunk>) -> Health {
    let runtime = paused();
    let clock = {
        let _inside = runtime.enter();
        Clock::start()
    };
    engine::run_on(runtime, load.repetition, transport, clock, sink, &Pulse::default(), &Interrupt::never())
}

/// Runs requests that take an hour on three threads, and returns how that ended.
fn run_on_threads(
    sink: Sender<Chunk>,
    before_each: impl Fn(usize) + Send + Sync + 'static,
) -> anyhow::Result<Health> {
    let (ended, end) = channel();
    std::thread::spawn(move || {
        let started = AtomicUsize::new(0);
        let transport = || {
            before_each(started.fetch_add(1, Ordering::SeqCst));
            Scripted::with(1, 0, StageSet::ALL, |_| Act::Never)
        };
        let load = Load::new(1_000, 6).pool(6).timeout_ms(3_600_000);
        let (clock, pulse, never) = (Clock::start(), Pulse::default(), Interrupt::never());
        let outcome = engine::run(3, load.repetition, transport, clock, sink, &pulse, &never);
        let _ = ended.send(outcome);
    });
    end.recv_timeout(PATIENCE).expect("no panic, and nobody waits for the load of the others")
}

#[test]
fn what_nobody_records_is_not_sent() {
    let (sink, chunks) = channel::<Chunk>();
    let recorder = RefCell::new(Some(chunks));
    let transport = Scripted::new(move |seq| {
        if seq == 1_000 {
            recorder.take();
        }
        Act::Answer { after_ms: 1 }
    });
    run(Load::new(100_000, 4).pool(4), transport.clone(), sink);
    let sent = transport.exchanges().len();
    assert!(sent > 1_000 && sent <= 1_000 + CHUNKS, "{sent}");
}

#[test]
fn nor_is_it_waited_for() {
    let (sink, _) = channel();
    let health = run(Load::new(10, 4), Scripted::new(|_| Act::Never), sink);
    assert_eq!(health.wall.0, 50_000, "the first time that somebody looks");
}

#[test]
fn all_threads_end_where_nobody_records() {
    let (sink, _) = channel();
    assert!(run_on_threads(sink, |_| {}).is_ok(), "the recorder says why");
}

#[test]
fn a_thread_that_fails_ends_the_others_and_is_named() {
    let (sink, _chunks) = channel();
    let fail = |at| move |index| assert_ne!(index, at, "it fails on purpose");
    // The calling thread is not the first one for certain, so that it may be any of them.
    for at in 0..3 {
        let error = run_on_threads(sink.clone(), fail(at)).expect_err("a thread failed").to_string();
        assert!(error.contains("of the engine panicked") && error.contains("on purpose"), "{error}");
    }
}

#[test]
fn an_exchange_that_panics_is_no_request_that_takes_its_time() {
    let (sink, _chunks) = channel();
    let transport = Scripted::new(|seq| match seq {
        3 => panic!("on purpose"),
        _ => Act::Answer { after_ms: 1 },
    });
    let run = || run(Load::new(1_000, 2).pool(2), transport.clone(), sink);
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("it is said");
    let said = panic.downcast_ref::<&str>().expect("a message");
    assert!(said.contains("an exchange panicked"), "{said}");
    assert!(transport.exchanges().len() < 10, "at once");
}
