//! The hook into the client's connecting: each connection gets a number, and whoever waits for it is told how it goes.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use hyper::http::Extensions;
use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use tower_layer::Layer;
use tower_service::Service;

use super::known::KnownConnections;
use super::watch::ConnectWatch;
use crate::host::Clock;
use crate::model::Peer;

/// An error as it is passed on.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Puts the hook around whatever connects.
#[derive(Clone)]
pub(super) struct ConnectHook {
    /// The clock of the repetition, known once there is a lane.
    pub clock: Arc<OnceLock<Clock>>,
    /// Numbers of connections, given once in a repetition.
    pub ids: Arc<AtomicU64>,
    /// Where connections are noted that others than their opener may use.
    pub known: Option<Arc<KnownConnections>>,
}

impl<S> Layer<S> for ConnectHook {
    type Service = HookedConnector<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HookedConnector { hook: self.clone(), inner }
    }
}

/// Connects, and tells of it.
#[derive(Clone)]
pub(super) struct HookedConnector<S> {
    hook: ConnectHook,
    inner: S,
}

impl<S, R> Service<R> for HookedConnector<S>
where
    S: Service<R, Error = BoxError>,
    S::Response: Connection,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = HookedConnect<S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, destination: R) -> Self::Future {
        let id = self.hook.ids.fetch_add(1, Ordering::Relaxed) + 1;
        ConnectWatch::begins(id);
        HookedConnect { id, hook: self.hook.clone(), inner: Box::pin(self.inner.call(destination)) }
    }
}

/// One connection that is being opened.
pub(super) struct HookedConnect<C> {
    id: u64,
    hook: ConnectHook,
    inner: Pin<Box<dyn Future<Output = Result<C, BoxError>> + Send>>,
}

impl<C: Connection> Future for HookedConnect<C> {
    type Output = Result<C, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ConnectWatch::goes_on(self.id);
        let polled = self.inner.as_mut().poll(cx);
        if let Poll::Ready(Ok(connection)) = &polled {
            self.opened(connection);
        }
        polled
    }
}

impl<C: Connection> HookedConnect<C> {
    fn opened(&self, connection: &C) {
        let mut said = Extensions::new();
        connection.connected().get_extras(&mut said);
        let info = said.get::<HttpInfo>();
        if let (Some(known), Some(info), Some(clock)) = (&self.hook.known, info, self.hook.clock.get()) {
            known.add(info, self.id, clock.now());
        }
        // Only a socket in the file system has no addresses.
        ConnectWatch::opened(self.id, info.map_or(Peer::Unix, |info| Peer::Ip(info.remote_addr())));
    }
}
