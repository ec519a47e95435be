//! The instants and counts that an exchange leaves behind, readable while it is still under way.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::ConnectionMarks;
use crate::host::Clock;
use crate::model::{ConnectionUse, Micros, Moment, ServerTimes, Stage, StageSet, Stages, Timeline};

/// Linux sends nothing again before this has passed (`TCP_RTO_MIN`, and the tail loss probe adds it for a single segment,
/// RFC 8985 §7.2), so that there is nothing to ask of an exchange that was faster.
const NO_SOONER: Micros = Micros(200_000);
/// What fits into one segment on any path.
const ONE_SEGMENT: u64 = 1_200;

/// The connection of an attempt, and whether the attempt opened it.
#[derive(Clone)]
struct Carrier {
    marks: Rc<ConnectionMarks>,
    opened_here: bool,
}

/// The marks of the exchange that a slot carries now, or carried last.
///
/// Cells, because the connection and the engine's deadline sweep live on one thread and take turns.
pub struct ExchangeMarks {
    clock: Clock,
    observes: StageSet,
    taken: Cell<Moment>,
    attempts: Cell<u32>,
    retried: Cell<Option<Moment>>,
    /// Whether it waits for a connection that another exchange opens.
    waits: Cell<bool>,
    carrier: RefCell<Option<Carrier>>,
    /// The last write; the request is complete or not.
    last_write: Cell<Option<Moment>>,
    /// The last write, once nothing is left to write.
    sent: Cell<Option<Moment>>,
    first_read: Cell<Option<Moment>>,
    last_read: Cell<Option<Moment>>,
    head: Cell<Option<(u16, ServerTimes)>>,
    bytes_sent: Cell<u64>,
    /// Of the attempt that is under way.
    bytes_of_attempt: Cell<u64>,
    bytes_received: Cell<u64>,
    /// What the kernel had sent again on the connection before this attempt, which did not open it.
    resent_before: Cell<Option<u32>>,
    retransmits: Cell<Option<u32>>,
    /// Why its answer cannot be understood.
    reason: Cell<Option<&'static str>>,
}

