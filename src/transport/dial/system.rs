//! Sockets as the operating system has them, with the kernel's own counters as evidence.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::{Dial, tcp_info};
use crate::transport::{ConnectionMarks, Counters};

/// Dials what the operating system offers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDialer;

/// A stream of the operating system.
pub enum SystemStream {
    /// To an address of a network.
    Tcp(TcpStream),
    /// To a socket in the file system.
    Unix(UnixStream),
}

/// A socket that somebody else owns. It may be asked only while it is open: by the owner, and by the deadline sweep, which
/// comes before whatever ends it.
struct SocketCounters(RawFd);

impl Counters for SocketCounters {
    fn retransmits(&self) -> Option<u32> {
        tcp_info::total_retransmits(self.0)
    }
}

/// Of a socket in the file system nothing is ever sent again, and the kernel counts nothing.
struct NoCounters;

impl Counters for NoCounters {
    fn retransmits(&self) -> Option<u32> {
        None
    }
}

impl Dial for SystemDialer {
    type Stream = SystemStream;

    /// The steps of a connect one by one, so that the socket of one that fails is still there to be asked.
    async fn dial(&self, address: SocketAddr, marks: &ConnectionMarks) -> io::Result<SystemStream> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        // A small request must not wait for the acknowledgement of the one before it.
        socket.set_tcp_nodelay(true)?;
        let begun = begin(&socket, address);
        let stream = TcpStream::from_std(socket.into())?;
        // Declared after the stream, so that it goes before it: the socket is still open when it is asked for the last time.
        let watch = DialWatch::start(marks, Rc::new(SocketCounters(stream.as_raw_fd())));
        begun?;
        stream.writable().await?;
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
        watch.keep();
        Ok(SystemStream::Tcp(stream))
    }

    async fn dial_unix(&self, path: &Path, marks: &ConnectionMarks) -> io::Result<SystemStream> {
        let stream = UnixStream::connect(path).await?;
        DialWatch::start(marks, Rc::new(NoCounters)).keep();
        Ok(SystemStream::Unix(stream))
    }
}

/// Sends the SYN. The answer to it makes the socket writable.
fn begin(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
        _ => Ok(()),
    }
}

/// Keeps the marks from watching a descriptor that is closed, also if the connect is dropped on the way.
struct DialWatch<'a> {
    marks: &'a ConnectionMarks,
    counters: Option<Rc<dyn Counters>>,
}

impl<'a> DialWatch<'a> {
    fn start(marks: &'a ConnectionMarks, counters: Rc<dyn Counters>) -> Self {
        marks.watch(Rc::clone(&counters));
        DialWatch { marks, counters: Some(counters) }
    }

    /// The stream came to be, and whoever uses it ends the watch.
    fn keep(mut self) {
        self.counters = None;
    }
}

impl Drop for DialWatch<'_> {
    fn drop(&mut self) {
        if let Some(counters) = mem::take(&mut self.counters) {
            self.marks.give_up(&counters);
        }
    }
}

impl AsyncRead for SystemStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, read: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            SystemStream::Tcp(stream) => Pin::new(stream).poll_read(cx, read),
            SystemStream::Unix(stream) => Pin::new(stream).poll_read(cx, read),
        }
    }
}

impl AsyncWrite for SystemStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            SystemStream::Tcp(stream) => Pin::new(stream).poll_write(cx, data),
            SystemStream::Unix(stream) => Pin::new(stream).poll_write(cx, data),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            SystemStream::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
            SystemStream::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            SystemStream::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            SystemStream::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            SystemStream::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            SystemStream::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
