//! What moves the bytes. A transport gives out lanes; a lane carries one exchange at a time and
//! leaves its marks on the way.

mod direct;
mod endpoint;
mod marks;
mod resolve;
mod server_headers;
mod server_timing;
mod tcp_info;

pub use direct::Direct;
pub use endpoint::{Endpoint, EndpointError};
pub use marks::Marks;
pub use resolve::{Lookup, Resolve, SystemResolver};
pub use server_headers::ServerHeaders;

use std::rc::Rc;
use std::task::Context;

use bytes::Bytes;

use crate::model::Micros;
use crate::model::{ErrorKind, ServerTimes};

/// What an exchange sends.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Whether the body is a batch, which has its own path.
    pub batched: bool,
    /// The request body.
    pub body: Bytes,
    /// The `traceparent` header.
    pub traceparent: String,
}

/// What an exchange brought back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status; not necessarily a success.
    pub status: u16,
    /// What the server says of its own time.
    pub server: ServerTimes,
    /// What each item of the exchange cost, as the server says, in order; empty if it does not.
    pub items: Vec<Micros>,
    /// The whole response body.
    pub body: Bytes,
}

/// A way to move bytes.
pub trait Transport {
    /// What carries one exchange at a time.
    type Lane: Lane + 'static;

    /// A new lane that leaves its marks on `marks`. `keep` says whether it keeps its connection
    /// from one exchange to the next; a lane never has more than one.
    fn lane(&self, marks: Rc<Marks>, keep: bool) -> Self::Lane;
}

/// Carries one exchange at a time.
pub trait Lane {
    /// Sends a request and receives its answer. Where the time went stands in the lane's marks,
    /// also if the future is dropped on the way.
    fn exchange(&mut self, outgoing: Outgoing) -> impl Future<Output = Result<Answer, ErrorKind>>;

    /// Watches the idle connection, so that one that the server closes is not used again.
    fn poll_idle(&mut self, cx: &mut Context<'_>);
}
