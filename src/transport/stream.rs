//! A stream with TLS on it, or without.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

/// What a connection is made of. Marks are taken above TLS, so that a session ticket is not the first byte of an answer.
pub enum SecuredStream<S> {
    /// Bytes as they are.
    Plain(S),
    /// Bytes as TLS makes them.
    Tls(Box<TlsStream<S>>),
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for SecuredStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, read: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            SecuredStream::Plain(stream) => Pin::new(stream).poll_read(cx, read),
            SecuredStream::Tls(stream) => Pin::new(stream).poll_read(cx, read),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for SecuredStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            SecuredStream::Plain(stream) => Pin::new(stream).poll_write(cx, data),
            SecuredStream::Tls(stream) => Pin::new(stream).poll_write(cx, data),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            SecuredStream::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
            SecuredStream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            SecuredStream::Plain(stream) => stream.is_write_vectored(),
            SecuredStream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            SecuredStream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            SecuredStream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            SecuredStream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            SecuredStream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
