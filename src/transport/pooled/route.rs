//! A route as the client takes it: a whole URL, and headers without what the client makes by itself.

use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Url};

use crate::transport::{Request, RequestTemplate};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What all requests on a route have in common.
#[derive(Clone, Debug)]
pub(super) struct PreparedRoute {
    pub url: Url,
    headers: HeaderMap,
}

impl PreparedRoute {
    /// From where URLs start, and a route; `None` if they make no URL, or one that leads elsewhere: to resolve `.` and `..` and to
    /// encode what browsers do is what makes a URL of this kind.
    pub(super) fn new(base: &Url, route: &RequestTemplate) -> Option<Self> {
        let target = route.path.path_and_query().map_or("/", |path| path.as_str());
        // Two slashes at its start would be taken for a host.
        let written = format!("{}{target}", base.as_str().trim_end_matches('/'));
        let url = Url::parse(&written).ok().filter(|url| url.as_str() == written)?;
        let mut headers = route.headers.clone();
        // Where it says no more than the URL it is left to the client, which knows what the URL of a redirect is.
        if headers.get(HOST).is_some_and(|host| names(base, host)) {
            headers.remove(HOST);
        }
        Some(PreparedRoute { url, headers })
    }

    /// One request on it; `None` if it has a header that HTTP does not allow.
    pub(super) fn request(&self, request: &Request<'_>) -> Option<reqwest::Request> {
        let mut composed = reqwest::Request::new(request.route.method.clone(), self.url.clone());
        *composed.headers_mut() = self.headers.clone();
        composed.headers_mut().insert(TRACEPARENT, HeaderValue::from_bytes(&request.traceparent).ok()?);
        // An empty one is announced, and another client would not do that where it means nothing.
        if !request.body.is_empty() || request.route.announces_empty {
            *composed.body_mut() = Some(Body::from(request.body.clone()));
        }
        Some(composed)
    }
}

/// Whether this is the host that a URL leads to.
fn names(base: &Url, host: &HeaderValue) -> bool {
    let host = host.to_str().ok().and_then(|host| Url::parse(&format!("{}://{host}", base.scheme())).ok());
    host.is_some_and(|host| host.as_str() == base.as_str())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::{Method, Uri};

    use super::*;

    fn prepared(base: &str, host: &'static str, path: &'static str) -> PreparedRoute {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
        let route = RequestTemplate::new(Method::POST, Uri::from_static(path), headers);
        PreparedRoute::new(&Url::parse(base).expect("a base"), &route).expect("a URL")
    }

    #[test]
    fn a_path_stays_as_it_is_written() {
        assert_eq!(prepared("http://a:1/", "a:1", "//b/?q=1").url.as_str(), "http://a:1//b/?q=1");
    }

    #[test]
    fn a_path_that_would_become_another_one_is_none() {
        let base = Url::parse("http://a:1/").expect("a base");
        for path in ["/a/../b", "/./b", "/%2e./b", "/a?f='x'"] {
            let route = RequestTemplate::new(Method::GET, path.parse().expect("a path"), HeaderMap::new());
            assert!(PreparedRoute::new(&base, &route).is_none(), "{path}");
        }
    }

    #[test]
    fn an_empty_body_is_announced_where_the_other_transport_does_it() {
        let base = Url::parse("http://a:1/").expect("a base");
        for (method, announced) in
            [("GET", false), ("DELETE", false), ("OPTIONS", false), ("POST", true), ("QUERY", true)]
        {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let route = RequestTemplate::new(method, Uri::from_static("/"), HeaderMap::new());
            let request = Request { route: &route, body: Bytes::new(), traceparent: [b'0'; 55], keep: true };
            let prepared = PreparedRoute::new(&base, &route).expect("a URL");
            assert_eq!(
                prepared.request(&request).expect("a request").body().is_some(),
                announced,
                "{route:?}"
            );
        }
    }

    #[test]
    fn a_host_of_its_own_is_sent() {
        assert!(prepared("http://a/", "a:80", "/").headers.is_empty());
        assert_eq!(prepared("http://a/", "b", "/").headers[HOST], "b");
    }
}
