//! How a client sends: the noun; what it does is the room `client`.

use serde::{Deserialize, Serialize};

/// How a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strategy {
    /// What happens to a connection after an exchange, and how many there may be.
    pub connections: Connections,
    /// Most waiting requests one exchange may take; 1 is no batching.
    pub batch: usize,
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
    /// The most connections that may exist at the same time.
    pub fn connections(&self) -> usize {
        match self.connections {
            Connections::PerRequest => usize::MAX,
            Connections::Pool(size) => size,
        }
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
        match self.batch {
            1 => Ok(()),
            most => write!(f, ", batches of up to {most}"),
        }
    }
}
