//! Arrivals that cannot be planned; each message names the key, or the file and the line, and the remedy.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Arrivals that cannot be planned. Exit code 2.
#[derive(Debug, Error)]
pub enum ArrivalError {
    /// The trace cannot be read.
    #[error("load.trace: cannot read {}: {cause}; give a file with an arrival a line", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not; in the message, so not a source that would be printed again.
        cause: io::Error,
    },
    /// A line of it is no arrival, or none that can follow.
    #[error("load.trace: {} line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// What a key asks for cannot be planned.
    #[error("{key}: {problem}")]
    Key {
        /// The dotted key.
        key: &'static str,
        /// What is wrong and what to write instead.
        problem: String,
    },
}

impl ArrivalError {
    pub(super) fn read(path: &Path, cause: io::Error) -> Self {
        ArrivalError::Read { path: path.to_path_buf(), cause }
    }

    pub(super) fn line(path: &Path, line: u64, problem: impl Into<String>) -> Self {
        ArrivalError::Line { path: path.to_path_buf(), line, problem: problem.into() }
    }

    pub(super) fn key(key: &'static str, problem: impl Into<String>) -> Self {
        ArrivalError::Key { key, problem: problem.into() }
    }
}
