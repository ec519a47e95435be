//! A lane's life: take requests, exchange, end their stories, again.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Waker};

use bytes::Bytes;

use super::floor::{Arrival, Floor};
use crate::model::{BatchUse, ErrorKind, Sample};
use crate::model::{Micros, Moment};
use crate::transport::{Answer, Lane, Marks, Transport};

/// Where a lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotState {
    /// Called to the floor, on its way.
    Called,
    /// Waiting to be called.
    Idle,
    /// Carrying an exchange.
    Busy,
}

/// What the floor knows of a lane, readable while the lane's task waits for its exchange.
pub(super) struct Slot {
    pub index: usize,
    pub state: Cell<SlotState>,
    /// The requests under way, each with its place in the exchange.
    pub members: RefCell<Vec<(usize, Arrival)>>,
    pub batch: Cell<Option<BatchUse>>,
    pub marks: Rc<Marks>,
    waker: RefCell<Option<Waker>>,
}

impl Slot {
    pub(super) fn new(index: usize, marks: Rc<Marks>) -> Rc<Self> {
        Rc::new(Slot {
            index,
            state: Cell::new(SlotState::Called),
            members: RefCell::default(),
            batch: Cell::default(),
            marks,
            waker: RefCell::default(),
        })
    }

    /// Calls an idle lane.
    pub(super) fn call(&self) {
        self.state.set(SlotState::Called);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Waits to be called.
    pub(super) fn rest(&self, cx: &Context<'_>) {
        self.state.set(SlotState::Idle);
        *self.waker.borrow_mut() = Some(cx.waker().clone());
    }

    /// The record of one member whose story ends at `end`.
    pub(super) fn sample<T: Transport + 'static>(
        &self,
        floor: &Floor<T>,
        member: Arrival,
        end: Moment,
        error: Option<ErrorKind>,
    ) -> Sample {
        let marks = &self.marks;
        let (status, server) = marks.head(end).unzip();
        Sample {
            seq: member.seq,
            trace_id: floor.repetition.traces.trace(member.seq),
            due: Some(member.due),
            stages: marks.stages(member.due, end),
            server: server.unwrap_or_default(),
            connection: marks.connection(),
            retransmits: marks.retransmits(),
            batch: self.batch.get(),
            attempts: marks.attempts(),
            status,
            error,
            bytes_sent: marks.bytes_sent(),
            bytes_received: marks.bytes_received(),
            answer_digest: None,
        }
    }
}

/// Never returns; the task ends with its `LocalSet`.
pub(super) async fn run<T: Transport + 'static>(floor: Rc<Floor<T>>, slot: Rc<Slot>, mut lane: T::Lane) {
    loop {
        poll_fn(|cx| floor.poll_take(&slot, &mut lane, cx)).await;
        let outcome = lane.exchange(floor.compose(&slot)).await;
        end_exchange(&floor, &slot, outcome);
    }
}

/// Ends the stories of all members that have not timed out on the way.
fn end_exchange<T: Transport + 'static>(floor: &Floor<T>, slot: &Slot, outcome: Result<Answer, ErrorKind>) {
    let now = floor.clock.now();
    let size = slot.batch.get().map_or(1, |batch| batch.size as usize);
    let members = std::mem::take(&mut *slot.members.borrow_mut());
    if let Ok(answer) = &outcome {
        slot.marks.answered(answer.status, answer.server);
    }
    let end = if outcome.is_ok() { slot.marks.last_read().unwrap_or(now) } else { now };
    let items = outcome.as_ref().map_or(Vec::new(), |answer| items(answer, size));
    let answers = outcome.and_then(|answer| answers(floor, answer, size));
    for (place, member) in members {
        let deadline = member.due + floor.repetition.timeout;
        let late = end > deadline;
        let error = if late { Some(ErrorKind::Timeout) } else { answers.as_ref().err().copied() };
        let mut sample = slot.sample(floor, member, end.min(deadline), error);
        sample.server.item = items.get(place).copied();
        let answer = answers.as_ref().ok().filter(|_| !late).map(|answers| answers[place].clone());
        floor.end(sample, answer);
    }
}

/// What each member cost; nothing where the server does not say it of exactly these.
fn items(answer: &Answer, size: usize) -> Vec<Micros> {
    if answer.items.len() == size { answer.items.clone() } else { Vec::new() }
}

/// One answer a member, in order.
fn answers<T: Transport + 'static>(
    floor: &Floor<T>,
    answer: Answer,
    size: usize,
) -> Result<Vec<Bytes>, ErrorKind> {
    match ErrorKind::from_status(answer.status) {
        Some(word) => Err(word),
        None if size == 1 => Ok(vec![answer.body]),
        None => floor.repetition.batch_format.split(&answer.body, size).ok_or(ErrorKind::Protocol),
    }
}
