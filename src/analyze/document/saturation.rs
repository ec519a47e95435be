//! Whether the server had all the work it can do.

use serde::Serialize;

/// Little's law, callers = throughput × (latency + think time), while all callers are at work: from the first request due to the last.
#[derive(Clone, Debug, Serialize)]
pub struct Saturation {
    /// Whether the server had all the work it can do; `null` where the data cannot tell.
    pub saturated: Option<bool>,
    /// Callers of the closed loop, from the log.
    pub callers: u64,
    /// What each of them waits between an answer and its next request; absent where that is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think_ms: Option<f64>,
    /// Answers a second meanwhile.
    pub throughput_rps: f64,
    /// Callers ÷ throughput, without what a caller waits between an answer and its next request.
    pub callers_over_throughput_ms: f64,
    /// Mean latency of the successes.
    pub mean_latency_ms: f64,
    /// Share of the time during which a request waited at the server; `null` where it does not say.
    pub somebody_waits: Option<f64>,
    /// Exchanges that the server computes at a time, by the before phase; `null` where that does not show.
    pub replicas: Option<u64>,
    /// Share of their time during which these compute; `null` where their number or the server's times are not known.
    pub replicas_busy: Option<f64>,
    /// Share of the time during which as many exchanges were under way as ever: all connections of the client.
    pub connections_in_use: f64,
    /// What that means.
    pub explanation: String,
}
