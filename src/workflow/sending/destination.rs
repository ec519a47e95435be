//! Where requests go: from the scenario to what is sent, and to what is said of it.

use hyper::Method;

use crate::model::HttpVersion;
use crate::model::manifest::{Destination, EndpointUrls};
use crate::scenario::{Settings, TargetEndpoint};
use crate::transport::{AskedEndpoint, Endpoint, EndpointError, Routes, ServerHeaders};

/// Where requests go, and in which headers the server says its own times.
pub(super) fn endpoint(url: &str, settings: &Settings) -> Result<Endpoint, EndpointError> {
    let target = &settings.target;
    let told_by = ServerHeaders::new(&target.time_sources);
    let headers = target.headers.iter().map(|header| (header.name.as_str(), header.value.reveal()));
    let endpoint = if target.endpoints.is_empty() {
        let endpoint = Endpoint::new(url, &target.path, &target.batch_path, headers)?;
        endpoint.asking(&method(&target.method)?, settings.sends_bodies())
    } else {
        let asked: Result<Vec<_>, _> = target.endpoints.iter().map(|one| asked(settings, one)).collect();
        Endpoint::of_several(url, asked?, headers)?
    };
    Ok(endpoint.accepting(target.accept_encoding.as_deref())?.told_by(told_by))
}

fn asked<'a>(settings: &Settings, endpoint: &'a TargetEndpoint) -> Result<AskedEndpoint<'a>, EndpointError> {
    Ok(AskedEndpoint {
        path: &endpoint.path,
        batch_path: endpoint.batch_path.as_deref(),
        method: method(&endpoint.method)?,
        has_bodies: settings.sends_bodies_to(endpoint),
    })
}

fn method(method: &str) -> Result<Method, EndpointError> {
    method.parse().map_err(|_| EndpointError::Method)
}

/// Where requests go, as spans name it.
pub(super) fn of(settings: &Settings, url: &str) -> Result<Destination, EndpointError> {
    let endpoint = endpoint(url, settings)?;
    let (scheme, address) = (endpoint.scheme(), &endpoint.address);
    let shown = |path: &hyper::Uri| {
        let query = if path.query().is_some() { "?***" } else { "" };
        format!("{scheme}://{address}{}{query}", path.path())
    };
    let urls = |(routes, name): (&Routes, &str)| EndpointUrls {
        name: name.to_string(),
        method: routes.single.method.to_string(),
        url: shown(&routes.single.path),
        batch_url: routes.batch.as_ref().map(|batch| shown(&batch.path)),
    };
    let names = settings.target.endpoints.iter().map(|endpoint| endpoint.name.as_str());
    let EndpointUrls { method, url, batch_url, .. } = urls((&endpoint.routes[0], ""));
    Ok(Destination {
        batch_url: batch_url.unwrap_or_else(|| url.clone()),
        url,
        method,
        endpoints: endpoint.routes.iter().zip(names).map(urls).collect(),
        http_version: HttpVersion::Http1.name().to_string(),
        port: endpoint.port(),
        host: endpoint.host().to_string(),
    })
}
