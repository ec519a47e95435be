//! What setting up one connection cost, and what the kernel counts on it; readable while it is being opened.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::ConnectionChanges;
use crate::host::Clock;
use crate::model::{ConnectionUse, HttpVersion, Moment, Peer, Stage, TlsUse};

/// What is counted on a connection while it lives: evidence, where there is a kernel to give it.
pub trait Counters {
    /// Segments sent again over the connection's life, SYNs included; absent where nobody counts them.
    fn retransmits(&self) -> Option<u32>;
}

/// The stages of connection set-up, in their order.
const SET_UP: [Stage; 3] = [Stage::Dns, Stage::Connect, Stage::Tls];

/// The marks of one connection.
///
/// Cells, because whoever opens it, its exchanges and the engine's deadline sweep live on one thread and take turns.
pub struct ConnectionMarks {
    clock: Clock,
    id: u64,
    /// The stage that is under way, if one is.
    opening: Cell<Option<Stage>>,
    ends: [Cell<Option<Moment>>; SET_UP.len()],
    syn_retransmits: Cell<Option<u32>>,
    /// Of connects that came to nothing, as to addresses that were tried before.
    syns_in_vain: Cell<u32>,
    /// Of its stream, and of others that are being opened in a race with it.
    counters: RefCell<Vec<Rc<dyn Counters>>>,
    /// What the kernel had counted when it was last asked.
    retransmits: Cell<Option<u32>>,
    /// What it had counted when the connect was over: those were SYNs.
    at_connect: Cell<Option<u32>>,
    peer: Cell<Option<Peer>>,
    http: Cell<Option<HttpVersion>>,
    tls: Cell<Option<TlsUse>>,
    problem: RefCell<Option<String>>,
    changes: Rc<ConnectionChanges>,
}

impl ConnectionMarks {
    /// Marks of a connection that is about to be opened; `id` is unique within the repetition.
    pub fn new(clock: Clock, id: u64, changes: &Rc<ConnectionChanges>) -> Rc<Self> {
        Rc::new(ConnectionMarks {
            clock,
            id,
            opening: Cell::default(),
            ends: Default::default(),
            syn_retransmits: Cell::default(),
            syns_in_vain: Cell::default(),
            counters: RefCell::default(),
            retransmits: Cell::default(),
            at_connect: Cell::default(),
            peer: Cell::default(),
            http: Cell::default(),
            tls: Cell::default(),
            problem: RefCell::default(),
            changes: Rc::clone(changes),
        })
    }

    /// Marks of a connection that was opened before, of which only this is known.
    pub fn of_known(
        clock: Clock,
        id: u64,
        changes: &Rc<ConnectionChanges>,
        peer: Peer,
        http: Option<HttpVersion>,
    ) -> Rc<Self> {
        let marks = ConnectionMarks::new(clock, id, changes);
        marks.begin(Stage::Connect);
        marks.end();
        marks.reached(peer);
        marks.http.set(http);
        marks
    }

    /// What is told of the connections of its thread.
    pub fn changes(&self) -> &Rc<ConnectionChanges> {
        &self.changes
    }

    /// The clock of the repetition.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// A stage of set-up starts.
    pub fn begin(&self, stage: Stage) {
        debug_assert!(SET_UP.contains(&stage), "{stage:?} is no stage of connection set-up");
        self.opening.set(Some(stage));
    }

    /// The stage that was under way has ended.
    pub fn end(&self) {
        let Some(stage) = self.opening.take() else { return };
        self.ends[place(stage)].set(Some(self.clock.now()));
        if stage == Stage::Connect {
            self.retransmits.set(self.counted());
            self.at_connect.set(self.retransmits.get());
            if let Some(total) = self.retransmits.get() {
                self.count_syns(total);
            }
        }
    }

    /// What was sent again until a connect ended is its SYN.
    fn count_syns(&self, of_this: u32) -> u32 {
        let all = self.syns_in_vain.get() + of_this;
        self.syn_retransmits.set(Some(all));
        all
    }

    /// From now on `counters` know what the kernel counts.
    pub fn watch(&self, counters: Rc<dyn Counters>) {
        self.counters.borrow_mut().push(counters);
        self.changes.begins();
    }

    /// A stream could not be opened, or another was faster: nobody counts on it any more. To be called while its socket is still
    /// open.
    pub fn give_up(&self, counters: &Rc<dyn Counters>) {
        let found = self.counters.borrow().iter().position(|watching| Rc::ptr_eq(watching, counters));
        let Some(place) = found else { return };
        let gone = self.counters.borrow_mut().remove(place);
        if self.is_connecting()
            && let Some(total) = gone.retransmits()
        {
            self.syns_in_vain.set(self.syns_in_vain.get() + total);
            self.count_syns(self.counted().unwrap_or(0));
        }
        self.changes.ends();
    }

    /// The connection is closed: nobody counts any more. To be called while the socket is still open.
    pub fn unwatch(&self) {
        for _ in self.counters.take() {
            self.changes.ends();
        }
    }

    /// Who is at the other end.
    pub fn reached(&self, peer: Peer) {
        self.peer.set(Some(peer));
    }

    /// What the connection speaks.
    pub fn speaks(&self, version: HttpVersion) {
        self.http.set(Some(version));
    }

    /// How the connection is secured.
    pub fn secured(&self, tls: TlsUse) {
        self.tls.set(Some(tls));
    }

    /// What the one word for a failure leaves out, for people.
    pub fn failed(&self, problem: impl ToString) {
        *self.problem.borrow_mut() = Some(problem.to_string());
    }

