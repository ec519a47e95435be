//! How a client sends: what becomes of its connections, and how many requests go into one call.
//!
//! The two are independent and combine: a [`Place`] keeps a connection or does not, [`BatchFormat`] puts bodies together, and
//! neither knows of the other.

mod answer;
mod batch;
mod place;

pub use answer::{AnswerCollector, AnswerLimits, Collected};
pub use batch::BatchFormat;
pub use place::Place;

use crate::model::{Connections, Strategy};

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
