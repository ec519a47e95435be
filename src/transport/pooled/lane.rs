//! The transport, and the lanes that lead into its client: one for each connection that a strategy would have. On which
//! connection of the pool an exchange goes, the client decides.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use reqwest::{Client, Url};

use super::client::{self, PoolSettings};
use super::connector::ConnectHook;
use super::exchange;
use super::known::KnownConnections;
use super::route::PreparedRoute;
use super::watch::ConnectWatch;
use crate::host::Clock;
use crate::model::{ErrorKind, HttpChoice, HttpVersion, Stage, StageSet};
use crate::transport::{
    BodySink, Connection, ConnectionMarks, Endpoint, EndpointError, ExchangeMarks, Failure, Head, Request,
    RequestTemplate, Transport,
};

/// A client to one endpoint, with a pool of its own.
pub struct Pooled {
    shared: Rc<ClientPool>,
}

struct ClientPool {
    client: Client,
    clock: Arc<OnceLock<Clock>>,
    endpoint: Arc<Endpoint>,
    base: Url,
    /// In the order of the endpoint's templates.
    prepared: Vec<PreparedRoute>,
    http: HttpChoice,
    streams: usize,
    /// What the last answer spoke.
    spoken: Cell<Option<HttpVersion>>,
    /// Absent where each request has a connection of its own.
    known: Option<Arc<KnownConnections>>,
}

impl Pooled {
    /// What it can see. When a request was written is not said, nor whether the client has sent one again because its
    /// connection was closed before anything of it was written.
    pub const OBSERVES: StageSet = StageSet::ALL.without(Stage::Retry).without(Stage::Send);

    /// A client to `endpoint`. `ids` number the connections of the repetition, for all its threads.
    ///
    /// # Errors
    /// Something that the library cannot do, by its key in the scenario.
    pub fn new(
        endpoint: Arc<Endpoint>,
        settings: &PoolSettings,
        ids: &Arc<AtomicU64>,
    ) -> Result<Self, EndpointError> {
        let known = (settings.idle > 0).then(Arc::<KnownConnections>::default);
        let clock = Arc::<OnceLock<Clock>>::default();
        let hook = ConnectHook { clock: Arc::clone(&clock), ids: Arc::clone(ids), known: known.clone() };
        let base = client::base(&endpoint)?;
        let client = client::client(&endpoint, settings, hook)?;
        let prepared =
            |route: &RequestTemplate| PreparedRoute::new(&base, route).ok_or_else(|| changed(route));
        let prepared = endpoint.templates().map(prepared).collect::<Result<_, EndpointError>>()?;
        let (http, streams) = (settings.connect.http, settings.connect.streams.max(1));
        let spoken = Cell::default();
        let shared = ClientPool { client, clock, endpoint, base, prepared, http, streams, spoken, known };
        Ok(Pooled { shared: Rc::new(shared) })
    }
}

/// A path that would not be sent as it is written. Its query can hold a secret and is not repeated.
fn changed(route: &RequestTemplate) -> EndpointError {
    let problem = format!(
        "reqwest would send another path than `{}` with its query: it resolves `.` and `..` and encodes some characters; \
         write it in that form, or set target.transport = \"direct\" (--transport direct)",
        route.path.path()
    );
    EndpointError::Via { key: "target.transport", problem }
}

impl Transport for Pooled {
    type Connection = Lane;

    fn observes(&self) -> StageSet {
        Self::OBSERVES
    }

    /// Costs nothing: connections are opened by exchanges.
    async fn open(&self, marks: &Rc<ConnectionMarks>) -> Result<Lane, ErrorKind> {
        self.shared.clock.get_or_init(|| marks.clock());
        Ok(Lane { shared: Rc::clone(&self.shared), marks: Rc::clone(marks) })
    }
}

/// A way into the client, for as many exchanges at the same time as a connection would carry.
pub struct Lane {
    shared: Rc<ClientPool>,
    marks: Rc<ConnectionMarks>,
}

impl Connection for Lane {
    fn capacity(&self) -> usize {
        self.shared.capacity()
    }

    fn is_open(&self) -> bool {
        true
    }

    fn poll_idle(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    async fn exchange(
        &self,
        request: &Request<'_>,
        marks: &Rc<ExchangeMarks>,
        body: &mut dyn BodySink,
    ) -> Result<Head, Failure> {
        // What stands for a connection is none.
        marks.using_unknown();
        let shared = &self.shared;
        let composed = shared.compose(request).ok_or(exchange::failed(ErrorKind::Protocol))?;
        let watch = ConnectWatch::new(marks, &self.marks);
        let (answer, http) =
            exchange::head(&shared.client, composed, shared.known.as_deref(), &watch, marks).await?;
        let now = marks.read(0);
        marks.wrote(request.body.len(), now);
        if shared.spoken.replace(Some(http)) != Some(http) && shared.capacity() > 1 {
            self.marks.changed();
        }
        exchange::receive(answer, &shared.endpoint.server_headers, marks, body).await
    }
}

impl ClientPool {
    fn capacity(&self) -> usize {
        match (self.http, self.spoken.get()) {
            (HttpChoice::Http2, _) | (HttpChoice::Auto, Some(HttpVersion::Http2)) => self.streams,
            _ => 1,
        }
    }

    fn compose(&self, request: &Request<'_>) -> Option<reqwest::Request> {
        let mut known = self.endpoint.templates().zip(&self.prepared);
        match known.find(|(route, _)| std::ptr::eq(*route, request.route)) {
            Some((_, prepared)) => prepared.request(request),
            None => PreparedRoute::new(&self.base, request.route)?.request(request),
        }
    }
}
