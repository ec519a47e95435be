//! The client of a repetition: everything that it would do by itself and nobody has asked for is off.

use std::sync::Arc;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Proxy, Url};
use rustls::ClientConfig;

use super::connector::ConnectHook;
use super::lookup::HookedLookup;
use super::sessions;
use crate::model::HttpChoice;
use crate::transport::http2::Windows;
use crate::transport::{Address, ConnectSettings, Endpoint, EndpointError};

/// How the client of a repetition is made.
#[derive(Clone, Debug, Default)]
pub struct PoolSettings {
    /// How connections are made.
    pub connect: ConnectSettings,
    /// Connections that are kept while nobody uses them; 0 is a connection for each request.
    pub idle: usize,
    /// URL of a proxy for all requests, perhaps with a name and a password.
    pub proxy: Option<String>,
    /// Redirects that are followed.
    pub redirects: usize,
}

/// The URL that all requests start with.
pub(super) fn base(endpoint: &Endpoint) -> Result<Url, EndpointError> {
    let authority = match &endpoint.address {
        Address::Tcp { zone, .. } if *zone != 0 => {
            let problem = "reqwest knows no zones of addresses; use --transport direct";
            return Err(wrong("target.url", problem));
        }
        Address::Tcp { host, port, .. } if host.contains(':') => format!("[{host}]:{port}"),
        Address::Tcp { host, port, .. } => format!("{host}:{port}"),
        Address::Unix(_) => "localhost".into(),
    };
    Url::parse(&format!("{}://{authority}/", endpoint.scheme())).map_err(|error| {
        wrong("target.url", format!("reqwest cannot use it: {error}; use --transport direct"))
    })
}

/// Makes it.
pub(super) fn client(
    endpoint: &Endpoint,
    settings: &PoolSettings,
    hook: ConnectHook,
) -> Result<Client, EndpointError> {
    let PoolSettings { connect, idle, redirects, .. } = settings;
    let builder = Client::builder()
        .pool_max_idle_per_host(*idle)
        .retry(reqwest::retry::never())
        .redirect(following(*redirects))
        .referer(false)
        .no_proxy()
        .tcp_nodelay(true)
        .dns_resolver(HookedLookup)
        .connector_layer(hook)
        .tls_backend_preconfigured(secured(connect));
    let windows = Windows::of(connect.streams.max(1).saturating_mul((*idle).max(1)));
    let builder = speaking(builder, endpoint, connect.http)
        .http2_initial_stream_window_size(windows.stream)
        .http2_initial_connection_window_size(windows.connection);
    let builder = reaching(builder, endpoint, settings)?;
    builder.build().map_err(|error| wrong("target.transport", format!("reqwest makes no client: {error:?}")))
}

/// One more is an answer like others, so that its status is known.
fn following(redirects: usize) -> Policy {
    if redirects == 0 {
        return Policy::none();
    }
    // The first of those before is no redirect.
    Policy::custom(move |next| if next.previous().len() > redirects { next.stop() } else { next.follow() })
}

/// Without TLS nobody is asked for what is trusted.
fn secured(connect: &ConnectSettings) -> ClientConfig {
    connect.tls.as_ref().map_or_else(crate::transport::tls::trusting_nobody, sessions::hooked)
}

/// On TLS, what is offered by ALPN decides.
fn speaking(builder: ClientBuilder, endpoint: &Endpoint, http: HttpChoice) -> ClientBuilder {
    match http {
        HttpChoice::Http1 => builder.http1_only(),
        HttpChoice::Http2 => builder.http2_prior_knowledge(),
        HttpChoice::Auto if endpoint.tls => builder,
        HttpChoice::Auto => builder.http1_only(),
    }
}

fn reaching(
    mut builder: ClientBuilder,
    endpoint: &Endpoint,
    settings: &PoolSettings,
) -> Result<ClientBuilder, EndpointError> {
    if let Some(limit) = settings.connect.attempts.limit {
        builder = builder.connect_timeout(limit);
    }
    if !settings.connect.addresses.is_empty() {
        builder = builder.resolve_to_addrs(endpoint.host(), &settings.connect.addresses);
    }
    if let Address::Unix(path) = &endpoint.address {
        builder = builder.unix_socket(Arc::<std::path::Path>::from(path.as_path()));
    }
    if let Some(url) = &settings.proxy {
        // What is wrong with it is not said: it can hold a password.
        let refused = |_| {
            wrong("target.proxy", "reqwest takes it for no URL; write one such as http://proxy.local:3128")
        };
        builder = builder.proxy(Proxy::all(url.as_str()).map_err(refused)?);
    }
    Ok(builder)
}

fn wrong(key: &'static str, problem: impl Into<String>) -> EndpointError {
    EndpointError::Via { key, problem: problem.into() }
}
