//! One reader of `/metrics`: one connection, one answer, one deadline.
//!
//! A connection is not kept for a second request. A new one costs next to nothing on loopback, and then a single deadline
//! covers all that a reader can leave undone: a head that never ends, an answer that nobody reads or reads byte by byte, a
//! connection that nobody uses any more.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;

use super::exposition_format::ExpositionFormat;
use super::metrics::Metrics;
use super::scrapes::Scrapes;

/// From the connection to the end of the request's head. A scraper sends it at once and whole: this much is for a machine
/// under load, and no more, for whoever says nothing takes a place.
const HEAD_WITHIN: Duration = Duration::from_secs(5);

/// From the connection to the last byte of the answer. Prometheus gives up after 10 s unless it is told otherwise, so who
/// has not read all by then is not going to.
const ALL_WITHIN: Duration = Duration::from_secs(10);

/// Answers one request, unless the reader takes too long over it or the server stops before it came.
pub(super) async fn answer<S>(
    stream: S,
    metrics: Arc<Metrics>,
    scrapes: Arc<Scrapes>,
    stopped: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // What is cut off is closed, and nobody is left to tell.
    let _ = timeout(ALL_WITHIN, converse(stream, metrics, scrapes, stopped)).await;
}

/// Bytes of a request that are kept: its head is a few hundred.
const HEAD_MOST: usize = 16 * 1024;

async fn converse<S>(
    stream: S,
    metrics: Arc<Metrics>,
    scrapes: Arc<Scrapes>,
    mut stopped: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(move |request| {
        let response = respond(&request, &metrics, &scrapes);
        async { Ok::<_, Infallible>(response) }
    });
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .keep_alive(false)
        .max_buf_size(HEAD_MOST);
    let mut connection = std::pin::pin!(server.serve_connection(TokioIo::new(stream), service));
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
    let accept = request.headers().get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let format = ExpositionFormat::asked(accept);
    let exposition = format.of_open_metrics(scrapes.came(|| metrics.render()));
    let mut response = Response::new(Full::from(exposition));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    response
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "time stands still here, and only the runtime's clock knows it")]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::{Instant, sleep};

    use super::*;

    const REQUEST: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: tool\r\n\r\n";
    /// Far less than an answer.
    const ROOM: usize = 64;

    /// How long a reader who behaves like this keeps its connection, and how many answers were made for it.
    async fn kept(behave: impl AsyncFnOnce(&mut DuplexStream)) -> (Duration, u64) {
        let scrapes = Arc::new(Scrapes::new());
        let (stop, stopped) = watch::channel(false);
        let (mut reader, stream) = duplex(ROOM);
        let metrics = Arc::new(Metrics::new("run", &[]));
        let counted = Arc::clone(&scrapes);
        let begin = Instant::now();
        let serving = tokio::spawn(async move {
            answer(stream, metrics, counted, stopped).await;
            begin.elapsed()
        });
        behave(&mut reader).await;
        let took = timeout(10 * ALL_WITHIN, serving).await.expect("it ends").expect("it does not panic");
        drop((reader, stop));
        (took, scrapes.count())
    }

    /// The timers count whole milliseconds.
    fn assert_about(took: Duration, limit: Duration) {
        assert!((limit..=limit + Duration::from_millis(2)).contains(&took), "{took:?} for {limit:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_end_ends_the_connection() {
        let (took, answers) = kept(async |_| {}).await;
        assert_about(took, HEAD_WITHIN);
        assert_eq!(answers, 0, "nothing was asked for");
        let (took, answers) = kept(async |reader| {
            for byte in &REQUEST[..REQUEST.len() - 2] {
                sleep(Duration::from_secs(1)).await;
                let _ = reader.write_all(&[*byte]).await;
            }
        })
        .await;
        assert_about(took, HEAD_WITHIN);
        assert_eq!(answers, 0, "nor was it byte by byte");
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_nothing_or_byte_by_byte_is_ended() {
        let ask = async |reader: &mut DuplexStream| reader.write_all(REQUEST).await.expect("room");
        let (took, answers) = kept(ask).await;
        assert_about(took, ALL_WITHIN);
        assert_eq!(answers, 1);
        let (took, answers) = kept(async |reader| {
            ask(reader).await;
            while reader.read_u8().await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        })
        .await;
        assert_about(took, ALL_WITHIN);
        assert_eq!(answers, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_with_its_answer_whatever_else_was_asked() {
        let (took, answers) = kept(async |reader| {
            reader.write_all(&REQUEST.repeat(3)).await.expect("room");
            let mut answer = String::new();
            reader.read_to_string(&mut answer).await.expect("text");
            let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
            let whole = format!("\r\ncontent-length: {}\r\n", body.len());
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && head.contains(whole.trim_end()), "{answer}");
            assert!(answer.contains("\r\nconnection: close\r\n") && answer.len() > ROOM, "{answer}");
        })
        .await;
        assert_eq!((took, answers), (Duration::ZERO, 1));
    }
}
