//! What can be set on telemetry: the scenario's section `[telemetry]`, which the flags lay over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::JaegerUrl;

/// The settings of telemetry. Nothing set means: metrics on the usual port, traces where the standard
/// variables name an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetrySettings {
    /// Where spans go; `None` leaves it to `OTEL_EXPORTER_OTLP_ENDPOINT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp_endpoint: Option<String>,
    /// `grpc` or `http/protobuf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp_protocol: Option<String>,
    /// Headers for the collector. Values can be secrets: they are sent, never written down.
    pub otlp_headers: BTreeMap<String, String>,
    /// Where a person opens traces, for the links of the page; nothing is sent there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jaeger_url: Option<String>,
    /// Name of this client in traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    /// Attributes of this client in traces.
    pub resource: BTreeMap<String, String>,
    /// Share of the requests whose spans are exported; slow and failed ones always are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_ratio: Option<f64>,
    /// Whether there are metrics at all.
    pub metrics: bool,
    /// Port of `/metrics`, 0 for a free one; `None` is the usual one, where it is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_port: Option<u16>,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        TelemetrySettings {
            otlp_endpoint: None,
            otlp_protocol: None,
            otlp_headers: BTreeMap::new(),
            jaeger_url: None,
            service_name: None,
            resource: BTreeMap::new(),
            trace_ratio: None,
            metrics: true,
            metrics_port: None,
        }
    }
}

impl TelemetrySettings {
    /// Checks every value.
    ///
    /// # Errors
    /// The key, its value and what it may be, for the first value that cannot be used.
    pub fn validate(&self) -> Result<(), String> {
        if let Some(ratio) = self.trace_ratio.filter(|ratio| !(0.0..=1.0).contains(ratio)) {
            return Err(format!("telemetry.trace_ratio is {ratio}: set it to a share from 0 to 1"));
        }
        if let Some(problem) = self.jaeger_url.as_deref().and_then(|base| JaegerUrl::new(base).err()) {
            return Err(format!("telemetry.jaeger_url: {problem}"));
        }
        match self.otlp_protocol.as_deref() {
            None | Some("grpc" | "http/protobuf") => Ok(()),
            Some(other) => {
                Err(format!("telemetry.otlp_protocol is `{other}`: set it to \"grpc\" or \"http/protobuf\""))
            }
        }
    }

    /// What must not be written down: values of headers, credentials and query of the endpoint.
    pub fn secrets(&self) -> Vec<&str> {
        let endpoint = self.otlp_endpoint.as_deref().into_iter().flat_map(secrets_of_url);
        self.otlp_headers.values().map(String::as_str).chain(endpoint).collect()
    }

    /// The same for the manifest: without what must not be written down.
    pub fn masked(&self) -> Self {
        let mut masked = self.clone();
        masked.otlp_headers.values_mut().for_each(|value| *value = "***".into());
        masked.otlp_endpoint = self.otlp_endpoint.as_deref().map(masked_url);
        masked
    }
}

/// Credentials and query.
fn secrets_of_url(url: &str) -> Vec<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let credentials = authority.rsplit_once('@').map(|(credentials, _)| credentials);
    let query = rest.split_once('?').map(|(_, query)| query);
    credentials.into_iter().chain(query).filter(|secret| !secret.is_empty()).collect()
}

/// The URL without credentials and query.
pub(super) fn masked_url(url: &str) -> String {
    secrets_of_url(url).into_iter().fold(url.to_string(), |url, secret| url.replace(secret, "***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_named_and_masked() {
        let settings = TelemetrySettings {
            otlp_endpoint: Some("https://me:s3cret@collector:4318/v1/traces?key=abc".into()),
            otlp_headers: [("authorization".into(), "Bearer t0ken".into())].into(),
            ..TelemetrySettings::default()
        };
        assert_eq!(settings.secrets(), ["Bearer t0ken", "me:s3cret", "key=abc"]);
        let text = format!("{:?}", settings.masked());
        assert!(settings.secrets().iter().all(|secret| !text.contains(secret)), "{text}");
        assert!(text.contains("https://***@collector:4318/v1/traces?***"), "{text}");
    }

    #[test]
    fn a_complaint_names_the_key_and_the_remedy() {
        let complaint = |text: &str| {
            let settings: TelemetrySettings = toml::from_str(text).expect("known keys");
            settings.validate().expect_err("out of range")
        };
        assert!(complaint("trace_ratio = 1.5").starts_with("telemetry.trace_ratio is 1.5: set it"));
        assert!(complaint("otlp_protocol = \"http/json\"").contains("http/protobuf"));
        assert!(toml::from_str::<TelemetrySettings>("ratio = 1").is_err());
    }
}
