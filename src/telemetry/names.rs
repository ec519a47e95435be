//! Every metric that the tool exports, in one table; `docs/telemetry.md` shows the same one.

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only rises.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
}

impl Kind {
    /// The word of the exposition.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct MetricFamily {
    /// As it is queried; a counter ends in `_total`.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Its labels beside `run`, which every series has.
    pub labels: &'static [&'static str],
    /// What it means, without a full stop at the end.
    pub help: &'static str,
}

/// A row of a table of metrics.
pub const fn metric(
    name: &'static str,
    kind: Kind,
    labels: &'static [&'static str],
    help: &'static str,
) -> MetricFamily {
    MetricFamily { name, kind, labels, help }
}

use Kind::{Counter, Gauge, Histogram};

/// What the SLA judges.
pub const LATENCY: MetricFamily = metric(
    "spanload_latency_seconds",
    Histogram,
    &["phase", "outcome"],
    "Latency of a planned request, from due to the last response byte: what the SLA judges",
);
/// When the answer began.
pub const TTFB: MetricFamily = metric(
    "spanload_ttfb_seconds",
    Histogram,
    &["phase"],
    "Time to first byte of a success, from due to the first response byte, the client's queue included",
);
/// The convention's figure.
pub const EXCHANGE: MetricFamily = metric(
    "http_client_request_duration_seconds",
    Histogram,
    &[
        "phase",
        "http_request_method",
        "server_address",
        "server_port",
        "http_response_status_code",
        "error_type",
    ],
    "Duration of one HTTP exchange, without the client's queue; a batch counts once",
);
/// Where the time goes.
pub const STAGE: MetricFamily = metric(
    "spanload_stage_seconds",
    Histogram,
    &["phase", "stage", "reused"],
    "Length of one stage of a planned request; the sums add up to the sum of the latency",
);
/// Where requests above the limit spend their time.
pub const SLOW_STAGE: MetricFamily = metric(
    "spanload_slow_stage_seconds_total",
    Counter,
    &["phase", "stage"],
    "Time that requests slower than the limit of the SLA's highest percentile spent in a stage",
);
/// How many make the tail.
pub const SLOW: MetricFamily = metric(
    "spanload_slow_requests_total",
    Counter,
    &["phase"],
    "Planned requests slower than the limit of the SLA's highest percentile",
);
/// As the server says.
pub const SERVER_QUEUE: MetricFamily = metric(
    "spanload_server_queue_seconds",
    Histogram,
    &["phase"],
    "Time in the server's queue as the server reports it, once an exchange",
);
/// As the server says.
pub const SERVER_COMPUTE: MetricFamily = metric(
    "spanload_server_compute_seconds",
    Histogram,
    &["phase"],
    "Time of computing as the server reports it, once an exchange",
);
/// planned = sum.
pub const REQUESTS: MetricFamily = metric(
    "spanload_requests_total",
    Counter,
    &["phase", "outcome"],
    "Planned requests whose story has ended, by outcome: success, failed or unsent",
);
/// From the engine.
pub const DUE: MetricFamily = metric(
    "spanload_due_requests_total",
    Counter,
    &["phase"],
    "Planned requests that have become due: the offered load; the successes of spanload_requests_total are achieved",
);
/// By word.
pub const ERRORS: MetricFamily = metric(
    "spanload_errors_total",
    Counter,
    &["phase", "error"],
    "Planned requests without a usable answer, by the word in the log",
);
/// From the engine.
pub const ACTIVE: MetricFamily =
    metric("spanload_active_requests", Gauge, &["phase"], "Planned requests that are due and have not ended");
/// From the engine.
pub const CONNECTIONS: MetricFamily =
    metric("spanload_open_connections", Gauge, &["phase"], "Connections that are open or being opened");
/// Once a connection.
pub const CONNECTS: MetricFamily = metric(
    "spanload_connects_total",
    Counter,
    &["phase"],
    "Connections that were established for the last attempt of an exchange",
);
/// Once a connection.
pub const SYN_RETRANSMITS: MetricFamily = metric(
    "spanload_syn_retransmits_total",
    Counter,
    &["phase"],
    "SYN retransmissions that the kernel counts on connections opened for the last attempt of an exchange",
);
/// Once an exchange.
pub const RETRANSMITS: MetricFamily = metric(
    "spanload_retransmits_total",
    Counter,
    &["phase"],
    "Data retransmissions that the kernel counts, once an exchange",
);
/// Once an exchange.
pub const BATCH_SIZE: MetricFamily =
    metric("spanload_batch_size", Histogram, &["phase"], "Planned requests that one exchange carried");
/// From the engine.
pub const LOOP_LAG: MetricFamily = metric(
    "spanload_loop_lag_seconds",
    Histogram,
    &["phase"],
    "How late the engine's loop woke; a timer's grain of about a millisecond is in it",
);
/// At its end each span is one of these.
pub const SPANS: MetricFamily = metric(
    "spanload_spans_total",
    Counter,
    &["outcome"],
    "Spans of the client by what became of them: exported, failed or dropped",
);
/// The sum of the one above, at the end.
pub const SPANS_CREATED: MetricFamily =
    metric("spanload_spans_created_total", Counter, &[], "Spans of the client that were to be exported");
