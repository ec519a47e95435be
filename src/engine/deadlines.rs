//! Ends the stories that nobody can wait for any longer: past their deadline, or interrupted.
//!
//! Deadlines count from due and are checked from outside the slots, so that an exchange in time
//! pays nothing for them.

use std::rc::Rc;
use std::time::Duration;

use super::scheduler::Scheduler;
use super::slot::{Arrival, Slot};

use super::pacing::Due;
use crate::model::Moment;
use crate::model::{ErrorKind, Sample, Stage, Timeline};
use crate::transport::Transport;

impl<T: Transport + 'static> Scheduler<T> {
    /// When the engine must look again: at the next deadline or due time, but at least once a tick.
    pub(super) fn next_wake(&self, tick: Duration) -> Moment {
        let state = self.state.borrow();
        let waiting = state.waiting.front().map(|arrival| arrival.due);
        let under_way = state
            .slots
            .iter()
            .filter_map(|slot| slot.members.borrow().iter().map(|(_, member)| member.due).min());
        let deadline = waiting.into_iter().chain(under_way).min().map(|due| due + self.repetition.timeout);
        let release = self.next_release(state.issued());
        let tick = self.clock.now() + tick;
        [deadline, release].into_iter().flatten().fold(tick, Moment::min)
    }

    /// When the plan makes the next request due; `None` where the end of another one does.
    fn next_release(&self, seq: u64) -> Option<Moment> {
        match self.repetition.pacing.due(seq) {
            Due::At(due) if seq < self.repetition.requests() => Some(due),
            _ => None,
        }
    }

    /// Ends every story whose deadline has passed.
    pub(super) fn expire(self: &Rc<Self>) {
        let now = self.clock.now();
        let timeout = self.repetition.timeout;
        self.expire_waiting(now);
        let slots: Vec<Rc<Slot<T>>> = self.state.borrow().slots.iter().map(Rc::clone).collect();
        for slot in slots {
            let expired: Vec<Arrival> = slot
                .members
                .borrow_mut()
                .extract_if(.., |(_, member)| member.due + timeout <= now)
                .map(|(_, m)| m)
                .collect();
            if expired.is_empty() {
                continue;
            }
            slot.marks.take_evidence();
            for member in expired {
                let end = member.due + timeout;
                self.end(slot.sample(&self.repetition.traces, member, end, Some(ErrorKind::Timeout)), None);
            }
            if slot.members.borrow().is_empty() {
                self.replace_slot(slot.index);
            }
        }
        self.call_slots();
    }

    /// Ends the stories of requests that are still waiting at their deadline: they are not sent any more.
    pub(super) fn expire_waiting(&self, now: Moment) {
        let timeout = self.repetition.timeout;
        while let Some(arrival) = self.pop_waiting(|arrival| arrival.due + timeout <= now) {
            self.end(self.waited_in_vain(arrival, arrival.due + timeout), None);
        }
    }

    /// Ends every story at once: what is under way is interrupted, the rest was never sent.
    pub(super) fn abandon(self: &Rc<Self>) {
        let now = self.clock.now();
        let never_issued = self.close();
        let slots: Vec<Rc<Slot<T>>> = self.state.borrow().slots.iter().map(Rc::clone).collect();
        for slot in slots {
            slot.marks.take_evidence();
            for (_, member) in std::mem::take(&mut *slot.members.borrow_mut()) {
                self.end(
                    slot.sample(&self.repetition.traces, member, now, Some(ErrorKind::Interrupted)),
                    None,
                );
            }
        }
        let waiting = std::mem::take(&mut self.state.borrow_mut().waiting);
        let waiting = waiting.into_iter().map(|arrival| (arrival.seq, Some(arrival.due)));
        let slice = self.repetition.slice;
        for (seq, due) in waiting.chain(never_issued.map(|number| (slice.nth(number), None))) {
            self.end(Sample::unsent(seq, self.repetition.traces.trace(seq), due), None);
        }
    }

    /// Takes the first waiting request if `chosen` says so. Requests wait in the order of due.
    fn pop_waiting(&self, chosen: impl Fn(&Arrival) -> bool) -> Option<Arrival> {
        let mut state = self.state.borrow_mut();
        let first = state.waiting.front().copied().filter(chosen)?;
        state.waiting.pop_front();
        Some(first)
    }

    /// A request that reached its deadline before a connection was free for it.
    fn waited_in_vain(&self, arrival: Arrival, end: Moment) -> Sample {
        let mut timeline = Timeline::from_due(arrival.due);
        timeline.end(Stage::Queue, end);
        let unsent =
            Sample::unsent(arrival.seq, self.repetition.traces.trace(arrival.seq), Some(arrival.due));
        Sample { stages: timeline.finish(), error: Some(ErrorKind::Timeout), ..unsent }
    }
}
