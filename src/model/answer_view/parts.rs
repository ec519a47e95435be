//! The members of an object and the items of an array, in a canonical text: it is known to be JSON, and has no white space.

use std::ops::Range;

use memchr::memchr2;

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct JsonPart {
    /// Where it begins: a member with its key.
    pub(super) start: usize,
    /// Its value.
    pub(super) value: Range<usize>,
}

impl JsonPart {
    /// A member's key in its quotes; an item has none.
    pub(super) fn key<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        (self.start < self.value.start).then(|| &text[self.start..self.value.start - 1])
    }
}

/// All of them, in their order.
pub(super) struct JsonParts<'a> {
    text: &'a [u8],
    at: usize,
    is_object: bool,
}

/// The whole text as a value.
pub(super) fn whole(text: &[u8]) -> Range<usize> {
    0..text.len()
}

impl<'a> JsonParts<'a> {
    /// Of a value; `None` if it is neither an object nor an array.
    pub(super) fn of(text: &'a [u8], value: &Range<usize>) -> Option<Self> {
        let open = *text[value.clone()].first()?;
        matches!(open, b'{' | b'[').then(|| JsonParts { text, at: value.start, is_object: open == b'{' })
    }
}

impl Iterator for JsonParts<'_> {
    type Item = JsonPart;

    fn next(&mut self) -> Option<JsonPart> {
        // On the bracket that opens, the comma before the next one, or the bracket that closes.
        let start = self.at + 1;
        if matches!(self.text.get(self.at)?, b'}' | b']') || matches!(self.text.get(start)?, b'}' | b']') {
            return None;
        }
        let value = if self.is_object { after_string(self.text, start) + 1 } else { start };
        self.at = after_value(self.text, value);
        Some(JsonPart { start, value: value..self.at })
    }
}

/// The first byte after the string that begins at `at`.
fn after_string(text: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(found) = text.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if text[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// The first byte after the value that begins at `at`.
fn after_value(text: &[u8], at: usize) -> usize {
    let (mut at, mut depth) = (at, 0_usize);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                at = after_string(text, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}
