//! One connection: what is open between exchanges, and what it takes to use it again.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::exchange::Http1Exchange;
use super::io::{Io, Scratch};
use super::surplus;
use crate::model::ErrorKind;
use crate::transport::{
    BodySink, Connection, ConnectionMarks, Endpoint, ExchangeMarks, Failure, Head, Reached, Request,
};

/// A connection that speaks HTTP/1.1.
pub struct Http1<S> {
    /// Taken while an exchange is under way: one that does not come to its end takes the stream with it.
    io: Cell<Option<Box<Io<S>>>>,
    open: Cell<bool>,
    /// Whether it has carried an exchange: then nothing can be there before the next request.
    used: Cell<bool>,
    marks: Rc<ConnectionMarks>,
    endpoint: Arc<Endpoint>,
    scratch: Rc<RefCell<Scratch>>,
}

impl<S> Http1<S> {
    pub(in crate::transport) fn new(
        stream: S,
        marks: Rc<ConnectionMarks>,
        endpoint: Arc<Endpoint>,
        scratch: Rc<RefCell<Scratch>>,
    ) -> Self {
        let io = Io { stream, output: Vec::new(), pending: Vec::new() };
        Http1 {
            io: Cell::new(Some(Box::new(io))),
            open: Cell::new(true),
            used: Cell::new(false),
            marks,
            endpoint,
            scratch,
        }
    }
}

impl<S> Drop for Http1<S> {
    fn drop(&mut self) {
        // Before the stream: its descriptor may be somebody else's a moment later.
        self.marks.unwatch();
    }
}

/// The stream of an exchange that does not come back.
struct Gone<'a>(&'a ConnectionMarks, &'a Cell<bool>);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.unwatch();
        self.1.set(false);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection for Http1<S> {
    fn capacity(&self) -> usize {
        1
    }

    fn is_open(&self) -> bool {
        self.open.get()
    }

    fn poll_idle(&self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(mut io) = self.io.take() else { return Poll::Ready(()) };
        let mut first = [0; surplus::LOOKED_AT];
        let mut read = ReadBuf::new(&mut first);
        // The end of the stream, or bytes that nobody has asked for: either way it is of no more use.
        if Pin::new(&mut io.stream).poll_read(cx, &mut read).is_ready() {
            if surplus::is_surplus(read.filled()) {
                self.marks.surplus();
            }
            self.open.set(false);
            self.marks.unwatch();
            return Poll::Ready(());
        }
        self.io.set(Some(io));
        Poll::Pending
    }

    async fn exchange(
        &self,
        request: &Request<'_>,
        marks: &Rc<ExchangeMarks>,
        body: &mut dyn BodySink,
    ) -> Result<Head, Failure> {
        let Some(mut io) = self.io.take() else {
            return Err(Failure { kind: ErrorKind::Closed, reached: Reached::Nobody });
        };
        let gone = Gone(&self.marks, &self.open);
        let used = self.used.replace(true);
        let mut exchange = Http1Exchange::new(&mut io, request, &self.endpoint.server_headers, marks, used);
        let outcome = poll_fn(|cx| exchange.poll(cx, &self.scratch, body)).await;
        if exchange.found_surplus {
            self.marks.surplus();
        }
        marks.take_evidence();
        let reached = if marks.wrote_any() { Reached::Perhaps } else { Reached::Nobody };
        let done = outcome.map_err(|kind| Failure { kind, reached })?;
        if done.reusable && request.keep {
            std::mem::forget(gone);
            self.io.set(Some(io));
        }
        Ok(done.head)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

    use super::*;
    use crate::host::Clock;

    fn connection() -> (Http1<DuplexStream>, DuplexStream) {
        let (client, server) = duplex(100);
        let endpoint = Endpoint::new("http://a", "/", "/", []).expect("a good URL");
        let marks = ConnectionMarks::new(Clock::start(), 1, &Rc::default());
        (Http1::new(client, marks, Arc::new(endpoint), Rc::default()), server)
    }

    #[tokio::test]
    async fn an_idle_connection_is_of_no_more_use_once_anything_comes() {
        let (quiet, _server) = connection();
        let waits = poll_fn(|cx| Poll::Ready(quiet.poll_idle(cx).is_pending())).await;
        assert!(waits && quiet.is_open());
        let (surplus, mut server) = connection();
        server.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").await.expect("memory");
        let (closed, server) = connection();
        drop(server);
        for connection in [surplus, closed] {
            pin!(poll_fn(|cx| connection.poll_idle(cx))).await;
            assert!(!connection.is_open());
        }
    }
}
