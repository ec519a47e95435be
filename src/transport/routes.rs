//! What is sent to one endpoint: for one request and for a batch, with the headers of all.

use hyper::Method;
use hyper::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};

use super::RequestTemplate;
use super::endpoint_error::EndpointError;
use crate::model::masked_url;

/// The requests to one endpoint.
#[derive(Clone, Debug)]
pub struct Routes {
    /// For one request.
    pub single: RequestTemplate,
    /// For a batch; absent where the endpoint takes none.
    pub batch: Option<RequestTemplate>,
}

impl Routes {
    /// By their paths.
    pub(super) fn new(single: &str, batch: Option<&str>, headers: &HeaderMap) -> Result<Self, EndpointError> {
        let template = |path: &str| {
            let parsed = path.parse().map_err(|_| EndpointError::Path { path: masked_url(path) })?;
            Ok(RequestTemplate::new(Method::POST, parsed, headers.clone()))
        };
        Ok(Routes { single: template(single)?, batch: batch.map(template).transpose()? })
    }

    /// Each of them.
    pub fn all(&self) -> impl Iterator<Item = &RequestTemplate> {
        std::iter::once(&self.single).chain(&self.batch)
    }

    fn change(&mut self, change: impl Fn(&RequestTemplate) -> RequestTemplate) {
        self.single = change(&self.single);
        self.batch.iter_mut().for_each(|batch| *batch = change(batch));
    }

    /// With another method, for requests that have bodies or have none.
    pub(super) fn ask(&mut self, method: &Method, has_bodies: bool) {
        self.change(|route| {
            let mut headers = route.headers.clone();
            // One that somebody has given stays.
            if !has_bodies && headers.get(CONTENT_TYPE).is_some_and(|given| !given.is_sensitive()) {
                headers.remove(CONTENT_TYPE);
            }
            RequestTemplate::new(method.clone(), route.path.clone(), headers)
        });
    }

    /// With the codings that an answer may have, unless a header says so already.
    pub(super) fn accept(&mut self, codings: &HeaderValue) {
        self.change(|route| {
            let mut headers = route.headers.clone();
            headers.entry(ACCEPT_ENCODING).or_insert_with(|| codings.clone());
            RequestTemplate::new(route.method.clone(), route.path.clone(), headers)
        });
    }
}
