//! The floor on which requests wait and lanes come to take them: first come, first served.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::Repetition;
use super::lane::{self, Slot, SlotState};
use super::output::Output;
use super::pacing::Due;
use crate::host::Clock;
use crate::model::Moment;
use crate::model::Pulse;
use crate::model::Strategy;
use crate::model::{AnswerBody, BatchUse, Completed, KeptAnswer, Sample};
use crate::transport::{Lane, Marks, Outgoing, Transport};

/// A request that is due and waits, or is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub seq: u64,
    pub due: Moment,
}

/// All that the lanes of a repetition share.
pub(super) struct Floor<T> {
    pub(super) repetition: Repetition,
    pub(super) clock: Clock,
    pub(super) state: RefCell<State>,
    transport: T,
    output: Output,
    all_done: Notify,
    batches: Cell<u64>,
}

/// What changes.
#[derive(Default)]
pub(super) struct State {
    /// Requests that have become due.
    issued: u64,
    /// Requests whose story has ended.
    finished: u64,
    pub(super) waiting: VecDeque<Arrival>,
    pub(super) slots: Vec<(Rc<Slot>, AbortHandle)>,
    idle: VecDeque<usize>,
    /// Lanes that were called and have not come yet.
    coming: usize,
}

impl<T: Transport + 'static> Floor<T> {
    pub(super) fn new(
        repetition: Repetition,
        transport: T,
        clock: Clock,
        sink: Sender<Vec<Completed>>,
    ) -> Rc<Self> {
        Rc::new(Floor {
            repetition,
            clock,
            state: RefCell::default(),
            transport,
            output: Output::new(sink),
            all_done: Notify::new(),
            batches: Cell::new(0),
        })
    }

    /// Waits until the last planned request has ended.
    pub(super) async fn finished(&self) {
        while !self.state.borrow().is_finished(self.repetition.plan.requests()) {
            self.all_done.notified().await;
        }
    }

    /// Lets every request whose time has come wait on the floor, and calls lanes for them.
    pub(super) fn release_due(self: &Rc<Self>) {
        let now = self.clock.now();
        loop {
            let seq = self.state.borrow().issued;
            if seq == self.repetition.plan.requests() {
                break;
            }
            match self.repetition.pacing.due(seq) {
                Due::At(due) if due <= now => self.state.borrow_mut().issue(due),
                _ => break,
            }
        }
        self.call_lanes();
    }

    /// Calls a lane for each waiting request, as long as there are free ones: idle ones first, then new
    /// ones. Together they share what waits, see [`State::share`].
    pub(super) fn call_lanes(self: &Rc<Self>) {
        let strategy = self.repetition.strategy;
        let mut state = self.state.borrow_mut();
        while state.coming < state.waiting.len() {
            if let Some(index) = state.idle.pop_front() {
                state.slots[index].0.call();
            } else if state.slots.len() < strategy.lanes() {
                let place = state.slots.len();
                let lane = self.start_lane(place);
                state.slots.push(lane);
            } else {
                break;
            }
            state.coming += 1;
        }
    }

    fn start_lane(self: &Rc<Self>, index: usize) -> (Rc<Slot>, AbortHandle) {
        let slot = Slot::new(index, Marks::new(self.clock));
        let lane = self.transport.lane(Rc::clone(&slot.marks), self.repetition.strategy.keeps());
        let task = tokio::task::spawn_local(lane::run(Rc::clone(self), Rc::clone(&slot), lane));
        (slot, task.abort_handle())
    }

    /// Puts a new lane in the place of one whose exchange nobody waits for any more.
    pub(super) fn replace_lane(self: &Rc<Self>, index: usize) {
        // First the old one, so that its connection is closed before another is opened.
        self.state.borrow().slots[index].1.abort();
        let lane = self.start_lane(index);
        let mut state = self.state.borrow_mut();
        state.slots[index] = lane;
        state.coming += 1;
    }

    /// A lane comes to take the requests of its next exchange; until there are some it watches its
    /// idle connection.
    pub(super) fn poll_take(
        self: &Rc<Self>,
        slot: &Slot,
        lane: &mut impl Lane,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let now = self.clock.now();
        self.expire_waiting(now);
        let mut state = self.state.borrow_mut();
        state.welcome(slot);
        if state.waiting.is_empty() {
            slot.rest(cx);
            state.idle.push_back(slot.index);
            lane.poll_idle(cx);
            return Poll::Pending;
        }
        slot.state.set(SlotState::Busy);
        let size = state.share(&self.repetition.strategy);
        slot.members.borrow_mut().extend(state.waiting.drain(..size).enumerate());
        slot.batch.set(self.repetition.strategy.batches().then(|| self.next_batch(size)));
        slot.marks.begin(now);
        drop(state);
        self.call_lanes();
        Poll::Ready(())
    }

    fn next_batch(&self, size: usize) -> BatchUse {
        self.batches.set(self.batches.get() + 1);
        BatchUse { id: self.batches.get(), size: size as u32 }
    }

    /// What the requests in a slot send; the first of them leads.
    pub(super) fn compose(&self, slot: &Slot) -> Outgoing {
        let plan = &self.repetition.plan;
        let members = slot.members.borrow();
        let traceparent = self.repetition.traces.traceparent(members[0].1.seq);
        if let [(_, only)] = members.as_slice() {
            return Outgoing { batched: false, body: plan.body(only.seq), traceparent };
        }
        let bodies: Vec<Bytes> = members.iter().map(|(_, member)| plan.body(member.seq)).collect();
        Outgoing { batched: true, body: self.repetition.batch_format.compose(&bodies), traceparent }
    }

    /// The one place where a request's story ends: records it, and lets the next one become due
    /// where the pacing says so. Lanes are not called: the lane that has just become free takes
    /// the next requests itself.
    pub(super) fn end(&self, sample: Sample, answer: Option<Bytes>) {
        let end = sample.end();
        let answer = answer.map(|bytes| AnswerBody::Kept(KeptAnswer::uncounted(bytes)));
        self.output.push(Completed { sample, answer });
        let planned = self.repetition.plan.requests();
        let mut state = self.state.borrow_mut();
        state.finished += 1;
        if let Some(end) = end
            && state.issued < planned
            && self.repetition.pacing.due(state.issued) == Due::WhenOneEnds
        {
            state.issue(end);
        }
        if state.is_finished(planned) {
            self.all_done.notify_one();
        }
    }

    /// Stops issuing and returns the sequence numbers that were never issued.
    pub(super) fn close(&self) -> std::ops::Range<u64> {
        let planned = self.repetition.plan.requests();
        let mut state = self.state.borrow_mut();
        std::mem::replace(&mut state.issued, planned)..planned
    }

    /// How many requests are due and not ended, and how many connections are open.
    pub(super) fn tell(&self, pulse: &Pulse) {
        let state = self.state.borrow();
        let open = state.slots.iter().filter(|(slot, _)| slot.marks.has_socket()).count();
        pulse.set(state.issued - state.finished, open as u64);
    }

    pub(super) fn hand_on(&self) {
        self.output.hand_on();
    }
}