impl ExchangeMarks {
    /// Marks on a repetition's clock, by a transport that sees the stages `observes`.
    pub fn new(clock: Clock, observes: StageSet) -> Rc<Self> {
        Rc::new(ExchangeMarks {
            clock,
            observes,
            taken: Cell::default(),
            attempts: Cell::default(),
            retried: Cell::default(),
            waits: Cell::default(),
            carrier: RefCell::default(),
            last_write: Cell::default(),
            sent: Cell::default(),
            first_read: Cell::default(),
            last_read: Cell::default(),
            head: Cell::default(),
            bytes_sent: Cell::default(),
            bytes_of_attempt: Cell::default(),
            bytes_received: Cell::default(),
            resent_before: Cell::default(),
            retransmits: Cell::default(),
            reason: Cell::default(),
        })
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// A new exchange starts: its requests leave the queue at `taken`.
    pub fn begin(&self, taken: Moment) {
        self.taken.set(taken);
        self.attempts.set(1);
        self.retried.set(None);
        self.waits.set(false);
        self.bytes_sent.set(0);
        self.bytes_received.set(0);
        self.forget_attempt();
    }

    /// Somebody else is opening the connection that this exchange will use.
    pub fn waits_for_connection(&self) {
        self.waits.set(true);
    }

    /// That connection is there, or did not come to be: the wait for it was the queue's, or the retry's.
    pub fn waited_for_connection(&self) {
        self.waits.set(false);
        let waited = if self.attempts.get() > 1 { Some(&self.retried) } else { None };
        match waited {
            Some(retried) => retried.set(Some(self.now())),
            None => self.taken.set(self.now()),
        }
    }

    /// The attempt came to nothing; another one starts now.
    pub fn retry(&self) {
        self.attempts.set(self.attempts.get() + 1);
        self.retried.set(Some(self.now()));
        self.forget_attempt();
    }

    fn forget_attempt(&self) {
        for cell in [&self.last_write, &self.sent, &self.first_read, &self.last_read] {
            cell.set(None);
        }
        *self.carrier.borrow_mut() = None;
        self.head.set(None);
        self.bytes_of_attempt.set(0);
        self.retransmits.set(None);
        self.reason.set(None);
    }

    /// This attempt uses the connection with these marks; whether it is the one that opens it.
    pub fn using(&self, marks: &Rc<ConnectionMarks>, opened_here: bool) {
        self.resent_before.set(if opened_here { None } else { marks.counted_before() });
        *self.carrier.borrow_mut() = Some(Carrier { marks: Rc::clone(marks), opened_here });
    }

    /// Which connection it uses is not known, or not yet.
    pub fn using_unknown(&self) {
        *self.carrier.borrow_mut() = None;
    }

    /// It had no connection before `at`: until then it was in the queue.
    pub fn queued_until(&self, at: Moment) {
        self.taken.set(self.taken.get().max(at));
    }

    /// `bytes` were handed to the kernel by a call made at `called`. The call's start counts, not its
    /// return: a server on this machine may have the request, and the core, before the call returns,
    /// and no server can have had it before the call was made.
    pub fn wrote(&self, bytes: usize, called: Moment) {
        self.bytes_sent.set(self.bytes_sent.get() + bytes as u64);
        self.bytes_of_attempt.set(self.bytes_of_attempt.get() + bytes as u64);
        self.last_write.set(Some(called));
    }

    /// Nothing is left to write.
    pub fn wrote_all(&self) {
        self.sent.set(self.last_write.get());
    }

    /// `bytes` of the answer have come; returns when.
    pub fn read(&self, bytes: usize) -> Moment {
        let now = self.now();
        self.read_at(bytes, now);
        now
    }

    /// `bytes` have come that are none of the answer, as those that reset a stream.
    pub fn received_beside(&self, bytes: usize) {
        self.bytes_received.set(self.bytes_received.get() + bytes as u64);
    }

    /// `bytes` of the answer came at `at`.
    pub fn read_at(&self, bytes: usize, at: Moment) {
        self.received_beside(bytes);
        if self.first_read.get().is_none() {
            self.first_read.set(Some(at));
        }
        self.last_read.set(Some(at));
    }

    /// The answer's first byte came at `at`; what came before was not of it.
    pub fn began(&self, at: Moment) {
        self.first_read.set(Some(at));
    }

    /// What has come so far was an interim answer (1xx), which is not the answer's first byte.
    pub fn interim(&self) {
        self.first_read.set(None);
    }

    /// The answer's first bytes came together with the interim answer before it.
    pub fn no_longer_interim(&self) {
        self.first_read.set(self.last_read.get());
    }

    /// The head of the answer is complete, whatever becomes of its content.
    pub fn answered(&self, status: u16, server: ServerTimes) {
        self.head.set(Some((status, server)));
    }

    /// What the answer's head said, if the answer had begun at `end`.
    pub fn head(&self, end: Moment) -> Option<(u16, ServerTimes)> {
        self.head.get().filter(|_| self.first_read.get().is_none_or(|first| first <= end))
    }

    /// The status, if a head came.
    pub fn status(&self) -> Option<u16> {
        self.head.get().map(|(status, _)| status)
    }

    /// Why the answer cannot be understood, in a few words.
    pub fn because(&self, reason: &'static str) {
        self.reason.set(Some(reason));
    }

    /// What was said of that.
    pub fn reason(&self) -> Option<&'static str> {
        self.reason.get()
    }

    /// When the last byte of the answer came.
    pub fn last_read(&self) -> Option<Moment> {
        self.last_read.get()
    }

    /// From the last write of this attempt to the first byte of its answer.
    pub fn waited(&self) -> Option<Micros> {
        self.first_read.get().zip(self.last_write.get()).map(|(read, write)| read.since(write))
    }

