//! Where connections led, and how.

use serde::Serialize;

/// Requests whose connections were alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    /// Address of the other end, or `unix`; `null` where nobody was reached.
    pub peer: Option<String>,
    /// Version of HTTP.
    pub http: Option<&'static str>,
    /// Version of TLS; `null` without it.
    pub tls_version: Option<&'static str>,
    /// Requests over all repetitions.
    pub requests: u64,
    /// Connections that were opened for them.
    pub opened: u64,
    /// Of these, connections that resumed a TLS session.
    pub resumed: u64,
}
