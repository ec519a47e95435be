//! One spelling for each JSON value: no white space, keys in the order of their bytes, one form for each string and each
//! number, so that two answers are equal exactly if their texts are.
//!
//! The text is RFC 8785's, but a number is a decimal of any length and never a float, and keys are sorted by UTF-8.
//! No tree is built and nothing recurses: the document is read once, and only objects whose keys are not in order are
//! put together a second time. So its depth is limited by memory alone, and a flood of brackets costs no more than its
//! bytes. What a document may cost is bounded, see [`Canonical::takes`].

mod number;
mod objects;
mod reader;
mod string;

use objects::{Objects, put_in_order};
use reader::Reader;

/// A longer document is not read: its text is written up to twice, and numbers are written out to five times their length.
const LONGEST: usize = 2 << 20;
/// What is kept of an object or a member is several times as long as the shortest one: nor is a document of more of them.
const KNOWN: usize = 1 << 18;
/// Buffers that have grown beyond this are not kept for the next document.
const KEPT: usize = 1 << 20;

/// Buffers that are used again from document to document.
#[derive(Debug, Default)]
pub struct Canonical {
    /// The document in its own order.
    text: Vec<u8>,
    /// The same with sorted keys, where these were not sorted.
    ordered: Vec<u8>,
    objects: Objects,
}

impl Canonical {
    /// Whether a document is short enough to be read: what one costs beside its own bytes is a few tens of megabytes at most,
    /// whatever a server sends.
    pub fn takes(document: &[u8]) -> bool {
        document.len() <= LONGEST && (document.len() <= 2 * KNOWN || known(document) <= KNOWN)
    }

    /// The canonical text of a document; `None` if it is no JSON, or more than is taken.
    pub fn text(&mut self, document: &[u8]) -> Option<&[u8]> {
        self.clear();
        if !Self::takes(document) {
            return None;
        }
        let document = std::str::from_utf8(document).ok()?;
        Reader::new(document.as_bytes(), &mut self.text, &mut self.objects).document()?;
        if self.objects.are_in_order() {
            return Some(&self.text);
        }
        put_in_order(&self.text, &mut self.objects, &mut self.ordered);
        Some(&self.ordered)
    }

    fn clear(&mut self) {
        for buffer in [&mut self.text, &mut self.ordered] {
            buffer.clear();
            buffer.shrink_to(KEPT);
        }
        self.objects.clear(KEPT);
    }
}

/// At most so many objects and members are in the document.
fn known(document: &[u8]) -> usize {
    document.iter().filter(|byte| matches!(byte, b'{' | b':')).count()
}

#[cfg(test)]
mod tests;
