//! Where requests wait and slots come to take them: first come, first served.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use std::task::{Context, Poll};

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::arrivals::Arrivals;
use super::back_off::InVain;
use super::few_failures::FewFailures;
use super::halt::Halt;
use super::output::Output;
use super::pacing::{Due, Dues};
use super::punctuality::Punctuality;
use super::repetition::Repetition;
use super::room::Room;
use super::slot::{Arrival, Slot, SlotState};
use crate::client::{ConnectionPlace, Seat};
use crate::host::Clock;
use crate::model::{
    AnswerBody, BatchUse, Chunk, Closings, Completed, ErrorKind, Moment, Pulse, Releases, Sample, Stage,
    Standing, Strategy, Timeline,
};
use crate::transport::{ConnectionChanges, ExchangeMarks, Transport};

/// Starts the task of a slot.
pub(super) type Start<T> = fn(&Rc<Scheduler<T>>, &Rc<Slot<T>>) -> AbortHandle;

/// All that the slots of a repetition share on one thread.
pub(super) struct Scheduler<T: Transport> {
    pub(super) repetition: Repetition,
    pub(super) clock: Clock,
    pub(super) state: RefCell<State<T>>,
    transport: Rc<T>,
    changes: Rc<ConnectionChanges>,
    start: Start<T>,
    pub(super) output: Output,
    all_done: Notify,
    /// A request will be due before all that were known to be.
    due_sooner: Notify,
    halt: Halt,
    panicked: Cell<bool>,
    batches: Cell<u64>,
    connections: Cell<u64>,
    told: Cell<Standing>,
    /// Requests that this thread sends: fewer than its share once there is no more time.
    planned: Cell<u64>,
    /// Connections that delivered bytes that nobody had asked for.
    surplus: Cell<u64>,
    pub(super) failures: FewFailures,
}

