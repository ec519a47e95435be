//! `/metrics` on 127.0.0.1, on a thread and a runtime of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::metrics::Metrics;
use super::reader::answer;
use super::scrapes::Scrapes;
use crate::host::thread;

/// Where Prometheus looks for the tool, as the OpenTelemetry exporters have it.
pub(super) const USUAL_PORT: u16 = 9464;

/// Far more than the scrapers of a machine, and few beside the descriptors that the load needs. Each holds an answer of
/// its own until it is read or its time is over, so this many answers are all the memory that readers can take.
const MOST_READERS: usize = 64;

/// How long a reader that does not read may hold up the end.
const GOODBYE: Duration = Duration::from_millis(500);

/// A listener on loopback, and nowhere else.
pub(super) fn bind(port: u16) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
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
        let scrapes = Arc::new(Scrapes::new());
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("cannot start the runtime of the metrics")?;
        // Here and not on its thread, so that whoever asked for the metrics learns that there are none.
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).context("cannot serve /metrics")?
        };
        let port = listener.local_addr().context("the listener of the metrics has no address")?.port();
        let counted = Arc::clone(&scrapes);
        let run = move || {
            runtime.block_on(serve(listener, metrics, counted, stopped));
            runtime.shutdown_background();
        };
        let thread = thread("metrics", run)?;
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

/// Serves who comes until it is stopped, then what is asked for already.
async fn serve(
    listener: tokio::net::TcpListener,
    metrics: Arc<Metrics>,
    scrapes: Arc<Scrapes>,
    stopped: watch::Receiver<bool>,
) {
    let next = async || listener.accept().await.map(|(stream, _)| stream);
    let mut readers = admit(next, metrics, scrapes, stopped).await;
    let all = async { while readers.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GOODBYE, all).await;
}

/// Answers each of the streams, but never more than [`MOST_READERS`] at a time: one more is closed at once. Returns, when
/// it is stopped, those that are still being answered.
async fn admit<S>(
    next: impl AsyncFn() -> std::io::Result<S>,
    metrics: Arc<Metrics>,
    scrapes: Arc<Scrapes>,
    mut stopped: watch::Receiver<bool>,
) -> JoinSet<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut readers, stop) = (JoinSet::new(), stopped.clone());
    loop {
        tokio::select! {
            accepted = next() => match accepted {
                Ok(stream) => {
                    while readers.try_join_next().is_some() {}
                    if readers.len() < MOST_READERS {
                        readers.spawn(answer(stream, Arc::clone(&metrics), Arc::clone(&scrapes), stop.clone()));
                    }
                }
                // Out of file descriptors; the load needs them more.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
            Some(_) = readers.join_next() => {}
            _ = stopped.wait_for(|stopped| *stopped) => return readers,
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "time stands still here, and only the runtime's clock knows it")]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::sync::{Mutex, mpsc};
    use tokio::time::Instant;

    use super::*;

    /// What a reader is told, and how long it took.
    async fn read(mut reader: DuplexStream) -> (String, Duration) {
        let (begin, mut told) = (Instant::now(), String::new());
        // One that is not wanted may be gone already.
        let _ = reader
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: tool\r\nAccept: application/openmetrics-text\r\n\r\n")
            .await;
        reader.read_to_string(&mut told).await.expect("text, or nothing");
        (told, begin.elapsed())
    }

    #[test]
    fn a_listener_that_cannot_be_waited_for_is_an_error() {
        // A regular file is always ready, so that nobody can wait for it.
        let file = tempfile::tempfile().expect("a temporary file");
        let listener = TcpListener::from(std::os::fd::OwnedFd::from(file));
        listener.set_nonblocking(true).expect("any file can be");
        let error =
            ExpositionServer::start(listener, Arc::new(Metrics::new("run", &[]))).expect_err("no server");
        assert_eq!(error.to_string(), "cannot serve /metrics");
    }

    #[tokio::test(start_paused = true)]
    async fn one_reader_more_than_may_be_is_closed_at_once_and_room_comes_back() {
        let (coming, arrivals) = mpsc::unbounded_channel();
        let arrivals = Mutex::new(arrivals);
        let next = async || arrivals.lock().await.recv().await.ok_or(std::io::ErrorKind::NotConnected.into());
        let arrive = || {
            let (reader, stream) = duplex(1 << 20);
            coming.send(stream).expect("somebody accepts");
            reader
        };
        let (stop, stopped) = watch::channel(false);
        let serving = admit(next, Arc::new(Metrics::new("run", &[])), Arc::new(Scrapes::new()), stopped);
        let visits = async {
            let silent: Vec<_> = (0..MOST_READERS).map(|_| arrive()).collect();
            assert_eq!(read(arrive()).await, (String::new(), Duration::ZERO), "there is no room");
            for mut reader in silent {
                assert_eq!(reader.read(&mut [0]).await.expect("an end"), 0, "its time is over");
            }
            let (told, took) = read(arrive()).await;
            assert!(told.ends_with("# EOF\n") && took.is_zero(), "{took:?}: {told}");
            stop.send(true).expect("it still serves");
        };
        let both = async { tokio::join!(serving, visits) };
        let (readers, ()) = tokio::time::timeout(Duration::from_secs(100), both).await.expect("it ends");
        assert!(readers.is_empty(), "nobody is kept");
    }
}
