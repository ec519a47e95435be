//! From a name to an open stream: lookup and dialling, each a seam behind which tests put a network of their own.

mod resolve;
mod tcp;
mod tcp_info;

pub use resolve::{Lookup, Resolve, SystemResolver};
pub use tcp::TcpDialer;

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};

use super::ConnectionMarks;

/// Opens streams.
pub trait Dial {
    /// What bytes go through.
    type Stream: AsyncRead + AsyncWrite + Unpin;

    /// Connects to one address. Whoever can count what the network sends again lets `marks` watch it from the start, and
    /// stops that if the stream does not come to be.
    ///
    /// # Errors
    /// As the operating system says it.
    fn dial(
        &self,
        address: SocketAddr,
        marks: &ConnectionMarks,
    ) -> impl Future<Output = io::Result<Self::Stream>>;
}
