//! A place for one connection, with a seat for each exchange that comes to it.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::host::Clock;
use crate::model::{ErrorKind, Micros, Moment};
use crate::transport::{Connection, ConnectionChanges, ConnectionMarks, ExchangeMarks, Transport};

/// An open connection and its marks.
pub(super) struct Opened<C> {
    pub connection: C,
    pub marks: Rc<ConnectionMarks>,
    /// Exchanges on it now.
    carried: Cell<usize>,
    /// When the last exchange on it ended.
    idle_since: Cell<Moment>,
    /// Whether its end was counted: it ends for all exchanges on it, and only once.
    ended: Cell<bool>,
}

/// Holds at most one connection, and opens another when that one is of no more use. Exchanges that are on a connection then stay on
/// it to their end.
pub struct ConnectionPlace<T: Transport> {
    transport: Rc<T>,
    clock: Clock,
    keep: bool,
    changes: Rc<ConnectionChanges>,
    opened: RefCell<Option<Rc<Opened<T::Connection>>>>,
    opening: Cell<bool>,
    /// Exchanges that have come and are on no connection yet.
    coming: Cell<usize>,
    /// Who waits for a connection, or for room on it.
    waiting: RefCell<Vec<Waker>>,
}

impl<T: Transport> ConnectionPlace<T> {
    /// An empty place. `keep` says whether a connection stays for another exchange; `changes` are told of what happens to
    /// connections by themselves.
    pub fn new(transport: Rc<T>, clock: Clock, keep: bool, changes: Rc<ConnectionChanges>) -> Rc<Self> {
        let (opened, opening, coming, waiting) = Default::default();
        Rc::new(ConnectionPlace { transport, clock, keep, changes, opened, opening, coming, waiting })
    }

    /// How many more exchanges may come: as many as its connection carries, without those that are on it or on their way to
    /// it; one where no connection is open. Exchanges on a connection that takes no others do not count.
    pub fn room(&self) -> usize {
        let opened = self.opened.borrow();
        let usable = opened.as_ref().filter(|opened| opened.connection.is_open());
        let free = usable.map_or(1, |opened| self.free_on(opened));
        free.saturating_sub(self.coming.get())
    }

    fn free_on(&self, opened: &Opened<T::Connection>) -> usize {
        self.capacity(opened).saturating_sub(opened.carried.get())
    }

    fn capacity(&self, opened: &Opened<T::Connection>) -> usize {
        if self.keep { opened.connection.capacity().max(1) } else { 1 }
    }

    /// The connection that is there, if another exchange can follow on it.
    fn usable(&self) -> Option<Rc<Opened<T::Connection>>> {
        let opened = self.opened.borrow().clone();
        opened.filter(|opened| self.keep && opened.connection.is_open())
    }

    pub(super) fn come(&self) {
        self.coming.set(self.coming.get() + 1);
    }

    /// Somebody who came will be on no connection.
    pub(super) fn go(&self) {
        self.coming.set(self.coming.get() - 1);
        self.look_again();
    }

    /// Somebody who came is on a connection.
    fn board(&self, opened: &Opened<T::Connection>) {
        self.coming.set(self.coming.get() - 1);
        opened.carried.set(opened.carried.get() + 1);
    }

    /// An exchange is on this connection no longer.
    pub(super) fn alight(&self, opened: &Opened<T::Connection>) {
        opened.carried.set(opened.carried.get() - 1);
        self.look_again();
    }

    /// Boards the connection that is there, or one that is opened now. While somebody else opens it, or while it carries all
    /// that it can, the request is still in the queue. `next_id` names a new connection.
    pub(super) async fn link(
        &self,
        marks: &ExchangeMarks,
        next_id: impl FnOnce() -> u64,
    ) -> Result<Rc<Opened<T::Connection>>, ErrorKind> {
        let mut waited = false;
        let ready = loop {
            match self.usable() {
                Some(opened) if self.free_on(&opened) > 0 => break Some(opened),
                None if !self.opening.replace(true) => break None,
                _ => {}
            }
            waited = true;
            marks.waits_for_connection();
            self.change().await;
        };
        if waited {
            marks.waited_for_connection();
        }
        if let Some(opened) = ready {
            marks.using(&opened.marks, false);
            self.board(&opened);
            return Ok(opened);
        }
        let _opener = Opener(self);
        let opened = self.open(marks, next_id()).await?;
        self.board(&opened);
        if self.capacity(&opened) > 1 {
            self.changes.tell();
        }
        Ok(opened)
    }

    async fn open(&self, marks: &ExchangeMarks, id: u64) -> Result<Rc<Opened<T::Connection>>, ErrorKind> {
        // The old one closes before another is opened.
        let old = self.opened.take().filter(|old| old.connection.watches_itself() && old.carried.get() == 0);
        old.iter().for_each(|old| self.ended_idle(old));
        drop(old);
        let connection_marks = ConnectionMarks::new(self.clock, id, &self.changes);
        marks.using(&connection_marks, true);
        let connection = self.transport.open(&connection_marks).await?;
        let (carried, idle_since, ended) = Default::default();
        let opened = Rc::new(Opened { connection, marks: connection_marks, carried, idle_since, ended });
        *self.opened.borrow_mut() = Some(Rc::clone(&opened));
        Ok(opened)
    }

    /// Lets a connection go that is of no more use, if it is the one that is held. `answered` is when an answer came on it.
    pub(super) fn settle(&self, used: &Rc<Opened<T::Connection>>, answered: Option<Moment>) {
        let open = used.connection.is_open();
        answered.into_iter().for_each(|at| used.idle_since.set(at));
        if answered.is_some() && !open {
            self.count_end(used, None);
        }
        if !self.keep || !open {
            self.forget(used);
        }
    }

    /// Counts a kept connection that has ended since the last answer on it; one that goes on has not.
    pub(super) fn ended_idle(&self, used: &Opened<T::Connection>) {
        if !used.connection.is_open() {
            let silent = !used.connection.says_farewell();
            self.count_end(used, silent.then(|| self.clock.now().since(used.idle_since.get())));
        }
    }

    fn count_end(&self, used: &Opened<T::Connection>, idle: Option<Micros>) {
        if self.keep && !used.ended.replace(true) {
            self.changes.ended(idle);
        }
    }

    fn forget(&self, gone: &Rc<Opened<T::Connection>>) {
        self.opened.borrow_mut().take_if(|held| Rc::ptr_eq(held, gone));
        self.look_again();
    }

    /// Watches the idle connection, so that one that the server closes is not used again.
    pub fn poll_idle(&self, cx: &mut Context<'_>) {
        if let Some(opened) = self.usable()
            && let Poll::Ready(()) = opened.connection.poll_idle(cx)
        {
            self.ended_idle(&opened);
            self.forget(&opened);
        }
    }

    /// Its connection has changed: whoever waits for it looks again.
    pub fn look_again(&self) {
        // As good as always nobody waits.
        if !self.waiting.borrow().is_empty() {
            self.waiting.take().into_iter().for_each(Waker::wake);
        }
    }

    async fn change(&self) {
        let mut waits = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut waits, true) {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// Whoever opens a connection tells those who wait for it that it is over, also if it is dropped on the way.
struct Opener<'a, T: Transport>(&'a ConnectionPlace<T>);

impl<T: Transport> Drop for Opener<'_, T> {
    fn drop(&mut self) {
        self.0.opening.set(false);
        self.0.look_again();
    }
}
