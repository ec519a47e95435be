//! The immutable workload: a pure function of (seed, sequence). Both phases borrow the same plan.

mod encoding;
mod payloads;
mod prompts;
mod slice;
mod trace;

pub use payloads::PayloadError;
pub use slice::Slice;
pub use trace::TraceIds;

use std::path::Path;

use bytes::Bytes;

use crate::model::Digest;
use crate::model::digest::PartsDigest;
use payloads::Payloads;

/// Which bodies are sent, and in which order.
#[derive(Debug)]
pub struct Plan {
    requests: u64,
    payloads: Payloads,
}

impl Plan {
    /// A plan over the built-in prompts, the ones that `input.py` sends with the same seed.
    pub fn of_prompts(requests: u64, seed: u64) -> Self {
        Plan { requests, payloads: Payloads::Prompts { seed } }
    }

    /// A plan over a file with one JSON document a line, taken in order from line `seed` on, again
    /// from the top when it ends.
    pub fn of_file(requests: u64, seed: u64, path: &Path) -> Result<Self, PayloadError> {
        Ok(Plan { requests, payloads: Payloads::read(path, seed)? })
    }

    /// A plan of requests that have no body.
    pub fn without_bodies(requests: u64) -> Self {
        Plan { requests, payloads: Payloads::Nothing }
    }

    /// Planned requests of one repetition.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The request body of one sequence number: always the same for the same number.
    pub fn body(&self, seq: u64) -> Bytes {
        self.payloads.body(seq)
    }

    /// Digest over all bodies in their order.
    pub fn digest(&self) -> Digest {
        let mut rolling = PartsDigest::default();
        (0..self.requests).for_each(|seq| rolling.add(&self.body(seq)));
        rolling.finish()
    }
}
