//! The bytes of a log on their way to a parser: bounded, and known to be whole at the end.

use std::cell::Cell;
use std::io::{Error, ErrorKind, Read, Result};
use std::rc::Rc;

/// No line of a log of requests is longer, even with the answer in it.
const LONGEST_LINE: usize = 64 << 20;

/// What is known of the bytes that were read.
#[derive(Clone, Debug, Default)]
pub(super) struct LastByte {
    last: Rc<Cell<u8>>,
}

impl LastByte {
    /// Whether the last line has its end.
    pub(super) fn whole(&self) -> bool {
        matches!(self.last.get(), b'\n' | 0)
    }
}

/// A reader that notes the last byte and stops at a line without an end.
#[derive(Debug)]
pub(super) struct BoundedLines<R> {
    inner: R,
    seen: LastByte,
    /// Bytes since the last line's end.
    length: usize,
}

impl<R: Read> BoundedLines<R> {
    pub(super) fn new(inner: R) -> (Self, LastByte) {
        let seen = LastByte::default();
        (BoundedLines { inner, seen: seen.clone(), length: 0 }, seen)
    }
}

impl<R: Read> Read for BoundedLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.inner.read(buffer)?;
        let Some(last) = buffer[..count].last() else { return Ok(0) };
        self.seen.last.set(*last);
        match buffer[..count].iter().rposition(|byte| *byte == b'\n') {
            Some(end) => self.length = count - end - 1,
            None => self.length += count,
        }
        if self.length > LONGEST_LINE {
            let problem =
                format!("a line is longer than {LONGEST_LINE} bytes, so this is no log of requests");
            return Err(Error::new(ErrorKind::InvalidData, problem));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_an_end_is_not_read_for_ever() {
        let (mut lines, seen) = BoundedLines::new(std::io::repeat(b'a'));
        let mut sink = vec![0; 1 << 20];
        let error = loop {
            if let Err(error) = lines.read(&mut sink) {
                break error;
            }
        };
        assert!(error.to_string().contains("longer than") && !seen.whole());
        let (mut lines, seen) = BoundedLines::new(&b"a\nb\n"[..]);
        assert!(lines.read(&mut sink).is_ok() && seen.whole());
    }
}
