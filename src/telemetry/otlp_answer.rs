//! What a collector answers over HTTP. A status of success counts only with an answer of OTLP behind it: a web server that knows
//! nothing of spans, or a page to log in at, answers 200 too.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use opentelemetry_http::{HttpClient, HttpError};

/// Why the last batch was not taken, where the exporter would not say it.
#[derive(Clone, Debug, Default)]
pub(super) struct Complaint(Arc<Mutex<Option<String>>>);

impl Complaint {
    /// Takes it.
    pub(super) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, text: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}

/// A client that looks at what it is answered.
#[derive(Debug)]
pub(super) struct Wary {
    pub(super) client: reqwest::Client,
    pub(super) complaint: Complaint,
}

impl HttpClient for Wary {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let mut answer = HttpClient::send_bytes(&self.client, request).await?;
            if answer.status().is_success() && !is_otlp(answer.headers(), answer.body()) {
                let status = answer.status().as_u16();
                self.complaint
                    .put(format!("it answered {status} with what is no answer of OTLP; correct its URL"));
                // One that is not tried again.
                *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            }
            Ok(answer)
        })
    }
}

/// Whether that is what the specification of OTLP says of an answer, or nothing at all.
fn is_otlp(headers: &HeaderMap, body: &[u8]) -> bool {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if body.is_empty() {
        return true;
    }
    if content_type.contains("json") {
        return serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(body).is_ok();
    }
    !content_type.starts_with("text/") && has_only_a_partial_success(body)
}

/// A message of protocol buffers with no field but the first, which is a message itself (`ExportTraceServiceResponse` of OTLP).
fn has_only_a_partial_success(mut body: &[u8]) -> bool {
    const FIRST: u8 = 1 << 3 | 2;
    while let Some(rest) = body.strip_prefix(&[FIRST]) {
        let Some((length, rest)) = varint(rest) else { return false };
        let Some(rest) = usize::try_from(length).ok().and_then(|length| rest.get(length..)) else {
            return false;
        };
        body = rest;
    }
    body.is_empty()
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().take(9).position(|byte| *byte < 0x80)? + 1;
    let number = bytes[..length].iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f));
    Some((number, &bytes[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(content_type: &str, body: &[u8]) -> bool {
        let headers = [(header::CONTENT_TYPE, content_type.parse().expect("a value"))].into_iter().collect();
        is_otlp(&headers, body)
    }

    #[test]
    fn an_answer_of_otlp_is_told_from_a_page() {
        let proto = "application/x-protobuf";
        assert!(is(proto, b"") && is("text/plain", b""), "many say nothing");
        assert!(is(proto, &[0x0a, 0]), "a partial success of which nothing was refused");
        assert!(is(proto, &[&[0x0a, 7, 8, 5, 0x12, 3][..], b"why"].concat()));
        assert!(is("application/json", b"{\"partialSuccess\":{}}") && !is("application/json", b"[]"));
        assert!(is("", &[0x0a, 0]), "who does not say what it is");
        for garbage in
            [&b"<html>log in</html>"[..], b"OK", b"hello", &[0x0a], &[0x0a, 9, 1], &[0x0a, 0xff, 0xff], b"\n"]
        {
            assert!(!is(proto, garbage), "{garbage:?}");
        }
        assert!(!is("text/html", &[0x0a, 0]));
    }
}
