//! One row as fields, whatever they mean.

use std::mem;

use csv::ByteRecord;

/// Bytes that are looked at together.
const CHUNK: usize = 16;

/// The fields of one row.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The fields with one byte after each.
    bytes: Vec<u8>,
    /// Where each field starts, and where one after the last would.
    starts: Vec<usize>,
}

impl Record {
    /// How many fields there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// A field by its place; empty where the row is not that long.
    pub(super) fn field(&self, place: usize) -> &[u8] {
        if place >= self.len() {
            return b"";
        }
        &self.bytes[self.starts[place]..self.starts[place + 1] - 1]
    }

    /// All fields in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|place| self.field(place))
    }

    /// Takes a line with its break, in exchange for another buffer, if commas are all that is to be known of it.
    /// Whatever a CSV parser is needed for stays where it is; then the answer is `false`.
    pub(super) fn take_plain(&mut self, line: &mut Vec<u8>) -> bool {
        let special = |found: bool, byte: &u8| found | (*byte == b'"') | (*byte == b'\r');
        if line.len() <= 1 || line.iter().fold(false, special) {
            return false;
        }
        mem::swap(&mut self.bytes, line);
        line.clear();
        self.split();
        true
    }

    /// Takes the fields that a CSV parser has found.
    pub(super) fn take_parsed(&mut self, parsed: &ByteRecord) {
        self.bytes.clear();
        self.starts.clear();
        self.starts.push(0);
        for field in parsed {
            self.bytes.extend_from_slice(field);
            self.bytes.push(b',');
            self.starts.push(self.bytes.len());
        }
    }

    /// Looks for commas in so many bytes at once as the processor compares at once.
    fn split(&mut self) {
        self.starts.clear();
        self.starts.push(0);
        let (chunks, rest) = self.bytes.as_chunks::<CHUNK>();
        for (chunk, first) in chunks.iter().zip((0..).step_by(CHUNK)) {
            let mut commas = commas(chunk);
            while commas != 0 {
                self.starts.push(first + commas.trailing_zeros() as usize + 1);
                commas &= commas - 1;
            }
        }
        let rest = (self.bytes.len() - rest.len() + 1..).zip(rest).filter(|(_, byte)| **byte == b',');
        self.starts.extend(rest.map(|(after, _)| after));
        // The line's break stands where the comma after the last field would.
        self.starts.push(self.bytes.len());
    }
}

/// A bit for each comma, the first byte's lowest.
fn commas(bytes: &[u8; CHUNK]) -> u32 {
    (0..).zip(bytes).fold(0, |commas, (at, byte)| commas | u32::from(*byte == b',') << at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the CSV parser makes of a line.
    fn parsed(line: &[u8]) -> Record {
        let mut csv = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line);
        let (mut row, mut record) = (ByteRecord::new(), Record::default());
        assert!(csv.read_byte_record(&mut row).expect("memory"), "{line:?}");
        record.take_parsed(&row);
        record
    }

    proptest! {
        #[test]
        fn a_plain_line_is_split_as_the_parser_does(lines in prop::collection::vec("[a,.]{1,50}", 1..4)) {
            let mut record = Record::default();
            for line in lines {
                let line = format!("{line}\n").into_bytes();
                prop_assert!(record.take_plain(&mut line.clone()));
                let expected = parsed(&line);
                prop_assert_eq!(record.iter().collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
                prop_assert_eq!((record.len(), record.field(record.len())), (expected.len(), &b""[..]));
            }
        }
    }

    #[test]
    fn what_needs_a_parser_is_left_to_it() {
        let mut record = Record::default();
        for line in ["a,\"b\"\n", "a,b\r\n", "a\rb\n", "\n"] {
            let mut bytes = line.as_bytes().to_vec();
            assert!(!record.take_plain(&mut bytes) && bytes == line.as_bytes(), "{line:?}");
        }
    }
}