/// What changes.
pub(super) struct State<T: Transport> {
    /// Requests whose story has ended.
    finished: u64,
    /// When the next ones are due.
    dues: Dues,
    /// How late they were let go, where the plan says when they are due.
    punctuality: Option<Punctuality>,
    /// Those whose story has not begun.
    pub(super) arrivals: Arrivals,
    pub(super) slots: Vec<Rc<Slot<T>>>,
    /// The indices of slots that have ended.
    ended: Vec<usize>,
    room: Room<T>,
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
        let most = repetition.strategy.connections().min(repetition.pacing.connections());
        let dues = Dues::of(repetition.pacing, &repetition.plan, repetition.slice);
        let punctuality = repetition.pacing.is_open().then(Punctuality::new);
        let planned = Cell::new(repetition.requests());
        Rc::new(Scheduler {
            repetition,
            clock,
            state: RefCell::new(State {
                finished: 0,
                dues,
                punctuality,
                arrivals: Arrivals::default(),
                slots: Vec::new(),
                ended: Vec::new(),
                room: Room::new(most),
            }),
            changes: Rc::default(),
            transport: Rc::new(transport),
            start,
            output: Output::new(sink, halt.clone()),
            all_done: Notify::new(),
            due_sooner: Notify::new(),
            halt,
            panicked: Cell::default(),
            batches: Cell::new(0),
            connections: Cell::new(0),
            told: Cell::default(),
            planned,
            surplus: Cell::default(),
            failures: FewFailures::default(),
        })
    }

    /// Waits until the last planned request has ended.
    pub(super) async fn finished(&self) {
        while !self.state.borrow().is_finished(self.planned.get()) {
            self.all_done.notified().await;
        }
    }

    /// Lets every request whose time has come wait, and calls slots for them.
    pub(super) fn release_due(self: &Rc<Self>) {
        let now = self.clock.now();
        loop {
            let issued = self.state.borrow().arrivals.issued;
            if issued == self.planned.get() {
                break;
            }
            let due = self.state.borrow_mut().dues.due(issued);
            let due = match due {
                Due::At(due) => Some((due, InVain::default())).filter(|(due, _)| *due <= now),
                Due::AfterOneEnds(_) => self.state.borrow_mut().arrivals.has_thought(now),
                Due::Lost => {
                    // What was planned cannot be sent any more; whoever started the load asks the plan why.
                    self.issue_no_more();
                    None
                }
            };
            let Some((due, in_vain)) = due else { break };
            let mut state = self.state.borrow_mut();
            state.punctuality.iter_mut().for_each(|all| all.take(now.since(due)));
            self.issue_for(&mut state, due, in_vain);
        }
        self.call_slots();
    }

    /// When the next request is due, where that is known already.
    pub(super) fn next_due(&self) -> Option<Moment> {
        let mut state = self.state.borrow_mut();
        let issued = state.arrivals.issued;
        if issued >= self.planned.get() {
            return None;
        }
        match state.dues.due(issued) {
            Due::At(due) => Some(due),
            Due::AfterOneEnds(_) => state.arrivals.thinking.front().map(|(ready, _)| *ready),
            Due::Lost => None,
        }
    }

    /// Waits until a request will be due sooner than [`Self::next_due`] said.
    pub(super) async fn due_sooner(&self) {
        self.due_sooner.notified().await;
    }

    /// Makes the next request due, of a caller whose requests before it fared like this.
    fn issue_for(&self, state: &mut State<T>, due: Moment, in_vain: InVain) {
        let seq = self.repetition.slice.nth(state.arrivals.issued);
        let arrival = Arrival { seq, due, in_vain };
        match in_vain.rest(seq, self.repetition.timeout) {
            Some(rest) => state.arrivals.rest(arrival, due + rest),
            None => state.arrivals.issue(arrival),
        }
    }

    /// When the next rest ends.
    pub(super) fn first_rested(&self) -> Option<Moment> {
        self.state.borrow().arrivals.resting.first_key_value().map(|((end, _), _)| *end)
    }

    /// Lets the requests wait whose callers have rested, and calls slots for them.
    pub(super) fn end_rests(self: &Rc<Self>) {
        let now = self.clock.now();
        while self.first_rested().is_some_and(|end| end <= now) {
            let mut state = self.state.borrow_mut();
            let rested = state.arrivals.resting.pop_first();
            rested.into_iter().for_each(|(_, arrival)| state.arrivals.wait(arrival));
        }
        self.call_slots();
    }

    /// Takes all requests that are due and not under way.
    pub(super) fn take_waiting(&self) -> impl Iterator<Item = Arrival> + use<T> {
        let mut state = self.state.borrow_mut();
        let (waiting, resting) =
            (std::mem::take(&mut state.arrivals.waiting), std::mem::take(&mut state.arrivals.resting));
        waiting.into_iter().chain(resting.into_values())
    }

    /// Calls a slot for each waiting request, as long as there is room. Together they share what waits, see [`State::share`].
    pub(super) fn call_slots(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        while state.room.coming() < state.arrivals.waiting.len() {
            let Some(place) = state.room.call(|| self.new_place()) else { break };
            match state.room.idle_slot(place) {
                Some(slot) => slot.call(),
                None => self.new_slot(&mut state, place),
            }
        }
    }

    fn new_place(&self) -> Rc<ConnectionPlace<T>> {
        let (transport, changes) = (Rc::clone(&self.transport), Rc::clone(&self.changes));
        ConnectionPlace::new(transport, self.clock, self.repetition.strategy.keeps(), changes)
    }

    fn new_slot(self: &Rc<Self>, state: &mut State<T>, place: usize) {
        match state.ended.pop() {
            Some(index) => state.slots[index] = self.start_slot(state, index, place),
            None => state.slots.push(self.start_slot(state, state.slots.len(), place)),
        }
    }

    fn start_slot(self: &Rc<Self>, state: &State<T>, index: usize, place: usize) -> Rc<Slot<T>> {
        let place = (place, state.room.place(place));
        let slot = Slot::new(index, place, ExchangeMarks::new(self.clock, self.transport.observes()));
        slot.run_by((self.start)(self, &slot));
        slot
    }

    /// Waits until a connection carries more exchanges than it did, or fewer.
    pub(super) async fn room_changed(&self) {
        self.changes.changed().await;
    }

    /// How the server ended kept connections so far.
    pub(super) fn closings(&self) -> Closings {
        self.changes.closings()
    }

    /// Looks where there is room now, and calls slots for it.
    pub(super) fn look_again(self: &Rc<Self>) {
        self.state.borrow_mut().room.look_again();
        self.call_slots();
    }

    /// Puts a new slot in the place of one whose exchange nobody waits for any more.
    pub(super) fn replace_slot(self: &Rc<Self>, index: usize) {
        let mut state = self.state.borrow_mut();
        let old = &state.slots[index];
        // First the old one, so that its connection is closed, and its seat free, before the new one comes.
        old.abort();
        let place = old.place_index;
        state.slots[index] = self.start_slot(&state, index, place);
        state.room.expect(place);
    }

    /// A slot comes to take the requests of its next exchange; until there are some it watches its idle connection. It ends
    /// where there is no room for it any more.
    pub(super) fn poll_take(
        self: &Rc<Self>,
        slot: &Rc<Slot<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Seat<T>>> {
        let now = self.clock.now();
        self.expire_waiting(now);
        let mut state = self.state.borrow_mut();
        state.room.welcome(slot);
        if state.arrivals.waiting.is_empty() {
            state.room.rest(slot, cx);
            return Poll::Pending;
        }
        let seat = self.seat(&mut state, slot, now);
        state.room.offer(slot.place_index);
        drop(state);
        self.call_slots();
        Poll::Ready(seat)
    }

    /// Gives a slot its share of what waits, and a seat; none where no other exchange has room.
    fn seat(&self, state: &mut State<T>, slot: &Slot<T>, now: Moment) -> Option<Seat<T>> {
        let most = state.share(&self.repetition.strategy);
        let Some(seat) = state.room.seat(slot.place_index) else {
            state.ended.push(slot.index);
            return None;
        };
        slot.state.set(SlotState::Busy);
        let size = state.arrivals.board(&mut slot.members.borrow_mut(), most, &self.repetition);
        slot.batch.set(self.repetition.strategy.batches().then(|| self.next_batch(size)));
        slot.marks.begin(now);
        Some(seat)
    }

    /// Ends the stories of requests that are still waiting at their deadline: they are not sent any more.
    pub(super) fn expire_waiting(&self, now: Moment) {
        let timeout = self.repetition.timeout;
        loop {
            let mut state = self.state.borrow_mut();
            // They wait in the order of due.
            let first =
                state.arrivals.waiting.front().copied().filter(|arrival| arrival.due + timeout <= now);
            let Some(arrival) = first else { return };
            state.arrivals.waiting.pop_front();
            drop(state);
            self.end(arrival.in_vain, self.expired(arrival, arrival.due + timeout), None);
        }
    }

    /// A request that reached its deadline before a connection was free for it.
    fn expired(&self, arrival: Arrival, end: Moment) -> Sample {
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
    /// the next requests itself. `in_vain` are the requests of the same caller before it.
    pub(super) fn end(&self, in_vain: InVain, sample: Sample, answer: Option<AnswerBody>) {
        let end = sample.end();
        let in_vain = in_vain.with(&sample);
        self.halt.take(&sample);
        if self.output.push(Completed { sample, answer }) {
            self.hand_on();
        }
        let planned = self.planned.get();
        let mut state = self.state.borrow_mut();
        state.finished += 1;
        let next = state.arrivals.issued + state.arrivals.thinking.len() as u64;
        if let Some(end) = end
            && next < planned
            && let Due::AfterOneEnds(think) = state.dues.due(next)
        {
            if think.is_zero() {
                self.issue_for(&mut state, end, in_vain);
            } else if state.arrivals.think_until(end + think, in_vain) {
                self.due_sooner.notify_one();
            }
        }
        if state.is_finished(planned) {
            self.all_done.notify_one();
        }
    }

    /// Lets no further request become due: the time for them is over. Those that are due already are sent.
    pub(super) fn issue_no_more(&self) {
        let mut state = self.state.borrow_mut();
        state.arrivals.thinking.clear();
        self.planned.set(state.arrivals.issued);
        if state.is_finished(state.arrivals.issued) {
            self.all_done.notify_one();
        }
    }

    /// Stops issuing and returns which requests of this thread were never issued; of a load that ends by time the rest is none
    /// that was to be sent.
    pub(super) fn close(&self) -> Range<u64> {
        if self.repetition.at_most.is_some() {
            self.issue_no_more();
        }
        let planned = self.planned.get();
        let mut state = self.state.borrow_mut();
        state.arrivals.thinking.clear();
        std::mem::replace(&mut state.arrivals.issued, planned)..planned
    }

    /// Says how this thread stands.
    pub(super) fn tell(&self, pulse: &Pulse) {
        let state = self.state.borrow();
        let due = state.arrivals.issued;
        let now = Standing { due, active: due - state.finished, connections: self.changes.open() };
        pulse.change(self.told.replace(now), now);
    }

    /// Ends the repetition: there is nothing to send any more.
    pub(super) fn stop(&self) {
        self.halt.call();
    }

    /// A slot's task has panicked. Nobody looks at what becomes of these tasks, so that this must be said.
    pub(super) fn panicked(&self) {
        self.panicked.set(true);
        self.halt.call();
    }

    /// How punctually requests were let go, where the plan says when they are due.
    pub(super) fn releases(&self) -> Option<Releases> {
        self.state.borrow().punctuality.as_ref().map(Punctuality::releases)
    }

    /// How many connections have delivered bytes that nobody had asked for.
    pub(super) fn surplus(&self) -> u64 {
        self.surplus.get()
    }

    pub(super) fn has_panicked(&self) -> bool {
        self.panicked.get()
    }

    pub(super) fn hand_on(&self) {
        let surplus = self.changes.take_surplus();
        if !surplus.is_empty() {
            self.surplus.set(self.surplus.get() + surplus.len() as u64);
            self.output.condemn(&surplus);
        }
        self.output.hand_on();
    }
}

impl<T: Transport> State<T> {
    fn is_finished(&self, planned: u64) -> bool {
        self.finished == planned
    }

    /// How many of the waiting requests a slot takes that has come: a fair share of the room that there is, at most a batch.
    /// To take more while another exchange has room would make requests wait for each other and save nothing.
    fn share(&self, strategy: &Strategy) -> usize {
        self.arrivals.waiting.len().div_ceil(self.room.free().max(1)).min(strategy.batch)
    }
}
