//! The rows of a file as records: split at their commas, or by a CSV parser from the first one on that needs it.

use std::io::Read;

use csv::ByteRecord;

use super::lines::WholeLines;
use super::record::Record;

/// What a spreadsheet puts at the start of a file; it belongs to no field.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads one record after the other, the header first.
#[derive(Debug)]
pub(super) struct Records<R> {
    csv: csv::Reader<WholeLines<R>>,
    /// Whether all lines so far were plain. Then the parser has seen none of them; else it sees all that follow, because a
    /// quoted field may go on in the next line.
    plain: bool,
    /// Lines that the parser has not seen.
    split: u64,
    record: Record,
    parsed: ByteRecord,
}

impl<R: Read> Records<R> {
    pub(super) fn new(source: R) -> Self {
        let mut csv = csv::ReaderBuilder::new();
        let csv = csv.has_headers(false).flexible(true).from_reader(WholeLines::new(source));
        Records { csv, plain: true, split: 0, record: Record::default(), parsed: ByteRecord::new() }
    }

    /// Reads the next one; `false` if there is none.
    pub(super) fn advance(&mut self) -> Result<bool, csv::Error> {
        if self.plain {
            let lines = self.csv.get_mut();
            if !lines.advance()? {
                return Ok(false);
            }
            // The parser takes the mark off the file's first line; further down it is part of a field.
            let marked = self.split == 0 && lines.line().starts_with(BYTE_ORDER_MARK);
            self.plain = !marked && self.record.take_plain(lines.line());
            self.split += u64::from(self.plain);
        }
        if self.plain {
            return Ok(true);
        }
        let more = self.csv.read_byte_record(&mut self.parsed)?;
        self.record.take_parsed(&self.parsed);
        Ok(more)
    }

    /// The last one.
    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// The line at which it starts, counted from 1.
    pub(super) fn line(&self) -> u64 {
        let parsed = if self.plain { None } else { self.parsed.position() };
        self.split + parsed.map_or(0, csv::Position::line)
    }

    /// Whether the last one was cut off. Known once all are read.
    pub(super) fn truncated(&self) -> bool {
        self.csv.get_ref().truncated()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each record with its line.
    fn read(text: &str) -> Vec<(u64, Vec<String>)> {
        let mut records = Records::new(text.as_bytes());
        let mut found = Vec::new();
        while records.advance().expect("memory") {
            let fields = records.record().iter().map(|field| String::from_utf8_lossy(field).into_owned());
            found.push((records.line(), fields.collect()));
        }
        found
    }

    fn row(line: u64, fields: &[&str]) -> (u64, Vec<String>) {
        (line, fields.iter().map(|field| field.to_string()).collect())
    }

    #[test]
    fn a_quoted_field_may_come_at_any_time_and_go_over_lines() {
        let text = "a,b\n1,\n\"2\n,\",x\n3,\"\"\"\"\n4,y\n5,cut";
        let found = read(text);
        let expected = [
            row(1, &["a", "b"]),
            row(2, &["1", ""]),
            row(3, &["2\n,", "x"]),
            row(5, &["3", "\""]),
            row(6, &["4", "y"]),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn other_line_breaks_and_a_byte_order_mark_are_no_part_of_a_field() {
        let of = |text| read(text).into_iter().map(|(_, fields)| fields.join("|")).collect::<Vec<_>>();
        assert_eq!(of("\u{feff}a,b\r\n1,2\r\n\r\n3,4\r\n"), ["a|b", "1|2", "3|4"]);
        assert_eq!(of("a,b\n1,2\r3,4\n\n5,6\n"), ["a|b", "1|2", "3|4", "5|6"]);
        assert_eq!(of("a\n\u{feff}1\n"), ["a", "\u{feff}1"], "further down it is a part of one");
        assert_eq!(of(""), [""; 0]);
    }
}
