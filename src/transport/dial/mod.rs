//! From a name to an open stream: lookup and dialling, each a seam behind which tests put a network of their own.

mod race;
mod resolve;
mod system;
mod tcp_info;

pub use race::Attempts;
pub(super) use race::race;
pub use resolve::{Lookup, Resolve, SystemResolver};
pub use system::{SystemDialer, SystemStream};

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use tokio::io::{AsyncRead, AsyncWrite};

use super::ConnectionMarks;

/// Opens streams.
pub trait Dial {
    /// What bytes go through.
    type Stream: AsyncRead + AsyncWrite + Unpin + 'static;

    /// Connects to one address. Whoever can count what the network sends again lets `marks` watch it from the start, and
    /// gives that up if the stream does not come to be.
    ///
    /// # Errors
    /// As the operating system says it.
    fn dial(
        &self,
        address: SocketAddr,
        marks: &ConnectionMarks,
    ) -> impl Future<Output = io::Result<Self::Stream>>;

    /// Connects to a socket in the file system.
    ///
    /// # Errors
    /// As the operating system says it; where there are no such sockets, that.
    fn dial_unix(
        &self,
        _path: &Path,
        _marks: &ConnectionMarks,
    ) -> impl Future<Output = io::Result<Self::Stream>> {
        std::future::ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
