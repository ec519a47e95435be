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
}

/// Holds at most one connection, and opens another when that one is of no more use.
pub struct ConnectionPlace<T: Transport> {
    transport: Rc<T>,
    clock: Clock,
    keep: bool,
    opened: RefCell<Option<Rc<Opened<T::Connection>>>>,
    opening: Cell<bool>,
    settled: Notify,
}

/// A connection that an exchange may use.
pub struct Link<C> {
    opened: Rc<Opened<C>>,
    /// Whether it was opened for this exchange.
    pub fresh: bool,
}

impl<T: Transport> ConnectionPlace<T> {
    /// An empty place. `keep` says whether a connection stays for another exchange.
    pub fn new(transport: Rc<T>, clock: Clock, keep: bool) -> Rc<Self> {
        let (opened, opening, settled) = Default::default();
        Rc::new(ConnectionPlace { transport, clock, keep, opened, opening, settled })
    }

    /// How many exchanges it carries at the same time: 1 until its connection says more.
    pub fn capacity(&self) -> usize {
        self.opened.borrow().as_ref().map_or(1, |opened| opened.connection.capacity().max(1))
    }

    /// The connection that is there, if it can be used.
    fn ready(&self) -> Option<Rc<Opened<T::Connection>>> {
        let opened = self.opened.borrow().clone();
        opened.filter(|opened| opened.connection.is_open())
    }

    /// The connection to use: the one that is there, or one that is opened now. While somebody else opens it, the request is
    /// still in the queue. `next_id` names a new connection.
    pub async fn link(
        &self,
        marks: &ExchangeMarks,
        next_id: impl FnOnce() -> u64,
    ) -> Result<Link<T::Connection>, ErrorKind> {
        let mut waited = false;
        loop {
            if let Some(opened) = self.ready() {
                if waited {
                    marks.waited_for_connection();
                }
                marks.using(&opened.marks, false);
                return Ok(Link { opened, fresh: false });
            }
            if !self.opening.replace(true) {
                break;
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
        let opened = Rc::new(Opened { connection, marks: connection_marks });
        *self.opened.borrow_mut() = Some(Rc::clone(&opened));
        drop(settles);
        Ok(Link { opened, fresh: true })
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
