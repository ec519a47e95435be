//! The lines of a log as far as they are whole: a last one without its break was cut off by a kill.

use std::io::{BufRead, BufReader, Read, Result};

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// Reads whole lines; also as a stream of bytes, which never goes beyond the line that was begun.
#[derive(Debug)]
pub(super) struct WholeLines<R> {
    inner: BufReader<R>,
    /// The last line with its break; empty before the first and after the last one.
    line: Vec<u8>,
    /// How much of it the stream has passed on.
    passed: usize,
    truncated: bool,
}

impl<R: Read> WholeLines<R> {
    pub(super) fn new(inner: R) -> Self {
        let inner = BufReader::with_capacity(CHUNK, inner);
        WholeLines { inner, line: Vec::new(), passed: 0, truncated: false }
    }

    /// Reads the next line; `false` if there is none.
    pub(super) fn advance(&mut self) -> Result<bool> {
        self.line.clear();
        self.passed = 0;
        self.inner.read_until(b'\n', &mut self.line)?;
        if !self.line.ends_with(b"\n") {
            self.truncated |= !self.line.is_empty();
            self.line.clear();
        }
        Ok(!self.line.is_empty())
    }

    /// The last line, which may be taken: the stream then goes on after it.
    pub(super) fn line(&mut self) -> &mut Vec<u8> {
        &mut self.line
    }

    /// Whether something was cut off at the end. Known once all lines are read.
    pub(super) fn truncated(&self) -> bool {
        self.truncated
    }
}

impl<R: Read> Read for WholeLines<R> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        if self.passed >= self.line.len() {
            self.advance()?;
        }
        let bytes = (&self.line[self.passed..]).read(buf)?;
        self.passed += bytes;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_looked_at_is_still_in_the_stream() {
        let mut lines = WholeLines::new(&b"one\ntwo\nthree\nfo"[..]);
        assert!(lines.advance().expect("memory") && lines.line() == b"one\n");
        std::mem::take(lines.line());
        assert!(lines.advance().expect("memory") && !lines.truncated());
        let mut rest = String::new();
        lines.read_to_string(&mut rest).expect("text");
        assert_eq!((rest.as_str(), lines.truncated()), ("two\nthree\n", true));
        assert!(!lines.advance().expect("memory") && lines.truncated(), "it stays known");
    }
}
