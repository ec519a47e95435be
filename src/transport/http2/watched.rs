//! The stream below HTTP/2: what goes over it is looked at on its way.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::{FrameScan, kind};
use super::traffic::Traffic;
use crate::host::Clock;

/// What a client says before its first frame (RFC 9113 §3.4).
const PREFACE: usize = 24;

/// A stream whose frames are noted.
pub(super) struct WatchedIo<S> {
    stream: S,
    clock: Clock,
    traffic: Rc<Traffic>,
    read: FrameScan,
    written: FrameScan,
    /// Whether the stream has taken bytes and not handed them on.
    held_back: bool,
}

impl<S> WatchedIo<S> {
    pub(super) fn new(stream: S, clock: Clock, traffic: &Rc<Traffic>) -> Self {
        let (read, written) = (FrameScan::default(), FrameScan::after(PREFACE));
        WatchedIo { stream, clock, traffic: Rc::clone(traffic), read, written, held_back: false }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedIo<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, read: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = read.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, read))?;
        let data = &read.filled()[before..];
        if !data.is_empty() {
            let at = this.clock.now();
            this.read.feed(data, |piece| this.traffic.read(piece, at));
            let foreign = || this.read.kind_so_far().is_some_and(|kind| kind != kind::SETTINGS);
            if !this.traffic.is_settled() && foreign() {
                this.traffic.begins_otherwise();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedIo<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let called = this.clock.now();
        let bytes = ready!(Pin::new(&mut this.stream).poll_write(cx, data))?;
        this.written.feed(&data[..bytes], |piece| this.traffic.wrote(piece, called));
        Poll::Ready(Ok(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let called = this.clock.now();
        let bytes = ready!(Pin::new(&mut this.stream).poll_write_vectored(cx, pieces))?;
        let mut left = bytes;
        for piece in pieces {
            let data = &piece[..piece.len().min(left)];
            left -= data.len();
            this.written.feed(data, |piece| this.traffic.wrote(piece, called));
        }
        Poll::Ready(Ok(bytes))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let called = this.held_back.then(|| this.clock.now());
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        this.held_back = flushed.is_pending();
        if let Poll::Ready(Ok(())) = flushed {
            this.traffic.flushed(called);
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
