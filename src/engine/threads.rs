//! A repetition on as many threads as it is given, each with its share of callers, connections and requests. One that fails
//! ends the others.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Sender;
use std::thread::{Builder, Scope, ScopedJoinHandle};

use anyhow::{Context, bail};
use tokio::runtime::Runtime;

use super::halt::Halt;
use super::health::Health;
use super::repetition::Repetition;
use super::run::run_share;
use crate::host::{Alarm, Clock, Interrupt, no_thread};
use crate::model::{Chunk, Pulse};
use crate::transport::Transport;

type Thread<'scope> = ScopedJoinHandle<'scope, Health>;

/// Runs a repetition to its end, or until the wish to stop, on `threads` threads. Blocks the calling thread, which becomes
/// the first of them. Each thread makes its own transport. Ends early, and without an error, if nobody takes what is sent to
/// `sink` any more: whoever should have knows why.
///
/// # Errors
/// A thread or a runtime that cannot be had, or a panic of one; the other threads end with it.
pub fn run<T: Transport + 'static>(
    threads: usize,
    repetition: Repetition,
    transport: impl Fn() -> T + Sync,
    clock: Clock,
    sink: Sender<Chunk>,
    pulse: &Pulse,
    interrupt: &Interrupt,
) -> anyhow::Result<Health> {
    let halt = Halt::new(interrupt, repetition.patience);
    let shares = repetition.shares(threads);
    // All of them before the first request: what cannot be had must not cost a load that is on.
    let runtimes = shares.iter().map(|_| runtime()).collect::<anyhow::Result<Vec<_>>>()?;
    let run = |runtime: Runtime, share: Repetition, sink: Sender<Chunk>| {
        let guard = halt.guard();
        // A closed loop has nothing that is due at a time but what its callers think.
        let alarm = if share.pacing.is_open() { Alarm::precise } else { Alarm::of_runtime };
        let health = run_share(runtime, share, transport(), alarm, clock, sink, pulse, &halt);
        guard.waive();
        health
    };
    let mut work = runtimes.into_iter().zip(shares);
    let (own_runtime, own_share) = work.next().expect("there is one share at least");
    std::thread::scope(|scope| {
        // The scope waits for the threads that it has, also when there is an error.
        let guard = halt.guard();
        let others = work.enumerate().map(|(index, (runtime, share))| {
            let (run, sink) = (&run, sink.clone());
            start(scope, index + 2, move || run(runtime, share, sink))
        });
        let others = others.collect::<anyhow::Result<Vec<Thread>>>()?;
        guard.waive();
        // A panic here must not leave the others without somebody who waits for them.
        let own = catch_unwind(AssertUnwindSafe(|| run(own_runtime, own_share, sink)));
        let all = std::iter::once(own).chain(others.into_iter().map(Thread::join));
        joined(all.collect::<Vec<_>>())
    })
}

fn runtime() -> anyhow::Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start a runtime of the engine")
}

fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    number: usize,
    run: impl FnOnce() -> Health + Send + 'scope,
) -> anyhow::Result<Thread<'scope>> {
    let started = Builder::new().name(format!("engine {number}")).spawn_scoped(scope, run);
    started.with_context(|| no_thread(&format!("engine {number}")))
}

/// How all threads fared together, or what the first one that failed said.
fn joined(outcomes: Vec<std::thread::Result<Health>>) -> anyhow::Result<Health> {
    let mut all: Option<Health> = None;
    for (number, outcome) in (1..).zip(outcomes) {
        match (outcome, &mut all) {
            (Err(panic), _) => bail!("thread {number} of the engine panicked: {}", message(&*panic)),
            (Ok(health), Some(all)) => all.join(health),
            (Ok(health), None) => all = Some(health),
        }
    }
    all.context("there is no thread")
}

/// What a panic says.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it does not say why")
}