    /// Whether a byte of this attempt was handed to the kernel.
    pub fn wrote_any(&self) -> bool {
        self.bytes_of_attempt.get() > 0
    }

    /// Takes the kernel's evidence at the end of the exchange, complete or not. To be called while the connection is open.
    pub fn take_evidence(&self) {
        let carrier = self.carrier.borrow();
        let Some(carrier) = carrier.as_ref() else { return };
        let Carrier { marks, opened_here } = carrier;
        let before = if *opened_here { marks.counted_at_connect() } else { self.resent_before.get() };
        let is_alone = !opened_here && !marks.is_shared();
        let again = if is_alone && self.was_too_fast_for_the_kernel() && marks.is_counted() {
            Some(0)
        } else {
            marks.recount().zip(before).map(|(now, before)| now.saturating_sub(before))
        };
        // What was taken before, as when a member of a batch had to leave, is of the same exchange.
        self.retransmits.set(again.or(self.retransmits.get()));
    }

    /// Whether the answer came before the kernel could have sent the request again.
    fn was_too_fast_for_the_kernel(&self) -> bool {
        self.bytes_of_attempt.get() <= ONE_SEGMENT && self.waited().is_some_and(|waited| waited < NO_SOONER)
    }

    /// Attempts, at least 1.
    pub fn attempts(&self) -> u32 {
        self.attempts.get()
    }

    /// The connection of the last attempt.
    pub fn connection(&self) -> Option<ConnectionUse> {
        let carrier = self.carrier.borrow();
        carrier.as_ref().and_then(|carrier| carrier.marks.as_used(!carrier.opened_here))
    }

    /// Data sent again on its connection during the exchange, once the evidence is taken.
    pub fn retransmits(&self) -> Option<u32> {
        self.retransmits.get()
    }

    /// Bytes handed to the kernel, over all attempts.
    pub fn bytes_sent(&self) -> u64 {
        self.bytes_sent.get()
    }

    /// Bytes received, over all attempts.
    pub fn bytes_received(&self) -> u64 {
        self.bytes_received.get()
    }

    /// The stages of a request that was due at `due` and whose story ends at `end`, whatever was
    /// under way then. The first stage whose mark is later than `end` (of a batch that outlives a
    /// member) is the one that was under way.
    pub fn stages(&self, due: Moment, end: Moment) -> Stages {
        let mut timeline = Timeline::from_due(due);
        let mut step = |stage: Stage, mark: Option<Moment>| {
            if !self.observes.contains(stage) && stage != Stage::Receive {
                return true; // Its time is the next stage's.
            }
            timeline.end(stage, mark.map_or(end, |at| at.min(end)));
            mark.is_some_and(|at| at <= end)
        };
        // Who waits for a connection that another opens is still where it was: in the queue, or on the way to a retry.
        let waits = self.waits.get();
        let queued = Some(self.taken.get()).filter(|_| !waits || self.attempts.get() > 1);
        let _ = step(Stage::Queue, queued)
            && self.retried.get().is_none_or(|retried| step(Stage::Retry, Some(retried).filter(|_| !waits)))
            && self.set_up_ended(&mut step)
            && step(Stage::Send, self.send_end())
            && step(Stage::Wait, self.first_read.get())
            && step(Stage::Receive, None);
        timeline.finish()
    }

    /// When the request was complete, or its answer overtook it.
    fn send_end(&self) -> Option<Moment> {
        match (self.sent.get(), self.first_read.get()) {
            (Some(sent), Some(read)) => Some(sent.min(read)),
            (sent, read) => sent.or(read),
        }
    }

    /// Whether the set-up that this attempt paid for, if it paid for one, had ended.
    fn set_up_ended(&self, step: &mut impl FnMut(Stage, Option<Moment>) -> bool) -> bool {
        let carrier = self.carrier.borrow();
        let opened = carrier.as_ref().filter(|carrier| carrier.opened_here);
        opened.is_none_or(|carrier| carrier.marks.stages().all(|(stage, end)| step(stage, end)))
    }
}
