//! Bytes to events, as the HTML standard has it (WHATWG, "Server-sent events"), however the bytes are split over reads.
//!
//! Lines are split before anything is decoded: their ends are ASCII, so a character that is split over two reads, or is no
//! UTF-8 at all, moves no boundary. An event that lies in one read is not copied.

use std::mem::take;

use memchr::memchr2;
use thiserror::Error;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SseEvent<'a> {
    /// What `event` says; empty if it says nothing, which means `message`.
    pub name: &'a [u8],
    /// The lines of `data`, joined by LF.
    pub data: &'a [u8],
    /// The last `id` of the stream so far.
    pub id: &'a [u8],
}

/// An event, or one line, grew past the limit. Nothing of the stream is read any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an event of the stream is longer than {0} bytes")]
pub struct SseTooLarge(pub usize);

/// The parser: at most one unfinished event in memory.
#[derive(Debug)]
pub struct SseParser {
    /// Bytes of the fields of an event at most, and of any line.
    limit: usize,
    /// Bytes of the byte order mark that have come; `None` once it cannot come any more.
    mark: Option<usize>,
    /// The last byte was a CR: an LF now would be of the same line end.
    after_cr: bool,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// Bytes of the event's finished lines.
    size: usize,
    name: Vec<u8>,
    /// The event's data as far as it is not in the read that is looked at.
    data: Option<Vec<u8>>,
    id: Vec<u8>,
    retry: Option<u64>,
    too_large: bool,
}

impl SseParser {
    /// Nothing has come. `limit` is of the bytes of one event.
    pub fn new(limit: usize) -> Self {
        SseParser {
            limit,
            mark: Some(0),
            after_cr: false,
            line: Vec::new(),
            size: 0,
            name: Vec::new(),
            data: None,
            id: Vec::new(),
            retry: None,
            too_large: false,
        }
    }

    /// Takes the next bytes and hands over each event that they complete.
    ///
    /// # Errors
    /// An event is too large; events before it have been handed over.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(SseEvent<'_>)) -> Result<(), SseTooLarge> {
        let mut fresh = None;
        let outcome = self.lines(bytes, &mut fresh, &mut each);
        self.hold(fresh);
        if outcome.is_err() {
            *self = SseParser { too_large: true, retry: self.retry, ..SseParser::new(self.limit) };
        }
        outcome
    }

    /// Whether what has come ends in the middle of an event, which would be lost.
    pub fn is_unfinished(&self) -> bool {
        let line = !self.line.is_empty() && self.line[0] != b':';
        line || self.data.is_some() || !self.name.is_empty()
    }

    /// How long a client should wait before it connects again, in milliseconds, if the stream says so.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    fn lines<'a>(
        &mut self,
        bytes: &'a [u8],
        fresh: &mut Option<&'a [u8]>,
        each: &mut impl FnMut(SseEvent<'_>),
    ) -> Result<(), SseTooLarge> {
        self.within(0)?;
        let mut bytes = self.behind_mark(bytes);
        loop {
            bytes = self.behind_line_end(bytes);
            let Some(end) = memchr2(b'\n', b'\r', bytes) else { break };
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            self.after_cr = bytes[end] == b'\r';
            bytes = rest;
            self.within(self.line.len() + line.len())?;
            if !self.line.is_empty() {
                self.line_over_reads(line);
            } else if line.is_empty() {
                self.dispatch(fresh.take(), each);
            } else {
                self.field(line, fresh);
            }
        }
        self.within(self.line.len() + bytes.len())?;
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn within(&self, line: usize) -> Result<(), SseTooLarge> {
        let fits = self.size + line <= self.limit && !self.too_large;
        fits.then_some(()).ok_or(SseTooLarge(self.limit))
    }

    /// The rest after a byte order mark; what only began like one is the beginning of a line.
    fn behind_mark<'a>(&mut self, mut bytes: &'a [u8]) -> &'a [u8] {
        while let (Some(matched), Some((byte, rest))) = (self.mark, bytes.split_first()) {
            if *byte == BYTE_ORDER_MARK[matched] {
                bytes = rest;
                self.mark = Some(matched + 1).filter(|matched| *matched < BYTE_ORDER_MARK.len());
            } else {
                self.line.extend_from_slice(&BYTE_ORDER_MARK[..matched]);
                self.mark = None;
            }
        }
        bytes
    }

    /// The rest after the LF of a CRLF.
    fn behind_line_end<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match bytes.split_first() {
            Some((b'\n', rest)) if take(&mut self.after_cr) => rest,
            Some(_) => {
                self.after_cr = false;
                bytes
            }
            None => bytes,
        }
    }

    /// The end of a line that began in an earlier read.
    fn line_over_reads(&mut self, end: &[u8]) {
        let mut line = take(&mut self.line);
        line.extend_from_slice(end);
        let mut value = None;
        self.field(&line, &mut value);
        self.hold(value);
        line.clear();
        self.line = line;
    }

    /// A line with something in it. Data stays in `fresh` as long as it is the event's only line of it.
    fn field<'a>(&mut self, line: &'a [u8], fresh: &mut Option<&'a [u8]>) {
        let (name, value) = match memchr::memchr(b':', line) {
            Some(0) => return,
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &line[line.len()..]),
        };
        self.size += line.len();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" if fresh.is_none() && self.data.is_none() => *fresh = Some(value),
            b"data" => {
                self.hold(fresh.take());
                self.hold(Some(value));
            }
            b"event" => replace(&mut self.name, value),
            b"id" if !value.contains(&0) => replace(&mut self.id, value),
            b"retry" if value.iter().all(u8::is_ascii_digit) => {
                let digits = str::from_utf8(value).ok();
                self.retry = digits.and_then(|digits| digits.parse().ok()).or(self.retry);
            }
            _ => {}
        }
    }

    /// Copies a line of data out of a read.
    fn hold(&mut self, value: Option<&[u8]>) {
        match (value, &mut self.data) {
            (Some(value), Some(data)) => {
                data.push(b'\n');
                data.extend_from_slice(value);
            }
            (Some(value), none) => *none = Some(value.to_vec()),
            (None, _) => {}
        }
    }

    /// A blank line: the event is complete, if it has data.
    fn dispatch(&mut self, fresh: Option<&[u8]>, each: &mut impl FnMut(SseEvent<'_>)) {
        if let Some(data) = fresh.or(self.data.as_deref()) {
            each(SseEvent { name: &self.name, data, id: &self.id });
        }
        self.data = None;
        self.name.clear();
        self.size = 0;
    }
}

fn replace(field: &mut Vec<u8>, value: &[u8]) {
    field.clear();
    field.extend_from_slice(value);
}

#[cfg(test)]
#[path = "sse_tests.rs"]
mod tests;
