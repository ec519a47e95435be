//! Whether there is somebody where connections will go.

use std::io;

use tokio::net::{TcpStream, UnixStream};

use super::connecting;
use crate::scenario::Target;
use crate::transport::{Address, Endpoint};

/// Connects once, as the first request will, and closes that connection.
pub(super) async fn reach(endpoint: &Endpoint, target: &Target) -> io::Result<()> {
    if let Some(proxy) = &target.via.proxy {
        let authority = proxy.authority();
        let with_port = if authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            authority.to_string()
        } else {
            format!("{authority}:80")
        };
        return TcpStream::connect(with_port).await.map(drop);
    }
    let given = connecting::addresses(endpoint, &target.connecting);
    match &endpoint.address {
        Address::Unix(path) => UnixStream::connect(path).await.map(drop),
        Address::Tcp { .. } if !given.is_empty() => TcpStream::connect(&given[..]).await.map(drop),
        Address::Tcp { host, port, .. } => TcpStream::connect((host.as_str(), *port)).await.map(drop),
    }
}