    /// What went wrong, if anybody has said so.
    pub fn problem(&self) -> Option<String> {
        self.problem.borrow().clone()
    }

    /// The connection carries more exchanges than it did, or fewer, or no other can follow: for a transport to say wherever that
    /// happens by itself, and not by the end of an exchange.
    pub fn changed(&self) {
        self.changes.tell();
    }

    /// The connection has delivered bytes that nobody had asked for.
    pub fn surplus(&self) {
        self.changes.surplus(self.id);
    }

    fn is_connecting(&self) -> bool {
        self.opening.get() == Some(Stage::Connect)
    }

    fn counted(&self) -> Option<u32> {
        self.counters
            .borrow()
            .iter()
            .filter_map(|counters| counters.retransmits())
            .reduce(|sum, more| sum + more)
    }

    /// Asks the kernel what it has counted; absent while connecting, and where nobody counts, or no longer.
    pub fn recount(&self) -> Option<u32> {
        let total = self.counted()?;
        if self.is_connecting() {
            self.count_syns(total);
            return None;
        }
        self.retransmits.set(Some(total));
        Some(total)
    }

    /// What had been counted when the connect was over.
    pub fn counted_at_connect(&self) -> Option<u32> {
        self.at_connect.get()
    }

    /// What was counted before an exchange that begins now. Where nothing else is under way nothing has been sent again since the
    /// kernel was last asked.
    pub fn counted_before(&self) -> Option<u32> {
        if self.is_shared() { self.recount() } else { self.retransmits.get() }
    }

    /// Whether several exchanges can be under way on it.
    pub fn is_shared(&self) -> bool {
        self.http.get() == Some(HttpVersion::Http2)
    }

    /// Whether there is anything to ask: then an answer that nobody asked for can be known to be 0.
    pub fn is_counted(&self) -> bool {
        self.retransmits.get().is_some()
    }

    /// The connection as an exchange sees it; absent as long as nobody has begun to connect.
    pub fn as_used(&self, reused: bool) -> Option<ConnectionUse> {
        let begun = self.is_connecting() || self.ends[place(Stage::Connect)].get().is_some();
        begun.then(|| ConnectionUse {
            id: self.id,
            reused,
            syn_retransmits: self.syn_retransmits.get(),
            peer: self.peer.get(),
            http: self.http.get(),
            tls: self.tls.get(),
        })
    }

    /// The stages of set-up with their ends, in order; `None` is under way.
    pub(super) fn stages(&self) -> impl Iterator<Item = (Stage, Option<Moment>)> {
        let ended =
            SET_UP.into_iter().filter_map(|stage| Some((stage, Some(self.ends[place(stage)].get()?))));
        ended.chain(self.opening.get().map(|stage| (stage, None)))
    }
}

impl Drop for ConnectionMarks {
    /// Whoever opened it was dropped on the way.
    fn drop(&mut self) {
        self.unwatch();
    }
}

fn place(stage: Stage) -> usize {
    stage as usize - Stage::Dns as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counts(Cell<u32>);

    impl Counters for Counts {
        fn retransmits(&self) -> Option<u32> {
            Some(self.0.get())
        }
    }

    #[test]
    fn what_is_sent_again_while_connecting_is_a_syn_and_later_it_is_data() {
        let changes = Rc::default();
        let marks = ConnectionMarks::new(Clock::start(), 7, &changes);
        let counts = Rc::new(Counts(Cell::new(2)));
        marks.begin(Stage::Dns);
        assert_eq!(marks.as_used(false), None, "nobody has begun to connect");
        marks.end();
        marks.begin(Stage::Connect);
        marks.watch(counts.clone());
        assert_eq!(changes.open(), 1);
        assert_eq!(marks.recount(), None);
        assert_eq!(
            marks.as_used(false).and_then(|used| used.syn_retransmits),
            Some(2),
            "the connect is not over"
        );
        counts.0.set(3);
        marks.end();
        counts.0.set(5);
        assert_eq!((marks.recount(), marks.counted_at_connect()), (Some(5), Some(3)));
        marks.unwatch();
        assert_eq!((marks.recount(), changes.open()), (None, 0));
        let used =
            ConnectionUse { id: 7, reused: true, syn_retransmits: Some(3), ..ConnectionUse::default() };
        assert_eq!(marks.as_used(true), Some(used));
        let given_up = ConnectionMarks::new(Clock::start(), 8, &changes);
        given_up.watch(counts);
        drop(given_up);
        assert_eq!(changes.open(), 0);
    }

    #[test]
    fn syns_of_connects_in_vain_are_counted_too() {
        let marks = ConnectionMarks::new(Clock::start(), 7, &Rc::default());
        let syns = || marks.as_used(false).and_then(|used| used.syn_retransmits);
        let watch = |count| {
            let counts: Rc<dyn Counters> = Rc::new(Counts(Cell::new(count)));
            marks.watch(Rc::clone(&counts));
            counts
        };
        marks.begin(Stage::Connect);
        marks.give_up(&watch(2));
        assert_eq!(syns(), Some(2), "it failed by itself");
        watch(1);
        assert_eq!(
            (marks.recount(), marks.recount(), syns()),
            (None, None, Some(3)),
            "however often it is asked"
        );
        let rival = watch(4);
        marks.recount();
        assert_eq!(syns(), Some(7), "two race");
        marks.give_up(&rival);
        marks.end();
        let data = (marks.recount(), marks.counted_at_connect());
        assert_eq!((syns(), data), (Some(7), (Some(1), Some(1))), "they are no data");
    }
}
