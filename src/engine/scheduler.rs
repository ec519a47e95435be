//! Where requests wait and slots come to take them: first come, first served.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use std::task::{Context, Poll};

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::halt::Halt;
use super::output::Output;
use super::pacing::Due;
use super::repetition::Repetition;
use super::slot::{Arrival, Slot, SlotState};
use crate::client::ConnectionPlace;
use crate::host::Clock;
use crate::model::{
    AnswerBody, BatchUse, Chunk, Completed, ErrorKind, Moment, Pulse, Sample, Stage, Strategy, Timeline,
};
use crate::transport::{ExchangeMarks, Transport};

/// Starts the task of a slot.
pub(super) type Start<T> = fn(&Rc<Scheduler<T>>, &Rc<Slot<T>>) -> AbortHandle;

/// All that the slots of a repetition share on one thread.
pub(super) struct Scheduler<T: Transport> {
    pub(super) repetition: Repetition,
    pub(super) clock: Clock,
    pub(super) state: RefCell<State<T>>,
    transport: Rc<T>,
    start: Start<T>,
    pub(super) output: Output,
    all_done: Notify,
    halt: Halt,
    panicked: Cell<bool>,
    batches: Cell<u64>,
    connections: Cell<u64>,
    told: Cell<(u64, u64)>,
}

/// What changes.
pub(super) struct State<T: Transport> {
    /// Requests that have become due.
    issued: u64,
    /// Requests whose story has ended.
    finished: u64,
    pub(super) waiting: VecDeque<Arrival>,
    pub(super) slots: Vec<Rc<Slot<T>>>,
    /// Places for connections, each with the slots that it has.
    places: Vec<(Rc<ConnectionPlace<T>>, usize)>,
    /// Places whose connection has room for more slots than they have.
    roomy: Vec<usize>,
    idle: VecDeque<usize>,
    /// Slots beyond what their places carry.
    surplus: Vec<usize>,
    /// Slots that were called and have not come yet.
    coming: usize,
}

