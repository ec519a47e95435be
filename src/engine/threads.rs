//! A repetition on as many threads as it is given, each with its share of callers, connections and requests. One that fails
//! ends the others.

use std::any::Any;
use std::sync::mpsc::Sender;
use std::thread::{Builder, Scope, ScopedJoinHandle};

use anyhow::{Context, anyhow};

use super::halt::Halt;
use super::health::Health;
use super::repetition::Repetition;
use super::run::run_share;
use crate::host::{Clock, Interrupt};
use crate::model::{Chunk, Pulse};
use crate::transport::Transport;

type Thread<'scope> = ScopedJoinHandle<'scope, anyhow::Result<Health>>;

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
    let halt = Halt::new(interrupt);
    let run = |share: Repetition, sink: Sender<Chunk>| -> anyhow::Result<Health> {
        let guard = halt.guard();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("cannot start the engine's runtime")?;
        let health = run_share(runtime, share, transport(), clock, sink, pulse, &halt);
        guard.waive();
        Ok(health)
    };
    let mut shares = repetition.shares(threads);
    let own = shares.remove(0);
    std::thread::scope(|scope| {
        // The scope waits for the threads that it has, also when there is an error.
        let guard = halt.guard();
        let others: Vec<Thread> = shares
            .into_iter()
            .enumerate()
            .map(|(index, share)| {
                let (run, sink) = (&run, sink.clone());
                start(scope, index + 2, move || run(share, sink))
            })
            .collect::<Result<_, _>>()?;
        let mut health = run(own, sink)?;
        guard.waive();
        let mut failed = None;
        for (index, other) in others.into_iter().enumerate() {
            match ended(index + 2, other) {
                Ok(other) => health.join(other),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(health), Err)
    })
}

fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    number: usize,
    run: impl FnOnce() -> anyhow::Result<Health> + Send + 'scope,
) -> anyhow::Result<Thread<'scope>> {
    let started = Builder::new().name(format!("engine {number}")).spawn_scoped(scope, run);
    started.with_context(|| format!("cannot start thread {number} of the engine"))
}

fn ended(number: usize, thread: Thread) -> anyhow::Result<Health> {
    match thread.join() {
        Ok(outcome) => outcome.with_context(|| format!("thread {number} of the engine failed")),
        Err(panic) => Err(anyhow!("thread {number} of the engine panicked: {}", message(&*panic))),
    }
}

/// What a panic says.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it does not say why")
}
