//! Where requests go: the target's address, its paths and the headers of every request.

use hyper::Method;
use hyper::header::{ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::endpoint_error::EndpointError;
use super::target_path::{self, TargetPaths};
use super::target_url::TargetUrl;
use super::{Address, RequestTemplate, Routes, ServerHeaders};
use crate::model::masked_url;

/// The resolved target.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where connections go.
    pub address: Address,
    /// Whether they are secured by TLS.
    pub tls: bool,
    /// What is sent to each endpoint that is there; at least one.
    pub routes: Vec<Routes>,
    /// In which headers the server says its own times, beside `Server-Timing`.
    pub server_headers: ServerHeaders,
}

/// One of several endpoints of a server.
#[derive(Clone, Debug)]
pub struct AskedEndpoint<'a> {
    /// Its path, for one request.
    pub path: &'a str,
    /// The path for a batch, where it takes any.
    pub batch_path: Option<&'a str>,
    /// The method of both.
    pub method: Method,
    /// Whether requests have bodies.
    pub has_bodies: bool,
}

impl Endpoint {
    /// Resolves a base URL and the two paths; a path in the URL replaces `path`.
    pub fn new<'a>(
        url: &str,
        path: &str,
        batch_path: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, EndpointError> {
        let target = parsed(url)?;
        let paths = target_path::paths(target.path, path, batch_path);
        let TargetPaths { single, batch } = paths.map_err(|problem| wrong(url, problem))?;
        let headers = header_map(&target.authority, headers)?;
        let routes = Routes::new(&single, Some(&batch), &headers).map_err(|error| match error {
            // It came with the URL.
            EndpointError::Path { path } if !target.path.is_empty() => {
                wrong(url, format!("`{}` is no path of a URL; write a space as %20", masked_url(&path)))
            }
            error => error,
        })?;
        let routes = vec![routes];
        let server_headers = ServerHeaders::default();
        Ok(Endpoint { routes, address: target.address, tls: target.tls, server_headers })
    }

    /// The same with several endpoints, each with its own paths, which the URL may not have then.
    pub fn of_several<'a, 'b>(
        url: &str,
        asked: impl IntoIterator<Item = AskedEndpoint<'b>>,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, EndpointError> {
        let target = parsed(url)?;
        let headers = header_map(&target.authority, headers)?;
        let path =
            |path: &str| target_path::of_endpoint(target.path, path).map_err(|problem| wrong(url, problem));
        let routes = |asked: AskedEndpoint| {
            let batch = asked.batch_path.map(path).transpose()?;
            let mut routes = Routes::new(&path(asked.path)?, batch.as_deref(), &headers)?;
            routes.ask(&asked.method, asked.has_bodies);
            Ok(routes)
        };
        let routes = asked.into_iter().map(routes).collect::<Result<_, EndpointError>>()?;
        let server_headers = ServerHeaders::default();
        Ok(Endpoint { routes, address: target.address, tls: target.tls, server_headers })
    }

    /// The same with another method, for requests that have bodies or have none.
    pub fn asking(mut self, method: &Method, has_bodies: bool) -> Self {
        self.routes.iter_mut().for_each(|routes| routes.ask(method, has_bodies));
        self
    }

    /// The same with the codings that an answer may have, unless a header says so already.
    pub fn accepting(mut self, codings: Option<&str>) -> Result<Self, EndpointError> {
        let Some(codings) = codings else { return Ok(self) };
        let value = HeaderValue::from_str(codings);
        let value = value
            .map_err(|_| EndpointError::Header { name: ACCEPT_ENCODING.as_str().into(), remedy: VALUE })?;
        self.routes.iter_mut().for_each(|routes| routes.accept(&value));
        Ok(self)
    }

    /// The same, with headers in which the server says its own times.
    pub fn told_by(self, server_headers: ServerHeaders) -> Self {
        Endpoint { server_headers, ..self }
    }

    /// All that is sent to it.
    pub fn templates(&self) -> impl Iterator<Item = &RequestTemplate> {
        self.routes.iter().flat_map(Routes::all)
    }

    /// The host, as a certificate has it.
    pub fn host(&self) -> &str {
        match &self.address {
            Address::Tcp { host, .. } => host,
            Address::Unix(_) => "localhost",
        }
    }

    /// The port; 0 where there is none.
    pub fn port(&self) -> u16 {
        match &self.address {
            Address::Tcp { port, .. } => *port,
            Address::Unix(_) => 0,
        }
    }

    /// The scheme of its URLs.
    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }
}

fn parsed(url: &str) -> Result<TargetUrl<'_>, EndpointError> {
    if let Some((_, host)) = credentials(url) {
        return Err(EndpointError::Credentials { host: host.into() });
    }
    TargetUrl::parse(url).map_err(|problem| wrong(url, problem))
}

fn wrong(url: &str, problem: String) -> EndpointError {
    EndpointError::Url { url: masked_url(url), problem }
}

/// What stands before and after the `@` in front of the host, whether or not the rest is a URL.
fn credentials(url: &str) -> Option<(&str, &str)> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest).rsplit_once('@')
}

/// Headers that are set from what is really sent, and what to do in place of giving one.
const RESERVED: [(&str, &str); 5] = [
    ("content-length", ""),
    ("transfer-encoding", ""),
    ("traceparent", ""),
    ("connection", "; whether connections are kept is before.strategy and after.strategy"),
    ("expect", ""),
];

/// What to do about a header that HTTP does not allow.
const NAME: &str = "write its name without spaces, in letters, digits and hyphens";
const VALUE: &str = "check its value for control characters, such as a line break";

