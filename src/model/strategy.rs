//! How a client sends: the noun; what it does is the room `client`.

use serde::{Deserialize, Serialize};

/// How a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strategy {
    /// What happens to a connection after an exchange, and how many there may be.
    pub connections: Connections,
    /// Most waiting requests one exchange may take; 1 is no batching.
    pub batch: usize,
    /// Most exchanges at the same time on one connection; more than 1 needs HTTP/2.
    #[serde(default = "one")]
    pub streams: usize,
    /// What connections may speak.
    #[serde(default)]
    pub http: HttpChoice,
    /// Whether a new connection may resume the TLS session of an earlier one.
    #[serde(default)]
    pub resume_tls: bool,
}

fn one() -> usize {
    1
}

/// What connections may speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HttpChoice {
    /// HTTP/1.1, which is also what versions of this tool spoke that knew nothing else.
    #[default]
    #[serde(rename = "1.1")]
    Http1,
    /// HTTP/2: by ALPN on TLS, and by prior knowledge without it.
    #[serde(rename = "2")]
    Http2,
    /// What the server chooses by ALPN; HTTP/1.1 without TLS.
    #[serde(rename = "auto")]
    Auto,
}

/// What happens to a connection after an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connections {
    /// A new one for each exchange, every name lookup made anew.
    PerRequest,
    /// So many kept ones, never one more.
    Pool(usize),
}

impl Strategy {
    /// A connection for each request.
    pub const PER_REQUEST: Strategy = Strategy {
        connections: Connections::PerRequest,
        batch: 1,
        streams: 1,
        http: HttpChoice::Http1,
        resume_tls: false,
    };

    /// So many kept connections, one request at a time on each.
    pub const fn pool(size: usize) -> Self {
        Strategy { connections: Connections::Pool(size), ..Strategy::PER_REQUEST }
    }

    /// The most connections that may exist at the same time.
    pub fn connections(&self) -> usize {
        match self.connections {
            Connections::PerRequest => usize::MAX,
            Connections::Pool(size) => size,
        }
    }

    /// The most exchanges that may be under way at the same time.
    pub fn exchanges(&self) -> usize {
        self.connections().saturating_mul(self.streams)
    }

    /// Whether a connection is kept for the next exchange.
    pub fn keeps(&self) -> bool {
        matches!(self.connections, Connections::Pool(_))
    }

    /// Whether an exchange may carry more than one request.
    pub fn batches(&self) -> bool {
        self.batch > 1
    }
}

impl std::fmt::Display for Strategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.connections {
            Connections::PerRequest => write!(f, "per_request")?,
            Connections::Pool(size) => write!(f, "pool of {size}")?,
        }
        match (self.http, self.streams) {
            (HttpChoice::Http1, _) => {}
            (HttpChoice::Http2, 1) => write!(f, ", HTTP/2")?,
            (HttpChoice::Http2, streams) => write!(f, ", HTTP/2 with up to {streams} streams each")?,
            (HttpChoice::Auto, 1) => write!(f, ", HTTP/2 where the server speaks it")?,
            (HttpChoice::Auto, streams) => {
                write!(f, ", HTTP/2 with up to {streams} streams each where the server speaks it")?;
            }
        }
        match self.batch {
            1 => Ok(()),
            most => write!(f, ", batches of up to {most}"),
        }
    }
}
