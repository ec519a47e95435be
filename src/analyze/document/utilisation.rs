//! How much of an open load's time the server worked, and was waited for.

use serde::Serialize;

/// Of a load whose arrivals do not wait, from the first that is due to the last.
#[derive(Clone, Debug, Serialize)]
pub struct Utilisation {
    /// Whether somebody always waited for the server, or all that it can do at a time was always done; `null` where its own times
    /// are not known.
    pub saturated: Option<bool>,
    /// Requests due a second: the gaps between them ÷ that time.
    pub offered_rps: f64,
    /// Successes a second that ended meanwhile.
    pub throughput_rps: f64,
    /// Mean latency of the successes.
    pub mean_latency_ms: f64,
    /// Requests under way on average over that time, counted, so that it holds of a load without a steady state too.
    pub under_way: f64,
    /// Share of the time during which a request waited at the server; `null` where it does not say.
    pub somebody_waits: Option<f64>,
    /// Exchanges that the server computes at a time, by the before phase; `null` where that does not show.
    pub replicas: Option<u64>,
    /// Share of their time during which these compute; `null` where their number or the server's times are not known.
    pub replicas_busy: Option<f64>,
    /// What that means.
    pub explanation: String,
    /// How long a request waits at the server on average; `null` where it does not say.
    pub mean_wait_ms: Option<f64>,
}
