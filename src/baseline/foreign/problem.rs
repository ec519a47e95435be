//! What is wrong with a log, where, and what to do about it.

use std::fmt;
use std::path::Path;

use thiserror::Error;

/// Characters of a log that are repeated.
const SHOWN: usize = 60;

/// A log that is not taken.
#[derive(Debug, Error)]
pub struct ImportError {
    file: String,
    fault: Flaw,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Flaw { line, column, problem, remedy } = &self.fault;
        f.write_str(&self.file)?;
        line.map_or(Ok(()), |line| write!(f, ", line {line}"))?;
        column.as_ref().map_or(Ok(()), |column| write!(f, ", column {column}"))?;
        write!(f, ": {problem}; {remedy}")
    }
}

/// The same before anybody knows which file it is.
#[derive(Debug, PartialEq)]
pub(super) struct Flaw {
    line: Option<u64>,
    column: Option<String>,
    problem: String,
    remedy: String,
}

impl Flaw {
    pub(super) fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Flaw { line: None, column: None, problem: problem.into(), remedy: remedy.into() }
    }

    /// In a line, unless it is said already.
    pub(super) fn at(mut self, line: u64) -> Self {
        self.line = self.line.or(Some(line));
        self
    }

    /// In a column.
    pub(super) fn of(mut self, column: &str) -> Self {
        self.column = self.column.or_else(|| Some(shown(column)));
        self
    }

    /// Of a file.
    pub(super) fn in_file(self, path: &Path) -> ImportError {
        ImportError { file: path.display().to_string(), fault: self }
    }
}

/// The start of a text from a log, in quotes that the text cannot close.
pub(super) fn shown(text: &str) -> String {
    let mut start: String =
        text.chars().take(SHOWN).map(|letter| if letter == '`' { '\'' } else { letter }).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}
