//! What can be wrong with the files that bodies are made of; each message names key, file, place and remedy.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file that no bodies can be made of. Exit code 2.
#[derive(Debug, Error)]
pub enum PayloadError {
    /// The file as a whole.
    #[error("{key}: {} {problem}", path.display())]
    File {
        /// The scenario's key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// One line of it.
    #[error("{key}: {} line {line} {problem}", path.display())]
    Line {
        /// The scenario's key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        /// What is wrong and what to do.
        problem: String,
    },
    /// One place in a line.
    #[error("{key}: {} line {line}, column {column}: {problem}", path.display())]
    Place {
        /// The scenario's key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        /// In letters, counted from 1.
        column: u64,
        /// What is wrong and what to do.
        problem: String,
    },
}

impl PayloadError {
    pub(super) fn file(key: &'static str, path: &Path, problem: impl Into<String>) -> Self {
        PayloadError::File { key, path: path.into(), problem: problem.into() }
    }

    pub(super) fn line(key: &'static str, path: &Path, line: u64, problem: impl Into<String>) -> Self {
        PayloadError::Line { key, path: path.into(), line, problem: problem.into() }
    }
}

/// A part of a plan that cannot be had any more, because its file is not what it was. Exit code 1: requests have been sent.
#[derive(Clone, Debug, Error)]
#[error("{key}: {} {problem} while the run was on; run again and leave the file alone", path.display())]
pub struct PlanLost {
    key: &'static str,
    path: PathBuf,
    problem: String,
}

impl PlanLost {
    pub(super) fn new(key: &'static str, path: &Path, problem: String) -> Self {
        PlanLost { key, path: path.to_path_buf(), problem }
    }
}
