//! The bodies of a plan: a source, and which of it each request takes.

use bytes::Bytes;

use super::payload_error::PlanLost;
use super::payloads::Payloads;
use crate::model::RowOrder;

/// A source with an order and a seed. Clones share the source.
#[derive(Clone, Debug)]
pub(super) struct Bodies {
    source: Payloads,
    pub(super) order: RowOrder,
    pub(super) seed: u64,
}

impl Bodies {
    pub(super) fn new(source: Payloads, seed: u64) -> Self {
        Bodies { source, order: RowOrder::default(), seed }
    }

    /// Others from the same source, where it has others.
    pub(super) fn of_seed(&self, seed: u64) -> Self {
        Bodies { seed, ..self.clone() }
    }

    pub(super) fn body(&self, seq: u64) -> Result<Bytes, PlanLost> {
        self.source.body(self.order, self.seed, seq)
    }
}
