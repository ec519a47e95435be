//! A slot: room for one exchange on a connection, and what the scheduler can see of it while it is taken.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};

use tokio::task::AbortHandle;

use super::back_off::InVain;
use crate::client::ConnectionPlace;
use crate::model::{BatchUse, ErrorKind, Moment, Sample};
use crate::plan::TraceIds;
use crate::transport::{ExchangeMarks, Transport};

/// A request that is due and waits, or is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub seq: u64,
    pub due: Moment,
    /// The requests of its caller before it.
    pub in_vain: InVain,
}

/// Where a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotState {
    /// Called to take requests, on its way.
    Called,
    /// Waiting to be called.
    Idle,
    /// Carrying an exchange.
    Busy,
}

/// Room for one exchange.
pub(super) struct Slot<T: Transport> {
    pub index: usize,
    pub place: Rc<ConnectionPlace<T>>,
    /// Which place that is.
    pub place_index: usize,
    pub state: Cell<SlotState>,
    /// The requests under way, each with its number in the exchange.
    pub members: RefCell<Vec<(usize, Arrival)>>,
    pub batch: Cell<Option<BatchUse>>,
    pub marks: Rc<ExchangeMarks>,
    task: RefCell<Option<AbortHandle>>,
    waker: RefCell<Option<Waker>>,
}

impl<T: Transport> Slot<T> {
    pub(super) fn new(
        index: usize,
        (place_index, place): (usize, Rc<ConnectionPlace<T>>),
        marks: Rc<ExchangeMarks>,
    ) -> Rc<Self> {
        Rc::new(Slot {
            index,
            place,
            place_index,
            state: Cell::new(SlotState::Called),
            members: RefCell::default(),
            batch: Cell::default(),
            marks,
            task: RefCell::default(),
            waker: RefCell::default(),
        })
    }

    /// The task that runs it.
    pub(super) fn run_by(&self, task: AbortHandle) {
        *self.task.borrow_mut() = Some(task);
    }

    /// Ends its task, and with it the exchange that it carries.
    pub(super) fn abort(&self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }

    /// Calls an idle slot.
    pub(super) fn call(&self) {
        self.state.set(SlotState::Called);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Waits to be called.
    pub(super) fn rest(&self, cx: &Context<'_>) {
        self.state.set(SlotState::Idle);
        *self.waker.borrow_mut() = Some(cx.waker().clone());
    }

    /// The record of one member whose story ends at `end`.
    pub(super) fn sample(
        &self,
        traces: &TraceIds,
        member: Arrival,
        end: Moment,
        error: Option<ErrorKind>,
    ) -> Sample {
        let marks = &self.marks;
        let (status, server) = marks.head(end).unzip();
        Sample {
            seq: member.seq,
            trace_id: traces.trace(member.seq),
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
            bytes_decoded: None,
            answer_digest: None,
            endpoint: None,
        }
    }
}
