//! The scenario as written: the keys of the TOML file, unchecked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::ScenarioError;
use super::raw_secret::{self, RawHeaders, RawSecret};
use super::success::RawSuccess;
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
    pub timeout_ms: u64,
    pub max_answer_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_encoding: Option<String>,
    #[serde(skip_serializing_if = "RawSuccess::is_empty")]
    pub success: RawSuccess,
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
            timeout_ms: 60_000,
            max_answer_bytes: 16 << 20,
            accept_encoding: None,
            success: RawSuccess::default(),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawLoad {
    pub requests: u64,
    pub workers: usize,
    pub think_ms: u64,
    pub threads: usize,
    pub seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payloads: Option<PathBuf>,
}

impl Default for RawLoad {
    fn default() -> Self {
        RawLoad { requests: 600, workers: 64, think_ms: 0, threads: 1, seed: 7, payloads: None }
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
    pub script: Option<PathBuf>,
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
    for written in
        [&mut raw.load.payloads, &mut raw.before.script, &mut raw.after.script].into_iter().flatten()
    {
        *written = paths::tidy(&folder.join(&written));
    }
    let values = raw.target.headers.values_mut().flat_map(|values| &mut values.0);
    values.chain(&mut raw.target.bearer).for_each(|written| written.in_folder(folder));
    Ok(raw)
}
