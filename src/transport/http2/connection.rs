//! One connection: its exchanges, and who moves their frames.

use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use tokio::io::{AsyncRead, AsyncWrite};

use super::driver::{Driver, Shared};
use super::exchange;
use super::watched::WatchedIo;
use super::windows::Windows;
use crate::model::ErrorKind;
use crate::transport::{
    BodySink, Connection, ConnectionMarks, Endpoint, ExchangeMarks, Failure, Head, Request,
};

/// The longest head of an answer; as in HTTP/1.1.
const LONGEST_HEAD: u32 = 256 << 10;

/// A connection that speaks HTTP/2.
pub struct Http2 {
    send: SendRequest<Bytes>,
    shared: Rc<Shared>,
    streams: usize,
    endpoint: Arc<Endpoint>,
}

impl Http2 {
    /// Says hello on a stream. What the server says to that is not waited for: until then the connection carries one exchange.
    pub(in crate::transport) async fn open<S: AsyncRead + AsyncWrite + Unpin + 'static>(
        stream: S,
        marks: Rc<ConnectionMarks>,
        endpoint: Arc<Endpoint>,
        streams: usize,
    ) -> Result<Self, ErrorKind> {
        let shared = Shared::new(Rc::clone(&marks));
        let io = WatchedIo::new(stream, marks.clock(), &shared.traffic);
        let windows = Windows::of(streams);
        let mut builder = Builder::new();
        builder
            .enable_push(false)
            .initial_window_size(windows.stream)
            .initial_connection_window_size(windows.connection)
            .max_header_list_size(LONGEST_HEAD);
        let (send, connection) = builder.handshake(io).await.map_err(|error| {
            marks.unwatch();
            marks.failed(&error);
            exchange::kind_of(&error)
        })?;
        tokio::task::spawn_local(Driver::new(&shared, connection));
        Ok(Http2 { send, shared, streams: streams.max(1), endpoint })
    }
}

impl Connection for Http2 {
    fn capacity(&self) -> usize {
        self.streams.min(self.shared.allowed())
    }

    fn is_open(&self) -> bool {
        self.shared.is_open()
    }

    fn says_farewell(&self) -> bool {
        self.shared.traffic.goes_away()
    }

    fn watches_itself(&self) -> bool {
        true
    }

    fn poll_idle(&self, _: &mut Context<'_>) -> Poll<()> {
        // The driver watches it, and tells the marks.
        if self.is_open() { Poll::Pending } else { Poll::Ready(()) }
    }

    async fn exchange(
        &self,
        request: &Request<'_>,
        marks: &Rc<ExchangeMarks>,
        body: &mut dyn BodySink,
    ) -> Result<Head, Failure> {
        let outcome =
            exchange::exchange(self.send.clone(), request, &self.endpoint, &self.shared.traffic, marks, body);
        let outcome = outcome.await;
        marks.take_evidence();
        if outcome.is_err() && self.shared.traffic.is_foreign() {
            marks.because("the server does not speak HTTP/2");
        }
        outcome
    }
}