impl State {
    pub(super) fn issued(&self) -> u64 {
        self.issued
    }

    fn is_finished(&self, planned: u64) -> bool {
        self.finished == planned
    }

    /// How many of the waiting requests a lane takes that has come: a fair share among the lanes that
    /// are free, at most a batch. To take more while another connection lies idle would make requests
    /// wait for each other and save nothing.
    fn share(&self, strategy: &Strategy) -> usize {
        let not_started = strategy.lanes() - self.slots.len();
        let free = (self.coming + self.idle.len()).saturating_add(not_started).saturating_add(1);
        self.waiting.len().div_ceil(free).min(strategy.batch)
    }

    /// Puts the next request behind all that were due before it. Its place is the last, unless ends
    /// are noticed in another order than that in which they happened.
    fn issue(&mut self, due: Moment) {
        let place = self.waiting.iter().rposition(|waiting| waiting.due <= due).map_or(0, |last| last + 1);
        self.waiting.insert(place, Arrival { seq: self.issued, due });
        self.issued += 1;
    }

    /// Books a lane out of wherever it was.
    fn welcome(&mut self, slot: &Slot) {
        match slot.state.get() {
            SlotState::Called => self.coming -= 1,
            SlotState::Idle => self.idle.retain(|index| *index != slot.index),
            SlotState::Busy => {}
        }
    }
}
