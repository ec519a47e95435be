//! What an exchange sends: where to, as what, and the part that each request has of its own.

use std::fmt;

use bytes::Bytes;
use hyper::header::HeaderMap;
use hyper::{Method, Uri};

/// What all requests to one place have in common: method, path and headers are its values, and nobody else's constants.
#[derive(Clone)]
pub struct RequestTemplate {
    /// Method.
    pub method: Method,
    /// Path and query, as they are sent.
    pub path: Uri,
    /// All headers but those of the single request: `traceparent`, the length of its body, what becomes of its connection.
    pub headers: HeaderMap,
    /// Whether a body of no bytes is announced too (RFC 9110 §8.6): not where the method has no use for one.
    pub(super) announces_empty: bool,
    /// The request line and these headers in HTTP/1.1.
    pub(super) http1: Bytes,
}

/// Without the headers, which may hold secrets.
impl fmt::Debug for RequestTemplate {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        write!(to, "{} {}", self.method, self.path.path())
    }
}

impl RequestTemplate {
    /// Puts them together.
    pub fn new(method: Method, path: Uri, headers: HeaderMap) -> Self {
        let target = path.path_and_query().map_or("/", |path| path.as_str());
        let mut text = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
        for (name, value) in &headers {
            text.extend_from_slice(name.as_str().as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(value.as_bytes());
            text.extend_from_slice(b"\r\n");
        }
        let plain = [Method::GET, Method::HEAD, Method::DELETE, Method::OPTIONS, Method::TRACE];
        RequestTemplate {
            announces_empty: !plain.contains(&method),
            method,
            path,
            headers,
            http1: text.into(),
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Where it goes.
    pub route: &'a RequestTemplate,
    /// Its body.
    pub body: Bytes,
    /// The `traceparent` header.
    pub traceparent: [u8; 55],
    /// Whether the connection is to be kept for another one.
    pub keep: bool,
}

#[cfg(test)]
mod tests {
    use hyper::header::{HOST, HeaderValue};

    use super::*;

    #[test]
    fn a_route_is_sent_as_it_is_written() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("a:1"));
        headers.append("x-b", HeaderValue::from_static("1"));
        headers.append("x-b", HeaderValue::from_static("2"));
        let route = RequestTemplate::new(Method::PUT, Uri::from_static("/p/?q=%20/"), headers);
        assert_eq!(&route.http1[..], b"PUT /p/?q=%20/ HTTP/1.1\r\nhost: a:1\r\nx-b: 1\r\nx-b: 2\r\n");
    }
}
