//! From the scenario to connections: whom to trust, what to speak, where names lead.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::model::Strategy;
use crate::scenario::{Connecting, Target};
use crate::transport::dial::Attempts;
use crate::transport::{Address, ConnectSettings, Endpoint, EndpointError, TlsSettings, TlsTrust};

/// Whom an endpoint with TLS is trusted by; nothing where there is none.
pub(super) fn trust(endpoint: &Endpoint, target: &Target) -> Result<Option<TlsTrust>, EndpointError> {
    let Connecting { ca, insecure, client, server_name, .. } = &target.connecting;
    let settings = TlsSettings {
        ca: ca.clone(),
        insecure: *insecure,
        client: client.clone(),
        server_name: server_name.clone(),
    };
    // A redirect can lead to where there is TLS.
    let needed = endpoint.tls || target.via.redirects > 0;
    let trust = needed.then(|| TlsTrust::load(&settings)).transpose()?;
    // What cannot be put together is found out before the first request.
    if let Some(trust) = &trust {
        trust.client(endpoint.host(), Default::default(), false)?;
    }
    Ok(trust)
}

/// How the connections of a repetition are made.
pub(super) fn settings(
    endpoint: &Endpoint,
    target: &Target,
    strategy: &Strategy,
    trust: Option<&TlsTrust>,
) -> Result<ConnectSettings, EndpointError> {
    let connecting = &target.connecting;
    let client = |trust: &TlsTrust| trust.client(endpoint.host(), strategy.http, strategy.resume_tls);
    let millis = |millis: u64| (millis > 0).then(|| Duration::from_millis(millis));
    Ok(ConnectSettings {
        tls: trust.map(client).transpose()?,
        http: strategy.http,
        streams: strategy.streams,
        attempts: Attempts {
            delay: millis(connecting.attempt_delay_ms),
            limit: connecting.connect_timeout_ms.and_then(millis),
        },
        addresses: addresses(endpoint, connecting),
    })
}

/// Where the scenario says that the endpoint's name leads.
pub(super) fn addresses(endpoint: &Endpoint, connecting: &Connecting) -> Vec<SocketAddr> {
    let Address::Tcp { host, port, .. } = &endpoint.address else { return Vec::new() };
    let given =
        connecting.resolve.iter().filter(|name| name.host.eq_ignore_ascii_case(host) && name.port == *port);
    let given = given.flat_map(|name| name.addresses.iter());
    given.map(|ip: &IpAddr| SocketAddr::new(*ip, *port)).collect()
}
