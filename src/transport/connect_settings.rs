//! How connections are made, apart from where they go.

use std::net::SocketAddr;

use super::TlsClient;
use super::dial::Attempts;
use crate::model::HttpChoice;

/// How the connections of a repetition are made.
#[derive(Clone, Debug, Default)]
pub struct ConnectSettings {
    /// What makes them secure; needed where the endpoint is one of TLS.
    pub tls: Option<TlsClient>,
    /// What they may speak.
    pub http: HttpChoice,
    /// Most streams on a connection of HTTP/2, at least 1.
    pub streams: usize,
    /// How the addresses of a name are tried.
    pub attempts: Attempts,
    /// Where the name leads, so that nobody is asked for it; empty where it is looked up.
    pub addresses: Vec<SocketAddr>,
}
