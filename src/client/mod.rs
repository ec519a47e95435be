//! How a client sends: what becomes of its connections, and how many requests go into one call.
//!
//! The two are independent and combine: the engine's lanes ask `lanes` and `keeps` about
//! connections and `batch` about bodies, and neither knows of the other.

mod batch;

pub use batch::BatchFormat;

use crate::model::{Connections, Strategy};

impl Strategy {
    /// The most lanes, and so connections, that may exist at the same time.
    pub fn lanes(&self) -> usize {
        match self.connections {
            Connections::PerRequest => usize::MAX,
            Connections::Pool(size) => size,
        }
    }

    /// Whether a lane keeps its connection for the next exchange.
    pub fn keeps(&self) -> bool {
        matches!(self.connections, Connections::Pool(_))
    }

    /// Whether an exchange may carry more than one request.
    pub fn batches(&self) -> bool {
        self.batch > 1
    }
}
