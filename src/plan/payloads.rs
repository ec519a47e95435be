//! Where request bodies come from: the built-in prompts, or the lines of a file.

use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use thiserror::Error;

use super::encoding::{behind_mark, foreign};
use super::prompts;
use crate::host::regular;

/// Bytes of payloads, which are all in memory.
const LONGEST: u64 = 4 << 30;

/// A payload file that cannot be used. Exit code 2.
#[derive(Debug, Error)]
pub enum PayloadError {
    /// The file cannot be read.
    #[error("load.payloads: cannot read {}: {cause}; give a file with one JSON document a line", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not; in the message, so not a source that would be printed again.
        cause: std::io::Error,
    },
    /// The file has no line.
    #[error("load.payloads: {} is empty; it needs one JSON document a line", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A line is written in something else than UTF-8.
    #[error("load.payloads: {} line {line} is {encoding}; save the file as UTF-8", path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What it is written in.
        encoding: &'static str,
    },
    /// A line is no JSON.
    #[error("load.payloads: {} line {line} is no JSON: {message}; write one JSON document a line", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
}

/// A source of request bodies.
#[derive(Debug)]
pub(super) enum Payloads {
    Nothing,
    Prompts {
        seed: u64,
    },
    /// The file's text once, and where its lines lie: bodies are slices of it, never copies.
    Lines {
        text: Bytes,
        lines: Vec<Range<usize>>,
        first: u64,
    },
}

impl Payloads {
    pub(super) fn read(path: &Path, first: u64) -> Result<Self, PayloadError> {
        let text = regular::read(path, LONGEST)
            .map_err(|cause| PayloadError::Read { path: path.to_path_buf(), cause })?;
        let mut lines = Vec::new();
        let mut start = behind_mark(&text);
        for (index, line) in text[start..].split(|byte| *byte == b'\n').enumerate() {
            let trimmed = line.trim_ascii();
            if !trimmed.is_empty() {
                check(trimmed, path, index + 1)?;
                let indent = line.len() - line.trim_ascii_start().len();
                lines.push(start + indent..start + indent + trimmed.len());
            }
            start += line.len() + 1;
        }
        if lines.is_empty() {
            return Err(PayloadError::Empty { path: path.to_path_buf() });
        }
        Ok(Payloads::Lines { text: text.into(), lines, first })
    }

    pub(super) fn body(&self, seq: u64) -> Bytes {
        match self {
            Payloads::Nothing => Bytes::new(),
            Payloads::Prompts { seed } => prompts::body(*seed, seq).into(),
            Payloads::Lines { text, lines, first } => {
                let index = first.wrapping_add(seq) % lines.len() as u64;
                text.slice(lines[index as usize].clone())
            }
        }
    }
}

fn check(line: &[u8], path: &Path, number: usize) -> Result<(), PayloadError> {
    if let Some(encoding) = foreign(line) {
        return Err(PayloadError::Encoding { path: path.to_path_buf(), line: number, encoding });
    }
    let parsed = serde_json::from_slice::<serde::de::IgnoredAny>(line);
    parsed.map(drop).map_err(|error| PayloadError::Json {
        path: path.to_path_buf(),
        line: number,
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(text.as_bytes()).expect("it can be written");
        file
    }

    #[test]
    fn lines_are_taken_in_order_and_again() {
        let file = file("{\"a\":1}\n\n  {\"a\":2}  \r\n{\"a\":3}");
        let payloads = Payloads::read(file.path(), 1).expect("a good file");
        let bodies: Vec<_> = (0..4).map(|seq| payloads.body(seq)).collect();
        assert_eq!(bodies, ["{\"a\":2}", "{\"a\":3}", "{\"a\":1}", "{\"a\":2}"]);
    }

    #[test]
    fn a_mark_is_skipped_and_other_encodings_are_named_with_their_line() {
        let mut marked = file("\u{feff}{\"a\":1}\n{\"a\":2}\n");
        let payloads = Payloads::read(marked.path(), 0).expect("a good file");
        assert_eq!([payloads.body(0), payloads.body(1)], ["{\"a\":1}", "{\"a\":2}"]);
        marked.write_all(b"\"\xe4\"\n").expect("it can be written");
        let error = Payloads::read(marked.path(), 0).expect_err("Latin-1").to_string();
        assert!(error.contains("line 3 is no UTF-8") && error.contains("load.payloads"), "{error}");
        let wide: Vec<u8> = "\u{feff}{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut file = file("");
        file.write_all(&wide).expect("it can be written");
        let error = Payloads::read(file.path(), 0).expect_err("UTF-16").to_string();
        assert!(error.contains("line 1 is UTF-16"), "{error}");
    }

    #[test]
    fn a_bad_line_is_named() {
        let file = file("{\"a\":1}\n{oops}\n");
        let error = Payloads::read(file.path(), 0).expect_err("line 2 is no JSON").to_string();
        assert!(error.contains("line 2") && error.contains("load.payloads"), "{error}");
    }
}
