//! The server's view of the script's run.

use serde::Serialize;

/// The server's view of the script's run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerView {
    /// Successes that a replica served and whose payload only they had.
    pub joined: u64,
    /// The script's requests.
    pub of: u64,
    /// Latency of the slowest 5 % of the joined begins here.
    pub slowest_from_ms: f64,
    /// Latency − (received → done): connecting, waiting to be accepted, packets sent again, and the way back.
    pub before_handler: ServerPart,
    /// Received → taken by a replica.
    pub queue: ServerPart,
    /// Taken by a replica → done.
    pub compute: ServerPart,
}

/// One part of the latency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerPart {
    /// Over all joined requests.
    pub mean_ms: f64,
    /// Its own 95th percentile.
    pub p95_ms: Option<f64>,
    /// Of the summed latency of the slowest 5 %; the three shares sum to 1.
    pub share_of_slowest: f64,
}
