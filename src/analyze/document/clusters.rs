//! Slow requests near retransmission delays.

use serde::Serialize;

/// Requests at least a second (less the tolerance) above the median.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Clusters {
    /// The median, from which delays count.
    pub bulk_ms: f64,
    /// Distance from a whole second that still counts.
    pub tolerance_ms: f64,
    /// Share of evenly spread delays that would be in some cluster by chance.
    pub share_by_chance: f64,
    /// Successes that are so slow.
    pub slow: u64,
    /// Of them, those in some cluster, as a share.
    pub share_near: Option<f64>,
    /// Those near 1, 2, 3 … seconds: a SYN is sent again after 1 s and then at distances that the kernel doubles, at
    /// once or after some steps of a second each (`tcp_syn_linear_timeouts`).
    pub near: Vec<Cluster>,
    /// Five or more that took nearly the same time, whatever the delay: a timer let them go together.
    pub clumps: Vec<Clump>,
}

/// Slow requests with no more than 20 ms from one to the next.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Clump {
    /// Latency of the fastest.
    pub from_ms: f64,
    /// Latency of the slowest.
    pub to_ms: f64,
    /// How many.
    pub n: u64,
}

/// Requests near one delay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cluster {
    /// Above the median, in seconds.
    pub delay_s: u64,
    /// How many.
    pub n: u64,
    /// Share of all requests.
    pub share: f64,
}
