//! The flags of telemetry, of every command that sends load.

use clap::Args;

use super::whole_number::whole_number;
use crate::scenario::{Overrides, ScenarioError};
use crate::telemetry::LogFormat;

/// Where spans go.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Telemetry")]
pub struct TraceArgs {
    /// Collector that takes spans, such as http://127.0.0.1:4317; without it OTEL_EXPORTER_OTLP_ENDPOINT, without
    /// both there are no traces
    #[arg(long, value_name = "URL")]
    otlp_endpoint: Option<String>,
    /// How to speak to it: grpc or http/protobuf; by default OTEL_EXPORTER_OTLP_PROTOCOL, then by the port
    #[arg(long, value_name = "PROTOCOL")]
    otlp_protocol: Option<String>,
    /// Header for the collector; its value is never written down; repeatable
    #[arg(long = "otlp-header", value_name = "NAME: VALUE")]
    otlp_headers: Vec<String>,
    /// Name of this client in traces
    #[arg(long, value_name = "NAME")]
    service_name: Option<String>,
    /// Attribute of this client in traces; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    resource: Vec<String>,
    /// Share of the requests to trace, 0 to 1; failed ones always are, and slow ones: above the limit of the SLA's
    /// highest percentile
    #[arg(long, value_name = "SHARE")]
    trace_ratio: Option<f64>,
}

/// What changes telemetry.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Telemetry")]
pub struct TelemetryArgs {
    /// Where spans go.
    #[command(flatten)]
    pub traces: TraceArgs,
    /// Where a person opens traces, such as http://127.0.0.1:16686: every request of report.html links there
    #[arg(long, value_name = "URL")]
    jaeger_url: Option<String>,
    /// Port of /metrics on 127.0.0.1, 0 for a free one; by default 9464, where it is free
    #[arg(long, value_name = "PORT", value_parser = whole_number::<u16>)]
    metrics_port: Option<u16>,
    /// No metrics
    #[arg(long, conflicts_with = "metrics_port")]
    no_metrics: bool,
    /// How logs look; RUST_LOG chooses which
    #[arg(long, value_enum, default_value_t)]
    pub log_format: LogFormat,
}

impl TraceArgs {
    /// Lays the flags over the section `[telemetry]`.
    pub fn lay_over(&self, overrides: &mut Overrides) -> Result<(), ScenarioError> {
        let texts = [
            ("--otlp-endpoint", "telemetry.otlp_endpoint", &self.otlp_endpoint),
            ("--otlp-protocol", "telemetry.otlp_protocol", &self.otlp_protocol),
            ("--service-name", "telemetry.service_name", &self.service_name),
        ];
        for (flag, key, text) in texts {
            if let Some(text) = text {
                overrides.set(flag, key, text.as_str());
            }
        }
        if let Some(ratio) = self.trace_ratio {
            overrides.set("--trace-ratio", "telemetry.trace_ratio", ratio);
        }
        self.otlp_headers.iter().try_for_each(|header| overrides.set_otlp_header(header))?;
        self.resource.iter().try_for_each(|attribute| overrides.set_resource(attribute))
    }
}

impl TelemetryArgs {
    /// Lays the flags over the section `[telemetry]`.
    pub fn lay_over(&self, overrides: &mut Overrides) -> Result<(), ScenarioError> {
        if let Some(port) = self.metrics_port {
            overrides.set("--metrics-port", "telemetry.metrics_port", i64::from(port));
        }
        if let Some(url) = &self.jaeger_url {
            overrides.set("--jaeger-url", "telemetry.jaeger_url", url.as_str());
        }
        if self.no_metrics {
            overrides.set("--no-metrics", "telemetry.metrics", false);
        }
        self.traces.lay_over(overrides)
    }
}
