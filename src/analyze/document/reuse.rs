//! What keeping connections would buy.

use serde::Serialize;

/// What keeping connections would buy.
#[derive(Clone, Debug, Serialize)]
pub struct Reuse {
    /// In a word.
    pub buys: ReuseBuys,
    /// Of all latency: what comes with new connections and would be gone.
    pub share_of_all: f64,
    /// The same of the tail's excess.
    pub share_of_tail_excess: f64,
    /// Of all latency: waiting in the accept queue.
    pub accept_queue_share_of_all: f64,
    /// Why.
    pub explanation: String,
}

/// What keeping connections would buy, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReuseBuys {
    /// No latency.
    Nothing,
    /// A shorter tail; the mean stays, for the server is saturated.
    Tail,
    /// Less latency.
    Latency,
}
