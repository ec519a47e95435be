//! A repetition on as many threads as it is given, each with its share of callers, connections and requests.

use std::sync::mpsc::Sender;

use anyhow::{Context, anyhow};

use super::health::Health;
use super::repetition::Repetition;
use super::run::run_on;
use crate::host::{Clock, Interrupt};
use crate::model::{Completed, Pulse};
use crate::transport::Transport;

/// Runs a repetition to its end, or until the wish to stop, on `threads` threads. Blocks the calling thread, which becomes
/// the first of them. Each thread makes its own transport.
///
/// # Errors
/// A thread or a runtime that cannot be had, or a panic of one.
pub fn run<T: Transport + 'static>(
    threads: usize,
    repetition: Repetition,
    transport: impl Fn() -> T + Sync,
    clock: Clock,
    sink: Sender<Vec<Completed>>,
    pulse: &Pulse,
    interrupt: &Interrupt,
) -> anyhow::Result<Health> {
    let run = |share: Repetition, sink: Sender<Vec<Completed>>| -> anyhow::Result<Health> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("cannot start the engine's runtime")?;
        Ok(run_on(runtime, share, transport(), clock, sink, pulse, interrupt))
    };
    let mut shares = repetition.shares(threads);
    let own = shares.remove(0);
    std::thread::scope(|scope| {
        let others: Vec<_> = shares
            .into_iter()
            .enumerate()
            .map(|(index, share)| {
                let (run, sink) = (&run, sink.clone());
                let name = format!("engine {}", index + 2);
                std::thread::Builder::new().name(name).spawn_scoped(scope, move || run(share, sink))
            })
            .collect::<Result<_, _>>()
            .context("cannot start the engine's threads")?;
        let mut health = run(own, sink.clone())?;
        for other in others {
            health.join(other.join().map_err(|_| anyhow!("an engine thread panicked"))??);
        }
        Ok(health)
    })
}
