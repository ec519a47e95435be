//! TCP as the operating system speaks it, with the kernel's own counters as evidence.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;

use super::{Dial, tcp_info};
use crate::transport::{ConnectionMarks, Counters};

/// Dials TCP.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpDialer;

/// A socket that somebody else owns. It may be asked only while it is open: by the owner, and by the deadline sweep, which
/// comes before whatever ends it.
struct SocketCounters(RawFd);

impl Counters for SocketCounters {
    fn retransmits(&self) -> Option<u32> {
        tcp_info::total_retransmits(self.0)
    }
}

impl Dial for TcpDialer {
    type Stream = TcpStream;

    /// The steps of a connect one by one, so that the socket of one that fails is still there to be asked.
    async fn dial(&self, address: SocketAddr, marks: &ConnectionMarks) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        // A small request must not wait for the acknowledgement of the one before it.
        socket.set_tcp_nodelay(true)?;
        let begun = begin(&socket, address);
        let stream = TcpStream::from_std(socket.into())?;
        marks.watch(Rc::new(SocketCounters(stream.as_raw_fd())));
        // Declared after the stream, so that it goes before it: the socket is still open when it is asked for the last time.
        let watched = WatchGuard(marks);
        begun?;
        stream.writable().await?;
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
        std::mem::forget(watched);
        Ok(stream)
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
struct WatchGuard<'a>(&'a ConnectionMarks);

impl Drop for WatchGuard<'_> {
    fn drop(&mut self) {
        self.0.unwatch();
    }
}