fn header_map<'a>(
    authority: &str,
    extra: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<HeaderMap, EndpointError> {
    let mut headers = HeaderMap::new();
    let host = HeaderValue::from_str(authority)
        .map_err(|_| EndpointError::Header { name: "host".into(), remedy: VALUE })?;
    headers.insert(HOST, host);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("spanload/", env!("CARGO_PKG_VERSION"))));
    for (name, value) in extra {
        let refused = |remedy| EndpointError::Header { name: name.into(), remedy };
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused(NAME))?;
        if let Some((_, remedy)) = RESERVED.iter().find(|(reserved, _)| key == *reserved) {
            return Err(EndpointError::Reserved { name: name.into(), remedy });
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| refused(VALUE))?;
        value.set_sensitive(true);
        // The first value takes the place of what is sent by itself, the next ones follow it.
        match headers.get(&key).is_some_and(HeaderValue::is_sensitive) {
            true => headers.append(key, value),
            false => headers.insert(key, value).is_some(),
        };
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::new(url, "/v1/infer", "/v1/batch", [])
    }

    #[test]
    fn a_path_in_the_url_wins() {
        let plain = endpoint("http://127.0.0.1:8000").expect("a good URL");
        assert_eq!(
            (plain.routes[0].single.path.path(), plain.address.to_string()),
            ("/v1/infer", "127.0.0.1:8000".into())
        );
        let own = endpoint("http://[::1]/own?x=1").expect("a good URL");
        assert_eq!(
            (own.routes[0].single.path.to_string(), own.address.to_string()),
            ("/own?x=1".into(), "[::1]:80".into())
        );
    }

    #[test]
    fn a_request_without_a_body_does_not_say_of_which_type_it_is() {
        let sent = |headers: &[(&str, &str)]| {
            let endpoint = Endpoint::new("http://a", "/", "/b", headers.iter().copied()).expect("a good URL");
            let endpoint = endpoint.asking(&Method::GET, false);
            let routes = &endpoint.routes[0];
            assert!(routes.batch.is_some() && routes.all().all(|route| route.method == Method::GET));
            routes.single.headers.contains_key(CONTENT_TYPE)
        };
        assert!(!sent(&[]));
        assert!(sent(&[("content-type", "text/plain")]), "who gives one means it");
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (url, word) in
            [("127.0.0.1:8000", "http://"), ("http://a:99999", "port"), ("ftp://a", "http://"), ("::", "URL")]
        {
            let message = endpoint(url).expect_err(url).to_string();
            assert!(message.contains(word) && message.contains(url), "{message}");
        }
    }

    #[test]
    fn a_space_is_blamed_where_it_stands() {
        let error = endpoint("http://a/b c?key=s3cret").expect_err("a space").to_string();
        assert!(error.starts_with("--target http://a/b c?***: ") && error.contains("%20"), "{error}");
        for (header, word) in [(("x y", "1"), "without spaces"), (("x", "1\n"), "line break")] {
            let error = Endpoint::new("http://a", "/", "/b", [header]).expect_err(word).to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_query_is_not_in_an_error() {
        for (path, batch_path) in [("/a b?key=s3cret", "/b"), ("/a", "/b c?key=s3cret")] {
            let error = Endpoint::new("http://a", path, batch_path, []).expect_err("a space").to_string();
            assert!(error.contains("?***") && !error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn credentials_in_the_url_are_refused_and_not_repeated() {
        for url in ["http://u:s3cret@a:8000/p", "u:s3cret@a:8000"] {
            let message = endpoint(url).expect_err(url).to_string();
            assert!(!message.contains("s3cret"), "{message}");
        }
        assert!(endpoint("http://a/p?mail=x@y").is_ok());
        assert!(endpoint("http://u:s3cret@a:8000").is_err_and(|error| error.to_string().contains("-H")));
    }

    #[test]
    fn a_header_that_would_falsify_the_measurement_is_refused() {
        for (name, _) in RESERVED {
            let name = name.to_uppercase();
            let error =
                Endpoint::new("http://a", "/", "/b", [(name.as_str(), "1")]).expect_err("a reserved one");
            assert!(error.to_string().contains(&name), "{error}");
        }
    }

    #[test]
    fn several_values_of_a_header_are_all_sent_in_their_order() {
        let given = [("X-B", "2"), ("user-agent", "me"), ("x-b", "1"), ("x-b", "2")];
        let endpoint = Endpoint::new("http://a", "/", "/b", given).expect("a good URL");
        let values =
            |name: &str| endpoint.routes[0].single.headers.get_all(name).iter().cloned().collect::<Vec<_>>();
        assert_eq!(
            (values("x-b"), values("user-agent")),
            (
                vec!["2".parse().expect("ASCII"), "1".parse().expect("ASCII"), "2".parse().expect("ASCII")],
                vec!["me".parse().expect("ASCII")]
            )
        );
    }

    #[test]
    fn a_secret_is_not_in_what_is_printed_of_an_endpoint() {
        let endpoint = Endpoint::new("http://a", "/", "/b", [("x-key", "s3cret")]).expect("a good URL");
        assert!(!format!("{endpoint:?}").contains("s3cret"), "{endpoint:?}");
    }

    #[test]
    fn a_secret_is_not_in_an_error() {
        let header = ("authorization", "Bearer s3cret\n");
        let error = Endpoint::new("http://a", "/", "/b", [header]).expect_err("a line break");
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}
