//! What a run sent beside its phases so that these are fair: in the manifest.

use serde::{Deserialize, Serialize};

/// The warm-up of a run, logged in `warmup.csv`; part of neither phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarmupRecord {
    /// As it was asked for: `all`, `20%`, `10s`.
    pub asked: String,
    /// Distinct bodies that it was to send, each once; of a time, that it sent again and again.
    pub bodies: u64,
    /// Whether it left bodies of the plan out that it was asked for, because there are too many or it took too long.
    #[serde(default)]
    pub cut: bool,
    /// How it was sent, in words.
    pub strategy: String,
}

/// Which bodies the calls to the idle server carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleBodiesRecord {
    /// As many calls need one.
    pub needed: u64,
    /// Distinct bodies that the phases do not send, of these.
    pub unknown: u64,
}

impl IdleBodiesRecord {
    /// Whether each call had a body that the server had not seen before: no cache could know it.
    pub fn are_fresh(&self) -> bool {
        self.unknown >= self.needed
    }
}
