//! One thread's run: the loop that looks at the clock, and the tasks of the slots beside it.

use std::pin::pin;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use super::halt::Halt;
use super::health::{Health, Watch};
use super::repetition::Repetition;
use super::scheduler::Scheduler;
use super::{deadlines, exchange};
use crate::host::{Alarm, Clock, Interrupt};
use crate::model::{Chunk, Closings, Moment, Pulse};
use crate::transport::Transport;

/// How often chunks of samples are handed on, also when they are not full, and deadlines checked.
const TICK: Duration = Duration::from_millis(50);
/// How often the loop looks whether it is late: a standstill is known to this. Two hundred wake-ups a second cost about a
/// thousandth of a processor.
const PROBE: Duration = Duration::from_millis(5);

/// Runs a repetition to its end, or until the wish to stop, no hope or nobody who takes its samples any more, on the calling thread and the given
/// current-thread runtime; one whose time is paused makes a test of it. Samples go to `sink` in the order in which requests
/// end, what the engine says of itself to `pulse`. Returns how the client itself fared.
pub fn run_on<T: Transport + 'static>(
    runtime: Runtime,
    repetition: Repetition,
    transport: T,
    clock: Clock,
    sink: Sender<Chunk>,
    pulse: &Pulse,
    interrupt: &Interrupt,
) -> Health {
    let halt = Halt::new(interrupt, repetition.patience);
    run_share(runtime, repetition, transport, Alarm::of_runtime, clock, sink, pulse, &halt)
}

/// The same with a thread's share of a repetition, whose threads end together, and the alarm that its loop is woken by.
#[expect(clippy::too_many_arguments, reason = "all that a thread is given")]
pub(super) fn run_share<T: Transport + 'static>(
    runtime: Runtime,
    share: Repetition,
    transport: T,
    alarm: impl FnOnce(Clock) -> Alarm,
    clock: Clock,
    sink: Sender<Chunk>,
    pulse: &Pulse,
    halt: &Halt,
) -> Health {
    let health = {
        // Its clock is read before the first task and after the last one too.
        let _inside = runtime.enter();
        let slots = LocalSet::new();
        let mut watch = Watch::start(clock);
        let scheduler = Scheduler::new(share, transport, clock, sink, halt.clone(), exchange::start);
        let closings =
            slots.block_on(&runtime, conduct(Rc::clone(&scheduler), &alarm(clock), pulse, halt, &mut watch));
        let surplus_connections = scheduler.surplus();
        let releases = scheduler.releases();
        Health { surplus_connections, closings, releases, gave_up: halt.gave_up(), ..watch.finish() }
    };
    // A name lookup cannot be cancelled; to wait for one that hangs would be to hang with it.
    runtime.shutdown_background();
    health
}

async fn conduct<T: Transport + 'static>(
    scheduler: Rc<Scheduler<T>>,
    alarm: &Alarm,
    pulse: &Pulse,
    halt: &Halt,
    watch: &mut Watch,
) -> Closings {
    scheduler.release_due();
    let mut halted = pin!(halt.called());
    let mut time = pin!(time_over(scheduler.clock, scheduler.repetition.at_most));
    let mut is_time = true;
    let mut look = deadlines::next_wake(&scheduler, TICK);
    loop {
        let probe = look.min(scheduler.clock.now() + PROBE);
        let next = [scheduler.first_rested(), scheduler.next_due()].into_iter().flatten();
        let wake = next.fold(probe, Moment::min);
        tokio::select! {
            () = scheduler.finished() => {
                scheduler.tell(pulse);
                break;
            }
            () = scheduler.room_changed() => scheduler.look_again(),
            () = scheduler.due_sooner() => {}
            () = &mut time, if is_time => {
                is_time = false;
                scheduler.issue_no_more();
            }
            () = &mut halted => {
                assert!(!scheduler.has_panicked(), "an exchange panicked; what it said stands above");
                // Before what is abandoned counts as issued.
                scheduler.tell(pulse);
                deadlines::abandon(&scheduler);
                break;
            }
            () = alarm.until(wake) => {
                pulse.late(watch.woke(wake));
                scheduler.end_rests();
                if wake == look {
                    scheduler.tell(pulse);
                    deadlines::expire(&scheduler);
                    scheduler.hand_on();
                }
                scheduler.release_due();
                if wake == look {
                    look = deadlines::next_wake(&scheduler, TICK);
                }
            }
        }
    }
    scheduler.hand_on();
    scheduler.closings()
}

/// Ends when the time for new requests is over.
async fn time_over(clock: Clock, at_most: Option<Duration>) {
    match at_most {
        Some(time) => tokio::time::sleep_until(clock.instant(Moment::START + time)).await,
        None => std::future::pending().await,
    }
}
