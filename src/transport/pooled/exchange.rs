//! One exchange: the client sends, and its answer is taken as it comes.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;

use http_body_util::BodyExt;
use hyper::{Response, Version};
use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::Body;

use super::errors;
use super::known::KnownConnections;
use super::watch::{Carried, ConnectWatch};
use crate::model::{ErrorKind, HttpVersion};
use crate::transport::answer_head::{add_times, answer_head};
use crate::transport::{BodySink, ExchangeMarks, Failure, Head, Reached, ServerHeaders};

/// Sends a request and waits for the head of its answer; also says what was spoken.
pub(super) async fn head(
    client: &reqwest::Client,
    request: reqwest::Request,
    known: Option<&KnownConnections>,
    watch: &Rc<ConnectWatch>,
    marks: &ExchangeMarks,
) -> Result<(Response<Body>, HttpVersion), Failure> {
    let asked = request.url().clone();
    let mut answer = pin!(client.execute(request));
    let answer = poll_fn(|cx| watch.poll(|| answer.as_mut().poll(cx))).await;
    let answer = answer.map_err(|error| {
        errors::reason(&error).into_iter().for_each(|reason| marks.because(reason));
        failed(errors::kind_of(&error, watch.is_handshaking()))
    })?;
    let http = if answer.version() == Version::HTTP_2 { HttpVersion::Http2 } else { HttpVersion::Http1 };
    let addresses = answer.extensions().get::<HttpInfo>();
    watch.answered(&Carried {
        connection: known.zip(addresses).and_then(|(known, addresses)| known.find(addresses)),
        http,
        redirected: *answer.url() != asked,
    });
    Ok((answer.into(), http))
}

/// Receives what follows. The client hands on content and trailers, and nothing of their framing.
pub(super) async fn receive(
    answer: Response<Body>,
    names: &ServerHeaders,
    marks: &ExchangeMarks,
    body: &mut dyn BodySink,
) -> Result<Head, Failure> {
    let (parts, mut content) = answer.into_parts();
    let mut head = answer_head(parts.status.as_u16(), &parts.headers, names);
    marks.answered(head.status, head.server);
    body.begins(&head);
    loop {
        poll_fn(|cx| body.poll_ready(cx)).await;
        let Some(frame) = content.frame().await else { break };
        let frame = frame.map_err(|error| failed(errors::kind_of(&error, false)))?;
        match frame.into_data() {
            Ok(data) if data.is_empty() => {}
            Ok(data) => body.chunk(marks.read(data.len()), &data).map_err(failed)?,
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    add_times(&trailers, names, &mut head);
                    marks.answered(head.status, head.server);
                }
            }
        }
    }
    // Its end has come too.
    marks.read(0);
    Ok(head)
}

/// Whether anything of a request has left this machine is not known, so that none is sent again.
pub(super) fn failed(kind: ErrorKind) -> Failure {
    Failure { kind, reached: Reached::Perhaps }
}
