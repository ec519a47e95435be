//! The scenario as written: the keys of the TOML file, unchecked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize};
use toml::Value;

use super::error::ScenarioError;
use super::given_script::GivenScript;
use super::quality::RawQuality;
use super::raw_endpoint::RawEndpoint;
use super::raw_secret::{self, RawHeaders, RawSecret};
use super::success::RawSuccess;
use super::{abort_after, max_error_rate};
use crate::host::paths;
use crate::mock::MockSettings;
use crate::telemetry::TelemetrySettings;

/// The whole file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    pub target: RawTarget,
    pub load: RawLoad,
    pub sla: BTreeMap<String, String>,
    pub before: RawPhase,
    pub after: RawPhase,
    pub runs: Runs,
    pub mock: MockSettings,
    pub telemetry: TelemetrySettings,
    pub quality: RawQuality,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawTarget {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    pub method: String,
    pub path: String,
    pub batch_path: String,
    pub batch_request_key: String,
    pub batch_response_key: String,
    #[serde(deserialize_with = "raw_secret::headers")]
    pub headers: RawHeaders,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer: Option<RawSecret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_pointer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_pointer: Option<String>,
    pub server_times: String,
    pub timeout_ms: u64,
    pub max_answer_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_number")]
    pub http: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    pub insecure: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_cert: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    pub resolve: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout_ms: Option<u64>,
    pub attempt_delay_ms: u64,
    pub probe: bool,
    pub transport: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    pub redirects: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_encoding: Option<String>,
    #[serde(skip_serializing_if = "RawSuccess::is_empty")]
    pub success: RawSuccess,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Vec<RawEndpoint>>,
}

impl Default for RawTarget {
    fn default() -> Self {
        RawTarget {
            url: None,
            method: "POST".into(),
            path: "/v1/infer".into(),
            batch_path: "/v1/infer/batch".into(),
            batch_request_key: "inputs".into(),
            batch_response_key: "outputs".into(),
            headers: RawHeaders::new(),
            bearer: None,
            queue_header: None,
            compute_header: None,
            queue_pointer: None,
            compute_pointer: None,
            server_times: "auto".into(),
            timeout_ms: 60_000,
            max_answer_bytes: 16 << 20,
            http: None,
            ca: None,
            insecure: false,
            client_cert: None,
            client_key: None,
            server_name: None,
            resolve: Vec::new(),
            connect_timeout_ms: None,
            attempt_delay_ms: 250,
            probe: true,
            transport: "direct".into(),
            proxy: None,
            redirects: 0,
            accept_encoding: None,
            success: RawSuccess::default(),
            endpoints: None,
        }
    }
}

/// `2` is text too.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(Some(text)),
        number @ (Value::Integer(_) | Value::Float(_)) => Ok(Some(number.to_string())),
        _ => Err(serde::de::Error::custom("expected a version, such as \"2\"")),
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawLoad {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<usize>,
    pub think_ms: u64,
    pub threads: usize,
    pub seed: u64,
    #[serde(deserialize_with = "abort_after::text")]
    pub abort_after: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payloads: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shape: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_scale: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_jitter: Option<String>,
    #[serde(deserialize_with = "abort_after::text")]
    pub warmup: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<PathBuf>,
    pub order: String,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "max_error_rate::text")]
    pub max_error_rate: Option<String>,
}

impl Default for RawLoad {
    fn default() -> Self {
        RawLoad {
            requests: None,
            workers: None,
            think_ms: 0,
            threads: 1,
            seed: 7,
            abort_after: "10s".into(),
            payloads: None,
            arrival: None,
            rate: None,
            duration: None,
            shape: None,
            steps: None,
            trace: None,
            trace_scale: None,
            trace_jitter: None,
            warmup: "auto".into(),
            template: None,
            columns: None,
            order: "sequential".into(),
            max_error_rate: None,
        }
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawPhase {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_number")]
    pub http: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_resumption: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<GivenScript>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script_timeout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_from: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Runs {
    pub repetitions: u32,
}

impl Default for Runs {
    fn default() -> Self {
        Runs { repetitions: 3 }
    }
}

/// Parses the text of a scenario file. Paths in it are relative to the file.
pub fn parse(text: &str, path: &Path) -> Result<Raw, ScenarioError> {
    let mut raw: Raw = toml::from_str(text).map_err(|error| ScenarioError::syntax(path, text, &error))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let files = [
        &mut raw.load.payloads,
        &mut raw.load.trace,
        &mut raw.load.template,
        &mut raw.load.columns,
        &mut raw.before.log,
        &mut raw.target.ca,
        &mut raw.target.client_cert,
        &mut raw.target.client_key,
    ];
    let of_endpoints = raw.target.endpoints.iter_mut().flatten().map(|endpoint| &mut endpoint.payloads);
    for written in files.into_iter().chain(of_endpoints).flatten() {
        *written = paths::tidy(&folder.join(&written));
    }
    raw.before.script.iter_mut().for_each(|script| script.in_folder(folder));
    let values = raw.target.headers.values_mut().flat_map(|values| &mut values.0);
    values.chain(&mut raw.target.bearer).for_each(|written| written.in_folder(folder));
    Ok(raw)
}