impl<T: Transport + 'static> Scheduler<T> {
    pub(super) fn new(
        repetition: Repetition,
        transport: T,
        clock: Clock,
        sink: Sender<Chunk>,
        halt: Halt,
        start: Start<T>,
    ) -> Rc<Self> {
        Rc::new(Scheduler {
            repetition,
            clock,
            state: RefCell::new(State {
                issued: 0,
                finished: 0,
                waiting: VecDeque::new(),
                slots: Vec::new(),
                places: Vec::new(),
                roomy: Vec::new(),
                idle: VecDeque::new(),
                surplus: Vec::new(),
                coming: 0,
            }),
            transport: Rc::new(transport),
            start,
            output: Output::new(sink, halt.clone()),
            all_done: Notify::new(),
            halt,
            panicked: Cell::default(),
            batches: Cell::new(0),
            connections: Cell::new(0),
            told: Cell::default(),
        })
    }

    /// Waits until the last planned request has ended.
    pub(super) async fn finished(&self) {
        while !self.state.borrow().is_finished(self.repetition.requests()) {
            self.all_done.notified().await;
        }
    }

    /// Lets every request whose time has come wait, and calls slots for them.
    pub(super) fn release_due(self: &Rc<Self>) {
        let now = self.clock.now();
        loop {
            let issued = self.state.borrow().issued;
            if issued == self.repetition.requests() {
                break;
            }
            match self.repetition.pacing.due(issued) {
                Due::At(due) if due <= now => self.issue(due),
                _ => break,
            }
        }
        self.call_slots();
    }

    fn issue(&self, due: Moment) {
        let mut state = self.state.borrow_mut();
        let seq = self.repetition.slice.nth(state.issued);
        state.issue(Arrival { seq, due });
    }

    /// Calls a slot for each waiting request, as long as there are free ones: idle ones first, then new
    /// ones. Together they share what waits, see [`State::share`].
    pub(super) fn call_slots(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        state.revive();
        while state.coming < state.waiting.len() {
            if let Some(index) = state.idle.pop_front() {
                state.slots[index].call();
            } else if let Some(place) = self.place_with_room(&mut state) {
                let index = state.slots.len();
                let slot = self.start_slot(index, place);
                state.slots.push(slot);
            } else {
                break;
            }
            state.coming += 1;
        }
    }

    /// A place that has room for another slot: beside others on an open connection, else for a new connection.
    fn place_with_room(&self, state: &mut State<T>) -> Option<Rc<ConnectionPlace<T>>> {
        while let Some(index) = state.roomy.last().copied() {
            let (place, slots) = &mut state.places[index];
            if *slots < place.capacity() {
                *slots += 1;
                return Some(Rc::clone(place));
            }
            state.roomy.pop();
        }
        let strategy = &self.repetition.strategy;
        (state.places.len() < strategy.connections()).then(|| {
            let place = ConnectionPlace::new(Rc::clone(&self.transport), self.clock, strategy.keeps());
            state.places.push((Rc::clone(&place), 1));
            place
        })
    }

    /// A connection has been opened in a slot's place: it may have room for more exchanges than this one.
    pub(super) fn opened(self: &Rc<Self>, slot: &Slot<T>) {
        if slot.place.capacity() <= 1 {
            return;
        }
        let mut state = self.state.borrow_mut();
        let is_here = |(place, slots): &(Rc<ConnectionPlace<T>>, usize)| {
            Rc::ptr_eq(place, &slot.place) && *slots < place.capacity()
        };
        if let Some(index) = state.places.iter().position(is_here)
            && !state.roomy.contains(&index)
        {
            state.roomy.push(index);
            drop(state);
            self.call_slots();
        }
    }

    fn start_slot(self: &Rc<Self>, index: usize, place: Rc<ConnectionPlace<T>>) -> Rc<Slot<T>> {
        let slot = Slot::new(index, place, ExchangeMarks::new(self.clock, self.transport.observes()));
        slot.run_by((self.start)(self, &slot));
        slot
    }

    /// Puts a new slot in the place of one whose exchange nobody waits for any more.
    pub(super) fn replace_slot(self: &Rc<Self>, index: usize) {
        let old = Rc::clone(&self.state.borrow().slots[index]);
        // First the old one, so that its connection is closed before another is opened.
        old.abort();
        old.place.leave();
        let slot = self.start_slot(index, Rc::clone(&old.place));
        let mut state = self.state.borrow_mut();
        state.slots[index] = slot;
        state.coming += 1;
    }

    /// A slot comes to take the requests of its next exchange; until there are some it watches its
    /// idle connection.
    pub(super) fn poll_take(self: &Rc<Self>, slot: &Slot<T>, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.clock.now();
        self.expire_waiting(now);
        let mut state = self.state.borrow_mut();
        state.welcome(slot);
        if state.waiting.is_empty() {
            slot.rest(SlotState::Idle, cx);
            state.idle.push_back(slot.index);
            slot.place.poll_idle(cx);
            return Poll::Pending;
        }
        if !slot.place.has_room() {
            slot.rest(SlotState::Surplus, cx);
            state.surplus.push(slot.index);
            drop(state);
            self.call_slots();
            return Poll::Pending;
        }
        slot.state.set(SlotState::Busy);
        slot.place.enter();
        let size = state.share(&self.repetition.strategy);
        slot.members.borrow_mut().extend(state.waiting.drain(..size).enumerate());
        slot.batch.set(self.repetition.strategy.batches().then(|| self.next_batch(size)));
        slot.marks.begin(now);
        drop(state);
        self.call_slots();
        Poll::Ready(())
    }

    /// Ends the stories of requests that are still waiting at their deadline: they are not sent any more.
    pub(super) fn expire_waiting(&self, now: Moment) {
        let timeout = self.repetition.timeout;
        loop {
            let mut state = self.state.borrow_mut();
            // They wait in the order of due.
            let first = state.waiting.front().copied().filter(|arrival| arrival.due + timeout <= now);
            let Some(arrival) = first else { return };
            state.waiting.pop_front();
            drop(state);
            self.end(self.waited_in_vain(arrival, arrival.due + timeout), None);
        }
    }

    /// A request that reached its deadline before a connection was free for it.
    fn waited_in_vain(&self, arrival: Arrival, end: Moment) -> Sample {
        let mut timeline = Timeline::from_due(arrival.due);
        timeline.end(Stage::Queue, end);
        let unsent =
            Sample::unsent(arrival.seq, self.repetition.traces.trace(arrival.seq), Some(arrival.due));
        Sample { stages: timeline.finish(), error: Some(ErrorKind::Timeout), ..unsent }
    }

    fn next_batch(&self, size: usize) -> BatchUse {
        BatchUse { id: self.next_id(&self.batches), size: size as u32 }
    }

    /// Names the next connection, uniquely within the repetition.
    pub(super) fn next_connection(&self) -> u64 {
        self.next_id(&self.connections)
    }

    /// Ids from 1 that no other thread of the repetition gives.
    fn next_id(&self, given: &Cell<u64>) -> u64 {
        given.set(given.get() + 1);
        self.repetition.slice.nth(given.get() - 1) + 1
    }

    /// The one place where a request's story ends: records it, and lets the next one become due
    /// where the pacing says so. Slots are not called: the slot that has just become free takes
    /// the next requests itself.
    pub(super) fn end(&self, sample: Sample, answer: Option<AnswerBody>) {
        let end = sample.end();
        self.output.push(Completed { sample, answer });
        let planned = self.repetition.requests();
        let mut state = self.state.borrow_mut();
        state.finished += 1;
        if let Some(end) = end
            && state.issued < planned
            && self.repetition.pacing.due(state.issued) == Due::WhenOneEnds
        {
            let seq = self.repetition.slice.nth(state.issued);
            state.issue(Arrival { seq, due: end });
        }
        if state.is_finished(planned) {
            self.all_done.notify_one();
        }
    }

    /// Stops issuing and returns which requests of this thread were never issued.
    pub(super) fn close(&self) -> Range<u64> {
        let planned = self.repetition.requests();
        let mut state = self.state.borrow_mut();
        std::mem::replace(&mut state.issued, planned)..planned
    }

    /// How many requests are due and not ended, and how many connections are open.
    pub(super) fn tell(&self, pulse: &Pulse) {
        let state = self.state.borrow();
        let open = state.slots.iter().filter(|slot| slot.marks.has_connection()).count();
        let now = (state.issued - state.finished, open as u64);
        pulse.change(self.told.replace(now), now);
    }

    /// A slot's task has panicked. Nobody looks at what becomes of these tasks, so that this must be said.
    pub(super) fn panicked(&self) {
        self.panicked.set(true);
        self.halt.call();
    }

    pub(super) fn has_panicked(&self) -> bool {
        self.panicked.get()
    }

    pub(super) fn hand_on(&self) {
        self.output.hand_on();
    }
}

