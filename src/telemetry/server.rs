//! `/metrics` on 127.0.0.1, on a thread and a runtime of its own. It counts its scrapes.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::metrics::Metrics;
use crate::host::Clock;
use crate::model::Moment;

/// Where Prometheus looks for the tool, as the OpenTelemetry exporters have it.
pub(super) const USUAL_PORT: u16 = 9464;
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long a reader that does not read may hold up the end.
const GOODBYE: Duration = Duration::from_millis(500);

/// A listener on loopback, and nowhere else.
pub(super) fn bind(port: u16) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Who has come to read.
#[derive(Debug)]
pub(super) struct Scrapes {
    clock: Clock,
    /// How many, and when the last two were.
    seen: Mutex<(u64, [Option<Moment>; 2])>,
    count: watch::Sender<u64>,
}

impl Scrapes {
    fn new() -> Self {
        Scrapes { clock: Clock::start(), seen: Mutex::default(), count: watch::Sender::new(0) }
    }

    /// Reads for one who came, and counts it. Meanwhile nobody else counts: whoever has changed a figure and then asks
    /// how many came knows that every later one has seen it.
    fn came(&self, read: impl FnOnce() -> String) -> String {
        let mut seen = self.lock();
        let text = read();
        *seen = (seen.0 + 1, [Some(self.clock.now()), seen.1[0]]);
        self.count.send_replace(seen.0);
        text
    }

    /// How many so far.
    pub(super) fn count(&self) -> u64 {
        self.lock().0
    }

    fn lock(&self) -> MutexGuard<'_, (u64, [Option<Moment>; 2])> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time between the last two.
    pub(super) fn interval(&self) -> Option<Duration> {
        let [last, before] = self.lock().1;
        Some(Duration::from_micros(last?.since(before?).0))
    }

    /// Waits until there are more than `count`.
    pub(super) async fn beyond(&self, count: u64) {
        let mut changes = self.count.subscribe();
        // The sender lives as long as `self`.
        let _ = changes.wait_for(|now| *now > count).await;
    }
}

/// A running server; it ends when this is dropped, after what it answers is sent.
#[derive(Debug)]
pub(super) struct ExpositionServer {
    pub scrapes: Arc<Scrapes>,
    pub port: u16,
    thread: Option<std::thread::JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

impl ExpositionServer {
    /// Serves what the metrics say at the time.
    pub(super) fn start(listener: TcpListener, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        let port = listener.local_addr().context("the listener of the metrics has no address")?.port();
        let scrapes = Arc::new(Scrapes::new());
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("cannot start the runtime of the metrics")?;
        let counted = Arc::clone(&scrapes);
        let serve = move || {
            runtime.block_on(accept(listener, metrics, counted, stopped));
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("metrics".into()).spawn(serve);
        let thread = thread.context("cannot start the thread of the metrics")?;
        Ok(ExpositionServer { scrapes, port, thread: Some(thread), stop })
    }
}

impl Drop for ExpositionServer {
    /// The port is free for the next run when this returns.
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    scrapes: Arc<Scrapes>,
    mut stopped: watch::Receiver<bool>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let (mut connections, stop) = (JoinSet::new(), stopped.clone());
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let serving = serve(stream, Arc::clone(&metrics), Arc::clone(&scrapes), stop.clone());
                    connections.spawn(serving);
                }
                // Out of file descriptors; the load needs them more.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = stopped.wait_for(|stopped| *stopped) => break,
        }
    }
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GOODBYE, all).await;
}

async fn serve(
    stream: tokio::net::TcpStream,
    metrics: Arc<Metrics>,
    scrapes: Arc<Scrapes>,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| {
        let response = respond(&request, &metrics, &scrapes);
        async { Ok::<_, Infallible>(response) }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.wait_for(|stopped| *stopped) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

fn respond<B>(request: &Request<B>, metrics: &Metrics, scrapes: &Scrapes) -> Response<Full<Bytes>> {
    let plain = |status, text: &'static str| {
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = status;
        response
    };
    if request.uri().path() != "/metrics" {
        return plain(StatusCode::NOT_FOUND, "GET /metrics\n");
    }
    if request.method() != Method::GET {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "GET /metrics\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        return response;
    }
    let mut response = Response::new(Full::from(scrapes.came(|| metrics.render())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(OPEN_METRICS));
    response
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// Or a reader that saw the metrics as they were is taken for the one that is waited for.
    #[test]
    fn who_reads_while_somebody_counts_is_counted_first() {
        let scrapes = &Scrapes::new();
        let ((begin, begun), (go_on, going_on)) = (channel(), channel());
        std::thread::scope(|scope| {
            scope.spawn(move || {
                scrapes.came(|| {
                    begin.send(()).expect("somebody waits");
                    going_on.recv().expect("somebody sends");
                    "as it was".into()
                })
            });
            begun.recv().expect("it begins");
            let counting = scope.spawn(|| scrapes.count());
            std::thread::sleep(Duration::from_millis(20));
            go_on.send(()).expect("it reads still");
            assert_eq!(counting.join().expect("a number"), 1);
        });
    }
}
