//! One of several endpoints, unchecked.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One of `[[target.endpoints]]` as written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawEndpoint {
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payloads: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_path: Option<String>,
}