impl<T: Transport> State<T> {
    pub(super) fn issued(&self) -> u64 {
        self.issued
    }

    fn is_finished(&self, planned: u64) -> bool {
        self.finished == planned
    }

    /// How many of the waiting requests a slot takes that has come: a fair share among the slots that
    /// are free, at most a batch. To take more while another connection lies idle would make requests
    /// wait for each other and save nothing.
    fn share(&self, strategy: &Strategy) -> usize {
        let not_started = strategy.connections().saturating_sub(self.places.len());
        let free = (self.coming + self.idle.len()).saturating_add(not_started).saturating_add(1);
        self.waiting.len().div_ceil(free).min(strategy.batch)
    }

    /// Puts a request behind all that were due before it. Its place is the last, unless ends
    /// are noticed in another order than that in which they happened.
    fn issue(&mut self, arrival: Arrival) {
        let later = self.waiting.iter().rposition(|waiting| waiting.due <= arrival.due);
        self.waiting.insert(later.map_or(0, |last| last + 1), arrival);
        self.issued += 1;
    }

    /// Books a slot out of wherever it was.
    fn welcome(&mut self, slot: &Slot<T>) {
        match slot.state.get() {
            SlotState::Called => self.coming -= 1,
            SlotState::Idle => self.idle.retain(|index| *index != slot.index),
            SlotState::Surplus => self.surplus.retain(|index| *index != slot.index),
            SlotState::Busy => slot.place.leave(),
        }
    }

    /// Surplus slots whose places have room are idle ones.
    fn revive(&mut self) {
        let State { surplus, slots, idle, .. } = self;
        for index in surplus.extract_if(.., |index| slots[*index].place.has_room()) {
            slots[index].state.set(SlotState::Idle);
            idle.push_back(index);
        }
    }
}