/// Telemetry's own loss.
pub const SAMPLES_DROPPED: MetricFamily = metric(
    "spanload_samples_dropped_total",
    Counter,
    &[],
    "Finished requests that telemetry did not get to see; the logs have them",
);
/// By the unit of the line.
pub const SLA_LIMITS: [MetricFamily; 3] = [
    metric("spanload_sla_limit_seconds", Gauge, &["metric"], "Limit of a line of the SLA on a time"),
    metric("spanload_sla_limit_ratio", Gauge, &["metric"], "Limit of a line of the SLA on a share of 1"),
    metric(
        "spanload_sla_limit_requests_per_second",
        Gauge,
        &["metric"],
        "Limit of a line of the SLA on a rate",
    ),
];
/// For the order of the lines, which their names do not have.
pub const SLA_PERCENTILE: MetricFamily = metric(
    "spanload_sla_percentile",
    Gauge,
    &["metric"],
    "Percentile that a line of the SLA limits, in percent, 100 for the maximum; the highest line says what is slow",
);
/// By the unit of the line, in the order of the limits.
pub const SLA_VALUES: [MetricFamily; 3] = [
    metric(
        "spanload_sla_value_seconds",
        Gauge,
        &["phase", "metric"],
        "What a phase reached of a line of the SLA, exact, set at the end; absent if there is no figure",
    ),
    metric(
        "spanload_sla_value_ratio",
        Gauge,
        &["phase", "metric"],
        "What a phase reached of a line of the SLA, exact, set at the end",
    ),
    metric(
        "spanload_sla_value_requests_per_second",
        Gauge,
        &["phase", "metric"],
        "What a phase reached of a line of the SLA, exact, set at the end",
    ),
];
/// A line of the SLA.
pub const SLA_MET: MetricFamily = metric(
    "spanload_sla_met",
    Gauge,
    &["metric"],
    "Whether the after phase met a line of the SLA, 1 or 0, set at the end",
);
/// All of it.
pub const VERDICT: MetricFamily = metric(
    "spanload_verdict",
    Gauge,
    &[],
    "Whether the SLA is met after the optimisation, 1 or 0, set at the end",
);
/// For annotations.
pub const PHASE_RUNNING: MetricFamily =
    metric("spanload_phase_running", Gauge, &["phase"], "Whether a repetition of the phase is on, 1 or 0");
/// For annotations.
pub const REPETITION: MetricFamily =
    metric("spanload_repetition", Gauge, &["phase"], "The repetition that is on or was on last");
/// The version.
pub const BUILD_INFO: MetricFamily =
    metric("spanload_build_info", Gauge, &["version"], "1, with the version of the tool");

/// The table.
pub const ALL: [MetricFamily; 33] = [
    LATENCY,
    TTFB,
    EXCHANGE,
    STAGE,
    SLOW_STAGE,
    SLOW,
    SERVER_QUEUE,
    SERVER_COMPUTE,
    REQUESTS,
    DUE,
    ERRORS,
    ACTIVE,
    CONNECTIONS,
    CONNECTS,
    SYN_RETRANSMITS,
    RETRANSMITS,
    BATCH_SIZE,
    LOOP_LAG,
    SPANS,
    SPANS_CREATED,
    SAMPLES_DROPPED,
    SLA_LIMITS[0],
    SLA_LIMITS[1],
    SLA_LIMITS[2],
    SLA_PERCENTILE,
    SLA_VALUES[0],
    SLA_VALUES[1],
    SLA_VALUES[2],
    SLA_MET,
    VERDICT,
    PHASE_RUNNING,
    REPETITION,
    BUILD_INFO,
];

/// A table of metrics as `docs/telemetry.md` shows it.
pub fn markdown(metrics: &[MetricFamily]) -> String {
    let row = |metric: &MetricFamily| {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        format!("| `{}` | {} | {} | {} |\n", metric.name, metric.kind.name(), labels.join(", "), metric.help)
    };
    let rows: String = metrics.iter().map(row).collect();
    format!("| metric | type | labels | meaning |\n|---|---|---|---|\n{rows}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_show_this_table() {
        let docs = include_str!("../../docs/telemetry.md");
        let shown =
            docs.split_once("<!-- metrics -->\n").and_then(|(_, rest)| rest.split_once("<!-- /metrics -->"));
        assert_eq!(
            shown.map(|(table, _)| table),
            Some(markdown(&ALL).as_str()),
            "put this table between the marks"
        );
    }

    #[test]
    fn names_are_distinct_and_say_their_kind() {
        let names: std::collections::BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len());
        for metric in &ALL {
            assert_eq!(metric.kind == Kind::Counter, metric.name.ends_with("_total"), "{}", metric.name);
            assert!(!metric.help.ends_with('.'), "the encoder adds it: {}", metric.name);
        }
    }
}
