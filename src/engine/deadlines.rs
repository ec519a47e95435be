//! Ends the stories that nobody can wait for any longer: past their deadline, or interrupted.
//!
//! Deadlines count from due and are checked from outside the slots, so that an exchange in time
//! pays nothing for them.

use std::rc::Rc;
use std::time::Duration;

use super::scheduler::Scheduler;
use super::slot::{Arrival, Slot};
use crate::model::{ErrorKind, Moment, Sample};
use crate::transport::Transport;

/// When the engine must look at deadlines again: at the next of them, but at least once a tick.
pub(super) fn next_wake<T: Transport + 'static>(scheduler: &Scheduler<T>, tick: Duration) -> Moment {
    let state = scheduler.state.borrow();
    let waiting = state.arrivals.waiting.front().map(|arrival| arrival.due);
    let under_way = state
        .slots
        .iter()
        .filter_map(|slot| slot.members.borrow().iter().map(|(_, member)| member.due).min());
    let due = waiting.into_iter().chain(under_way).min();
    let deadline = due.map(|due| due + scheduler.repetition.timeout);
    let tick = scheduler.clock.now() + tick;
    deadline.map_or(tick, |deadline| deadline.min(tick))
}

/// Ends every story whose deadline has passed.
pub(super) fn expire<T: Transport + 'static>(scheduler: &Rc<Scheduler<T>>) {
    let now = scheduler.clock.now();
    scheduler.expire_waiting(now);
    let timeout = scheduler.repetition.timeout;
    for slot in slots(scheduler) {
        let mut members = slot.members.borrow_mut();
        let expired = members.extract_if(.., |(_, member)| member.due + timeout <= now);
        let expired: Vec<Arrival> = expired.map(|(_, member)| member).collect();
        let nobody_waits = members.is_empty();
        drop(members);
        if expired.is_empty() {
            continue;
        }
        slot.marks.take_evidence();
        for member in expired {
            end(scheduler, &slot, member, member.due + timeout, ErrorKind::Timeout);
        }
        if nobody_waits {
            scheduler.replace_slot(slot.index);
        }
    }
    scheduler.call_slots();
}

/// Ends every story at once: what is under way is interrupted, the rest was never sent.
pub(super) fn abandon<T: Transport + 'static>(scheduler: &Rc<Scheduler<T>>) {
    let now = scheduler.clock.now();
    let never_issued = scheduler.close();
    for slot in slots(scheduler) {
        slot.marks.take_evidence();
        for (_, member) in slot.members.take() {
            end(scheduler, &slot, member, now, ErrorKind::Interrupted);
        }
    }
    let waiting = scheduler.take_waiting();
    let (slice, traces) = (scheduler.repetition.slice, scheduler.repetition.traces);
    for arrival in waiting {
        let Arrival { seq, due, in_vain } = arrival;
        scheduler.end(in_vain, Sample::unsent(seq, traces.trace(seq), Some(due)), None);
    }
    let unsent = move |seq| Sample::unsent(seq, traces.trace(seq), None);
    scheduler.output.hand_on_rest(never_issued.map(move |number| unsent(slice.nth(number))));
}

fn slots<T: Transport>(scheduler: &Scheduler<T>) -> Vec<Rc<Slot<T>>> {
    scheduler.state.borrow().slots.clone()
}

fn end<T: Transport + 'static>(
    scheduler: &Scheduler<T>,
    slot: &Slot<T>,
    member: Arrival,
    end: Moment,
    error: ErrorKind,
) {
    let sample = slot.sample(&scheduler.repetition.traces, member, end, Some(error));
    scheduler.end(member.in_vain, sample, None);
}
