//! One exchange on a stream of its own.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, RecvStream};
use hyper::Response;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use hyper::http::{self, uri};

use super::traffic::{Traffic, WatchedStream};
use crate::model::ErrorKind;
use crate::transport::answer_head::{add_times, answer_head};
use crate::transport::{BodySink, Endpoint, ExchangeMarks, Failure, Head, Reached, Request, ServerHeaders};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Sends a request and receives its answer.
pub(super) async fn exchange(
    send: SendRequest<Bytes>,
    request: &Request<'_>,
    endpoint: &Endpoint,
    traffic: &Rc<Traffic>,
    marks: &Rc<ExchangeMarks>,
    body: &mut dyn BodySink,
) -> Result<Head, Failure> {
    // Nothing of it has left this machine as long as it has no stream.
    let unsent = |error: h2::Error| {
        let reached = if traffic.goes_away() { Reached::Refusal } else { Reached::Nobody };
        Failure { kind: kind_of(&error), reached }
    };
    let mut send = send.ready().await.map_err(unsent)?;
    let bodiless = request.body.is_empty();
    let head =
        head_of(request, endpoint).ok_or(Failure { kind: ErrorKind::Protocol, reached: Reached::Nobody })?;
    let (response, mut stream) = send.send_request(head, bodiless).map_err(unsent)?;
    let watched = traffic.watch(response.stream_id().into(), marks);
    let refused = |error: h2::Error| {
        let is_refused = is_unprocessed(&error) || traffic.is_refused(watched.stream);
        let reached = if is_refused { Reached::Refusal } else { Reached::Perhaps };
        Failure { kind: kind_of(&error), reached }
    };
    if !bodiless {
        // The library keeps what does not fit into the windows yet; no byte is copied for it.
        stream.send_data(request.body.clone(), true).map_err(refused)?;
    }
    drop(send);
    let response = answer(response, &watched).await.map_err(refused)?;
    let mut head = answer_head(response.status().as_u16(), response.headers(), &endpoint.server_headers);
    marks.answered(head.status, head.server);
    body.begins(&head);
    receive(response.into_body(), &endpoint.server_headers, marks, body, &mut head).await?;
    Ok(head)
}

/// The head of a request; `None` if it makes no URL, which the endpoint has made sure of.
fn head_of(request: &Request<'_>, endpoint: &Endpoint) -> Option<http::Request<()>> {
    let mut parts = uri::Parts::default();
    let host = request.route.headers.get(HOST)?;
    parts.scheme = endpoint.scheme().parse().ok();
    parts.authority = Some(uri::Authority::try_from(host.as_bytes()).ok()?);
    parts.path_and_query = request.route.path.path_and_query().cloned();
    let mut head = http::Request::new(());
    *head.method_mut() = request.route.method.clone();
    *head.uri_mut() = hyper::Uri::from_parts(parts).ok()?;
    *head.version_mut() = hyper::Version::HTTP_2;
    let headers = head.headers_mut();
    headers.extend(
        request.route.headers.iter().filter(|(name, _)| **name != HOST).map(|(n, v)| (n.clone(), v.clone())),
    );
    headers.insert(TRACEPARENT, HeaderValue::from_bytes(&request.traceparent).ok()?);
    if !request.body.is_empty() || request.route.announces_empty {
        headers.insert(CONTENT_LENGTH, request.body.len().into());
    }
    Some(head)
}

/// Waits for the answer that is no interim one.
async fn answer(
    mut response: ResponseFuture,
    watched: &WatchedStream,
) -> Result<Response<RecvStream>, h2::Error> {
    let mut interim = 0;
    poll_fn(|cx| {
        while let std::task::Poll::Ready(Some(found)) = response.poll_informational(cx) {
            match found {
                Ok(_) => {
                    interim += 1;
                    watched.passed_over(interim);
                }
                Err(error) => return std::task::Poll::Ready(Err(error)),
            }
        }
        std::pin::Pin::new(&mut response).poll(cx)
    })
    .await
}

async fn receive(
    mut content: RecvStream,
    names: &ServerHeaders,
    marks: &ExchangeMarks,
    body: &mut dyn BodySink,
    head: &mut Head,
) -> Result<(), Failure> {
    let failed = |kind| Failure { kind, reached: Reached::Perhaps };
    loop {
        poll_fn(|cx| body.poll_ready(cx)).await;
        let Some(data) = content.data().await else { break };
        let data = data.map_err(|error| failed(kind_of(&error)))?;
        if !data.is_empty() {
            body.chunk(marks.last_read().unwrap_or_else(|| marks.now()), &data).map_err(failed)?;
        }
        // The server may send as much again; an error here is one of the connection, which comes with the next piece.
        let _ = content.flow_control().release_capacity(data.len());
    }
    if let Some(trailer) = content.trailers().await.map_err(|error| failed(kind_of(&error)))? {
        add_times(&trailer, names, head);
        marks.answered(head.status, head.server);
    }
    Ok(())
}

/// Whether the server has said that it has not looked at the request (RFC 9113 §8.7).
fn is_unprocessed(error: &h2::Error) -> bool {
    error.is_remote() && error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM)
}

/// The word for what went wrong.
pub(in crate::transport) fn kind_of(error: &h2::Error) -> ErrorKind {
    if let Some(error) = error.get_io() {
        return match error.kind() {
            io::ErrorKind::ConnectionReset => ErrorKind::Reset,
            io::ErrorKind::TimedOut => ErrorKind::Timeout,
            io::ErrorKind::InvalidData => ErrorKind::Protocol,
            _ => ErrorKind::Closed,
        };
    }
    match (error.is_remote(), error.is_reset()) {
        (true, true) => ErrorKind::Reset,
        (true, false) => ErrorKind::Closed,
        (false, _) => ErrorKind::Protocol,
    }
}
