//! What moves the frames of a connection while its exchanges wait for theirs.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use super::traffic::Traffic;
use super::watched::WatchedIo;
use crate::transport::ConnectionMarks;

/// What connection and driver know of each other.
pub(super) struct Shared {
    pub traffic: Rc<Traffic>,
    marks: Rc<ConnectionMarks>,
    /// Streams that the server allows, as far as that is known.
    allowed: Cell<usize>,
    open: Cell<bool>,
}

impl Shared {
    pub(super) fn new(marks: Rc<ConnectionMarks>) -> Rc<Self> {
        Rc::new(Shared { traffic: Rc::default(), marks, allowed: Cell::new(1), open: Cell::new(true) })
    }

    pub(super) fn allowed(&self) -> usize {
        self.allowed.get()
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.get()
    }

    fn note(&self, allowed: usize, open: bool) {
        let changed = self.allowed.replace(allowed) != allowed;
        if self.open.replace(open) != open || changed {
            self.marks.changed();
        }
    }
}

/// Drives a connection to its end.
pub(super) struct Driver<S: AsyncRead + AsyncWrite + Unpin> {
    /// Declared before the connection, so that nobody counts on its descriptor any more when that is closed.
    end: DriverEnd,
    connection: h2::client::Connection<WatchedIo<S>, Bytes>,
}

/// Says that the connection is gone.
struct DriverEnd(Rc<Shared>);

impl Drop for DriverEnd {
    fn drop(&mut self) {
        self.0.marks.unwatch();
        self.0.note(self.0.allowed(), false);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    pub(super) fn new(shared: &Rc<Shared>, connection: h2::client::Connection<WatchedIo<S>, Bytes>) -> Self {
        Driver { end: DriverEnd(Rc::clone(shared)), connection }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Future for Driver<S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let ended = Pin::new(&mut this.connection).poll(cx).is_ready();
        let Shared { traffic, .. } = &*this.end.0;
        // Until the server has said how many it allows, one asks for nothing that it might refuse.
        let allowed = if traffic.is_settled() { this.connection.max_concurrent_send_streams() } else { 1 };
        this.end.0.note(allowed, !ended && !traffic.goes_away());
        if ended { Poll::Ready(()) } else { Poll::Pending }
    }
}
