//! Runs one repetition: one loop for every pacing, strategy and transport.
//!
//! A request becomes due by the pacing, waits in one queue, and is taken by a free lane, alone or
//! with others. The lane's exchange ends in samples, and the end of a request may make the next
//! one due. Everything happens on one thread; samples leave it in chunks.

mod deadlines;
mod floor;
mod health;
mod lane;
mod output;
mod pacing;

pub use health::{Health, Lag};
pub use pacing::{Due, Pacing};

use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use anyhow::Context;
use tokio::task::LocalSet;

use crate::client::BatchFormat;
use crate::host::Clock;
use crate::host::Interrupt;
use crate::model::Completed;
use crate::model::Pulse;
use crate::model::Strategy;
use crate::plan::{Plan, TraceIds};
use crate::transport::Transport;
use floor::Floor;
use health::Watch;

/// How often chunks of samples are handed on, also when they are not full, and deadlines checked.
const TICK: Duration = Duration::from_millis(50);
/// How often the loop looks whether it is late: a standstill is known to this. Two hundred wake-ups a second cost about a
/// thousandth of a processor.
const PROBE: Duration = Duration::from_millis(5);

/// What one repetition is made of.
#[derive(Clone, Debug)]
pub struct Repetition {
    /// The workload.
    pub plan: Arc<Plan>,
    /// The trace ids of this repetition.
    pub traces: TraceIds,
    /// When requests are due.
    pub pacing: Pacing,
    /// How they are sent.
    pub strategy: Strategy,
    /// How batches look on the wire.
    pub batch_format: BatchFormat,
    /// Time from due after which a request has failed.
    pub timeout: Duration,
}

/// Runs a repetition to its end, or until the wish to stop. Blocks the calling thread, which
/// becomes the engine's. Samples go to `sink` in the order in which requests end, what the engine says of itself
/// to `pulse`. Returns how the client itself fared.
pub fn run<T: Transport + 'static>(
    repetition: Repetition,
    transport: T,
    clock: Clock,
    sink: Sender<Vec<Completed>>,
    pulse: &Pulse,
    interrupt: &Interrupt,
) -> anyhow::Result<Health> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the engine's runtime")?;
    let lanes = LocalSet::new();
    let mut watch = Watch::start(clock);
    lanes.block_on(
        &runtime,
        conduct(Floor::new(repetition, transport, clock, sink), pulse, interrupt, &mut watch),
    );
    let health = watch.finish();
    drop(lanes);
    // A name lookup cannot be cancelled; to wait for one that hangs would be to hang with it.
    runtime.shutdown_background();
    Ok(health)
}

async fn conduct<T: Transport + 'static>(
    floor: Rc<Floor<T>>,
    pulse: &Pulse,
    interrupt: &Interrupt,
    watch: &mut Watch,
) {
    floor.release_due();
    let mut look = floor.next_wake(TICK);
    loop {
        let wake = look.min(floor.clock.now() + PROBE);
        tokio::select! {
            () = floor.finished() => break,
            _ = interrupt.wait() => {
                floor.abandon();
                break;
            }
            () = tokio::time::sleep_until(floor.clock.instant(wake)) => {
                pulse.late(watch.woke(wake));
                if wake == look {
                    floor.tell(pulse);
                    floor.expire();
                    floor.release_due();
                    floor.hand_on();
                    look = floor.next_wake(TICK);
                }
            }
        }
    }
    floor.hand_on();
}
