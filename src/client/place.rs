//! A place for one connection, shared by as many slots as the connection carries exchanges at the same time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::sync::Notify;

use crate::host::Clock;
use crate::model::ErrorKind;
use crate::transport::{BodySink, Connection, ConnectionMarks, ExchangeMarks, Head, Request, Transport};

/// An open connection and its marks.
struct Opened<C> {
    connection: C,
    marks: Rc<ConnectionMarks>,
    /// Exchanges on it now.
    carried: Cell<usize>,
}

impl<C: Connection> Opened<C> {
    fn has_room(&self) -> bool {
        self.carried.get() < self.connection.capacity().max(1)
    }
}

/// Holds at most one connection, and opens another when that one is of no more use.
pub struct ConnectionPlace<T: Transport> {
    transport: Rc<T>,
    clock: Clock,
    keep: bool,
    opened: RefCell<Option<Rc<Opened<T::Connection>>>>,
    opening: Cell<bool>,
    settled: Rc<Notify>,
    /// Who has come to use it and not left yet.
    users: Cell<usize>,
}

/// A connection that an exchange may use.
pub struct Link<C> {
    opened: Rc<Opened<C>>,
    settled: Rc<Notify>,
    /// Whether it was opened for this exchange.
    pub fresh: bool,
}

impl<C> Link<C> {
    fn new(opened: Rc<Opened<C>>, settled: &Rc<Notify>, fresh: bool) -> Self {
        opened.carried.set(opened.carried.get() + 1);
        Link { opened, settled: Rc::clone(settled), fresh }
    }
}

impl<C> Drop for Link<C> {
    /// Somebody may wait for the room.
    fn drop(&mut self) {
        self.opened.carried.set(self.opened.carried.get() - 1);
        self.settled.notify_waiters();
    }
}

impl<T: Transport> ConnectionPlace<T> {
    /// An empty place. `keep` says whether a connection stays for another exchange.
    pub fn new(transport: Rc<T>, clock: Clock, keep: bool) -> Rc<Self> {
        let (opened, opening, settled, users) = Default::default();
        Rc::new(ConnectionPlace { transport, clock, keep, opened, opening, settled, users })
    }

    /// How many exchanges it carries at the same time: 1 until its connection says more. That can become less, as where the next
    /// connection speaks another version of HTTP.
    pub fn capacity(&self) -> usize {
        let opened = self.opened.borrow();
        let ready = opened.as_ref().filter(|opened| opened.connection.is_open());
        ready.map_or(1, |opened| opened.connection.capacity().max(1))
    }

    /// Whether it carries one more exchange than it is used for.
    pub fn has_room(&self) -> bool {
        self.users.get() < self.capacity()
    }

    /// Somebody comes to use it for an exchange.
    pub fn enter(&self) {
        self.users.set(self.users.get() + 1);
    }

    /// Somebody who came has no more use for it.
    pub fn leave(&self) {
        self.users.set(self.users.get() - 1);
    }

    /// The connection that is there, if it can be used.
    fn ready(&self) -> Option<Rc<Opened<T::Connection>>> {
        let opened = self.opened.borrow().clone();
        opened.filter(|opened| opened.connection.is_open())
    }

    /// The connection to use: the one that is there, or one that is opened now. While somebody else opens it, or while it carries
    /// all that it can, the request is still in the queue. `next_id` names a new connection.
    pub async fn link(
        &self,
        marks: &ExchangeMarks,
        next_id: impl FnOnce() -> u64,
    ) -> Result<Link<T::Connection>, ErrorKind> {
        let mut waited = false;
        loop {
            match self.ready() {
                Some(opened) if opened.has_room() => {
                    if waited {
                        marks.waited_for_connection();
                    }
                    marks.using(&opened.marks, false);
                    return Ok(Link::new(opened, &self.settled, false));
                }
                None if !self.opening.replace(true) => break,
                _ => {}
            }
            waited = true;
            marks.waits_for_connection();
            self.settled.notified().await;
        }
        if waited {
            marks.waited_for_connection();
        }
        let settles = Settles(self);
        // The old one closes before another is opened.
        *self.opened.borrow_mut() = None;
        let connection_marks = ConnectionMarks::new(self.clock, next_id());
        marks.using(&connection_marks, true);
        let connection = self.transport.open(&connection_marks).await?;
        let opened = Rc::new(Opened { connection, marks: connection_marks, carried: Cell::default() });
        let link = Link::new(Rc::clone(&opened), &self.settled, true);
        *self.opened.borrow_mut() = Some(opened);
        drop(settles);
        Ok(link)
    }

    /// Sends a request and receives its answer. A connection that ends before anything of the request was sent on it is
    /// replaced once, for nothing has left this machine; one that was opened for the request is not.
    pub async fn exchange(
        &self,
        mut link: Link<T::Connection>,
        request: &Request<'_>,
        marks: &ExchangeMarks,
        body: &mut dyn BodySink,
        next_id: impl FnOnce() -> u64,
    ) -> Result<Head, ErrorKind> {
        let first = self.attempt(&link, request, marks, body).await;
        let failure = match first {
            Ok(head) => return Ok(head),
            Err(failure) => failure,
        };
        let reused = marks.connection().is_some_and(|connection| connection.reused);
        if !(failure.unsent && reused) {
            return Err(failure.kind);
        }
        marks.retry();
        drop(link);
        link = self.link(marks, next_id).await?;
        self.attempt(&link, request, marks, body).await.map_err(|failure| failure.kind)
    }

    async fn attempt(
        &self,
        link: &Link<T::Connection>,
        request: &Request<'_>,
        marks: &ExchangeMarks,
        body: &mut dyn BodySink,
    ) -> Result<Head, crate::transport::Failure> {
        let outcome = link.opened.connection.exchange(request, marks, body).await;
        if !self.keep || !link.opened.connection.is_open() {
            self.forget(&link.opened);
        }
        outcome
    }

    /// Lets a connection go, if it is the one that is held.
    fn forget(&self, gone: &Rc<Opened<T::Connection>>) {
        let mut opened = self.opened.borrow_mut();
        if opened.as_ref().is_some_and(|held| Rc::ptr_eq(held, gone)) {
            *opened = None;
        }
    }

    /// Watches the idle connection, so that one that the server closes is not used again.
    pub fn poll_idle(&self, cx: &mut Context<'_>) {
        if let Some(opened) = self.ready()
            && let Poll::Ready(()) = opened.connection.poll_idle(cx)
        {
            self.forget(&opened);
        }
    }
}

/// Whoever opens a connection tells those who wait for it how it went, also if it is dropped on the way.
struct Settles<'a, T: Transport>(&'a ConnectionPlace<T>);

impl<T: Transport> Drop for Settles<'_, T> {
    fn drop(&mut self) {
        self.0.opening.set(false);
        self.0.settled.notify_waiters();
    }
}
