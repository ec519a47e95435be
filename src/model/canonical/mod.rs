//! One spelling for each JSON value: no white space, keys in the order of their bytes, one form for each string and each
//! number, so that two answers are equal exactly if their texts are.
//!
//! The text is RFC 8785's, but a number is a decimal of any length and never a float, and keys are sorted by UTF-8.
//! No tree is built and nothing recurses: the document is read once, and only objects whose keys are not in order are
//! put together a second time. So its depth is limited by memory alone, and a flood of brackets costs no more than its
//! bytes.

mod number;
mod objects;
mod reader;
mod string;

use objects::{Objects, put_in_order};
use reader::Reader;

/// Places in a document are kept in four bytes, also where numbers are written out to five times their length.
const LONGEST: usize = 1 << 29;
/// What is kept of an object is several times as long as the shortest one: a document of more of them is taken as it is spelled.
const OBJECTS: usize = 1 << 20;
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
    /// The canonical text of a document; `None` if it is no JSON.
    pub fn text(&mut self, document: &[u8]) -> Option<&[u8]> {
        self.clear();
        if document.len() > LONGEST || (document.len() > 2 * OBJECTS && objects(document) > OBJECTS) {
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

/// At most so many objects are in the document.
fn objects(document: &[u8]) -> usize {
    document.iter().filter(|byte| **byte == b'{').count()
}

#[cfg(test)]
mod tests;
