//! The given load test, by its own figures.

use serde::Serialize;

use super::latency::ThreePercentiles;
use crate::model::ImportRecord;

/// The given load test's own figures.
#[derive(Clone, Debug, Serialize)]
pub struct BaselineScript {
    /// As given: a file, or a command.
    pub path: String,
    /// SHA-256 of the script, or of the command.
    pub sha256: String,
    /// Its exit code; `null` if a signal ended it.
    pub exit_code: Option<i32>,
    /// Rows of its log.
    pub requests: u64,
    /// Rows that it calls a success.
    pub succeeded: u64,
    /// The others.
    pub failed: u64,
    /// Over all its rows, as it measured them.
    pub latency_ms: ThreePercentiles,
    /// How it is called, where `path` is no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whose log it left, and what the latency in it contains; absent where it left none, and of runs of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<ScriptLog>,
}

/// What its figures are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScriptLog {
    /// Tool and format.
    pub format: String,
    /// From when to when its latency counts.
    pub latency: String,
    /// Which column or figure of the tool that is.
    pub is: String,
    /// Which failures are in it.
    pub failures: String,
}

impl BaselineScript {
    /// How it is called, in a word.
    pub fn called(&self) -> &str {
        let file = || self.path.rsplit('/').next().unwrap_or(&self.path);
        self.name.as_deref().unwrap_or_else(file)
    }
}

impl From<&ImportRecord> for ScriptLog {
    fn from(record: &ImportRecord) -> Self {
        let ImportRecord { format, equivalence, .. } = record;
        ScriptLog {
            format: format.clone(),
            latency: equivalence.span(),
            is: equivalence.latency.clone(),
            failures: equivalence.failures.clone(),
        }
    }
}
