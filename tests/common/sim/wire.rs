//! The client's end of a connection in memory.
use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use spanload::transport::Counters;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use super::Peer;

/// What a kernel would count.
#[derive(Default)]
pub struct Counts(Cell<u32>);

impl Counts {
    pub fn add(&self, retransmits: u32) {
        self.0.set(self.0.get() + retransmits);
    }
}

impl Counters for Counts {
    fn retransmits(&self) -> Option<u32> {
        Some(self.0.get())
    }
}

/// Bytes to the server and back.
pub struct Wire {
    pipe: DuplexStream,
    reset: Rc<Cell<bool>>,
}

/// Both ends of a connection.
pub fn pair(buffer: usize, counts: Rc<Counts>) -> (Wire, Peer) {
    let (near, far) = tokio::io::duplex(buffer);
    let reset = Rc::<Cell<bool>>::default();
    (Wire { pipe: near, reset: Rc::clone(&reset) }, Peer::new(far, reset, counts))
}

impl Wire {
    /// An error where the server has closed with a reset.
    fn outcome<T>(&self, otherwise: io::Result<T>) -> io::Result<T> {
        if self.reset.get() { Err(io::ErrorKind::ConnectionReset.into()) } else { otherwise }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = ready!(Pin::new(&mut self.pipe).poll_read(cx, buffer));
        let more = buffer.filled().len() > before;
        Poll::Ready(if more { outcome } else { self.outcome(outcome) })
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = ready!(Pin::new(&mut self.pipe).poll_write(cx, data));
        Poll::Ready(if outcome.is_err() { self.outcome(outcome) } else { outcome })
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}
