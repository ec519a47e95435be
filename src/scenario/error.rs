//! What can be wrong with a scenario; each message names the file or key and the remedy.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::plain_words::plain;

/// A scenario that cannot be run. Exit code 2.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("cannot read the scenario {}: {cause}; give an existing TOML file, such as scenarios/default.toml", path.display())]
    Read {
        /// The file asked for.
        path: PathBuf,
        /// Why not; in the message, so not a source that would be printed again.
        cause: std::io::Error,
    },
    /// The file is no TOML, or has an unknown key, or a value of the wrong type.
    #[error("the scenario {} is not valid, {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, column and expectation, as the TOML reader says it.
        message: String,
    },
    /// A flag does not parse, or names no key.
    #[error("{flag}: {problem}")]
    Flag {
        /// The flag as it was given.
        flag: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// A setting of the mock that it cannot serve with.
    #[error("{0}")]
    Mock(String),
    /// A setting of telemetry that cannot be used.
    #[error("{0}")]
    Telemetry(String),
    /// A value that cannot be run.
    #[error("{key}: {problem}")]
    Value {
        /// The dotted key, such as `load.requests`.
        key: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
}

impl ScenarioError {
    /// A number that no scenario can hold.
    pub fn too_large(flag: &str, value: u64) -> Self {
        ScenarioError::flag(flag, format!("{value} is out of range; use a smaller number"))
    }

    /// A file that is not valid: where and what. Of the line only the key: its value may be a header's.
    pub fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let key = text.lines().nth(line - 1).and_then(|line| line.split('=').next()).unwrap_or_default();
        let message =
            format!("line {line}, column {column}, at `{}`: {}", key.trim(), plain(error.message()));
        ScenarioError::Syntax { path: path.to_path_buf(), message }
    }

    pub(super) fn value(key: impl Into<String>, problem: impl Into<String>) -> Self {
        ScenarioError::Value { key: key.into(), problem: problem.into() }
    }

    pub(super) fn flag(flag: impl Into<String>, problem: impl Into<String>) -> Self {
        ScenarioError::Flag { flag: flag.into(), problem: problem.into() }
    }
}
