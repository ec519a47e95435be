//! TCP as the operating system speaks it, with the kernel's own counters as evidence.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;

use tokio::net::{TcpSocket, TcpStream};

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

    async fn dial(&self, address: SocketAddr, marks: &ConnectionMarks) -> io::Result<TcpStream> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A small request must not wait for the acknowledgement of the one before it.
        socket.set_nodelay(true)?;
        marks.watch(Rc::new(SocketCounters(socket.as_raw_fd())));
        let watched = WatchGuard(marks);
        let stream = socket.connect(address).await?;
        std::mem::forget(watched);
        Ok(stream)
    }
}

/// Keeps the marks from watching a descriptor that is closed, also if the connect is dropped on the way.
struct WatchGuard<'a>(&'a ConnectionMarks);

impl Drop for WatchGuard<'_> {
    fn drop(&mut self) {
        self.0.unwatch();
    }
}
