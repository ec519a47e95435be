//! The direct transport, the measuring instrument: hyper's connection API on connections that it
//! owns, so that it knows exactly which request paid for which connection.

mod connection;
mod io;

use std::cell::Cell;
use std::rc::Rc;
use std::task::Context;

use hyper::HeaderMap;
use hyper::header::{CONNECTION, HeaderName, HeaderValue};

use super::{Answer, Endpoint, Lane, Marks, Outgoing, Resolve, Transport};
use crate::model::{ConnectionUse, ErrorKind};
use connection::{Connection, Failure};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Opens and uses connections to one endpoint.
#[derive(Clone)]
pub struct Direct {
    shared: Rc<Shared>,
}

struct Shared {
    endpoint: Endpoint,
    resolver: Box<dyn Resolve>,
    opened: Cell<u64>,
}

impl Direct {
    /// A transport to `endpoint` that looks its name up with `resolver` for every connection.
    pub fn new(endpoint: Endpoint, resolver: impl Resolve + 'static) -> Self {
        Direct { shared: Rc::new(Shared { endpoint, resolver: Box::new(resolver), opened: Cell::new(0) }) }
    }
}

impl Transport for Direct {
    type Lane = DirectLane;

    fn lane(&self, marks: Rc<Marks>, keep: bool) -> DirectLane {
        DirectLane { shared: Rc::clone(&self.shared), marks, keep, kept: None }
    }
}

/// At most one connection, and the exchange on it.
pub struct DirectLane {
    shared: Rc<Shared>,
    marks: Rc<Marks>,
    keep: bool,
    kept: Option<Connection>,
}

impl Lane for DirectLane {
    async fn exchange(&mut self, outgoing: Outgoing) -> Result<Answer, ErrorKind> {
        let request = self.request(outgoing);
        if let Some(connection) = self.kept.take() {
            self.marks.using(connection.reused(), connection.retransmits());
            match self.attempt(connection, request.clone()).await {
                // Nothing of the request has left this machine, so sending it again is safe.
                Err(Failure::BeforeSend(_)) => self.marks.retry(),
                other => return other.map_err(Failure::word),
            }
        }
        let opened = self.open().await;
        match opened {
            Ok(connection) => self.attempt(connection, request).await.map_err(Failure::word),
            Err(word) => {
                self.marks.take_evidence();
                Err(word)
            }
        }
    }

    fn poll_idle(&mut self, cx: &mut Context<'_>) {
        if self.kept.as_mut().is_some_and(|connection| connection.poll_closed(cx)) {
            self.kept = None;
        }
    }
}

impl DirectLane {
    async fn attempt(
        &mut self,
        mut connection: Connection,
        request: connection::Request,
    ) -> Result<Answer, Failure> {
        let outcome = connection.exchange(request).await;
        let total = self.marks.take_evidence();
        if self.keep && outcome.is_ok() && connection.is_open() {
            connection.note_retransmits(total);
            self.kept = Some(connection);
        }
        outcome
    }

    async fn open(&self) -> Result<Connection, ErrorKind> {
        let id = self.shared.opened.get() + 1;
        self.shared.opened.set(id);
        let connection = ConnectionUse { id, reused: false, syn_retransmits: None };
        Connection::open(&self.shared.endpoint, &*self.shared.resolver, connection, &self.marks).await
    }

    fn request(&self, outgoing: Outgoing) -> connection::Request {
        let endpoint = &self.shared.endpoint;
        let path = if outgoing.batched { &endpoint.batch_path } else { &endpoint.path };
        let mut headers: HeaderMap = endpoint.headers.clone();
        let traceparent = HeaderValue::try_from(outgoing.traceparent);
        headers.insert(TRACEPARENT, traceparent.expect("a traceparent is plain ASCII"));
        if !self.keep {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        connection::Request { path: path.clone(), headers, body: outgoing.body }
    }
}
