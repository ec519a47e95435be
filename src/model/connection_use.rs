//! The connection that carried a request, as its row has it.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// The connection that carried the last attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionUse {
    /// Unique within the repetition.
    pub id: u64,
    /// Whether another exchange had opened it.
    pub reused: bool,
    /// SYN retransmissions while it was opened; absent where the platform has no `TCP_INFO`.
    pub syn_retransmits: Option<u32>,
    /// Who was at the other end; absent before it was reached.
    pub peer: Option<Peer>,
    /// What it speaks; absent before that was known.
    pub http: Option<HttpVersion>,
    /// How it is secured; absent without TLS, and before the handshake had ended.
    pub tls: Option<TlsUse>,
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// An address of a network.
    Ip(SocketAddr),
    /// A socket in the file system.
    Unix,
}

/// Versions of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HttpVersion {
    /// RFC 9112.
    Http1,
    /// RFC 9113.
    Http2,
}

/// How a connection is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsUse {
    /// What was agreed on.
    pub version: TlsVersion,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
}

/// Versions of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// What a socket in the file system is called where an address would stand.
const UNIX: &str = "unix";

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Ip(address) => address.fmt(f),
            Peer::Unix => f.write_str(UNIX),
        }
    }
}

impl FromStr for Peer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            UNIX => Ok(Peer::Unix),
            _ => text.parse().map(Peer::Ip).map_err(|_| format!("`{text}` is no address with a port")),
        }
    }
}

impl HttpVersion {
    /// Its number, as the conventions of OpenTelemetry have it.
    pub const fn name(self) -> &'static str {
        match self {
            HttpVersion::Http1 => "1.1",
            HttpVersion::Http2 => "2",
        }
    }
}

impl FromStr for HttpVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known =
            [HttpVersion::Http1, HttpVersion::Http2].into_iter().find(|version| version.name() == text);
        known.ok_or_else(|| format!("`{text}` is no known version of HTTP"))
    }
}

impl TlsVersion {
    /// Its number.
    pub const fn name(self) -> &'static str {
        match self {
            TlsVersion::Tls12 => "1.2",
            TlsVersion::Tls13 => "1.3",
        }
    }
}

impl FromStr for TlsVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [TlsVersion::Tls12, TlsVersion::Tls13].into_iter().find(|version| version.name() == text);
        known.ok_or_else(|| format!("`{text}` is no known version of TLS"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_round_trip() {
        for text in ["127.0.0.1:80", "[::1]:8000", "[fe80::1%2]:443", "unix"] {
            assert_eq!(text.parse::<Peer>().map(|peer| peer.to_string()), Ok(text.to_string()));
        }
        for version in [HttpVersion::Http1, HttpVersion::Http2] {
            assert_eq!(version.name().parse(), Ok(version));
        }
        for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
            assert_eq!(version.name().parse(), Ok(version));
        }
        assert!("localhost:80".parse::<Peer>().is_err() && "3".parse::<HttpVersion>().is_err());
    }
}
