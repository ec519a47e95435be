//! How a file is cut into rows: a JSON document a line, or the records of a CSV. Read once from one end to the other; what
//! is held is one row.

use std::io::{self, BufRead, BufReader, Read};

use csv::{ByteRecord, ErrorKind, ReaderBuilder};

/// Bytes of one row, which is in memory as a whole.
const LONGEST_ROW: u64 = 64 << 20;
/// Bytes that are read of the file at a time.
const CHUNK: usize = 1 << 16;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowFormat {
    /// A line with one JSON document.
    Json,
    /// A record of comma-separated values, of one line or more.
    Csv,
}

/// A row as it is found.
pub(super) struct FoundRow<'a> {
    /// Byte at which it begins, perhaps with line breaks.
    pub start: u64,
    pub text: RowText<'a>,
}

/// What stands in a row.
pub(super) enum RowText<'a> {
    Json(&'a [u8]),
    Csv(&'a ByteRecord),
}

/// The line that is none, and what is wrong with it.
pub(super) type BadLine = (u64, String);

impl RowFormat {
    /// What a file of it must have, in words.
    pub(super) fn needs(self) -> &'static str {
        match self {
            RowFormat::Json => "one JSON document a line",
            RowFormat::Csv => "a header and at least one row",
        }
    }

    /// Shows each row, empty lines left out. A `strict` reader wants as many cells in every record.
    pub(super) fn scan(
        self,
        from: impl Read,
        strict: bool,
        each: impl FnMut(FoundRow<'_>) -> Result<(), String>,
    ) -> Result<(), BadLine> {
        match self {
            RowFormat::Json => lines(from, each),
            RowFormat::Csv => records(from, strict, each),
        }
    }
}

/// The cells of the text of one record.
pub(super) fn cells(text: &[u8]) -> Option<ByteRecord> {
    let mut record = ByteRecord::new();
    let reader = ReaderBuilder::new().has_headers(false).buffer_capacity(text.len() + 1).from_reader(text);
    { reader }.read_byte_record(&mut record).ok()?.then_some(record)
}

fn lines(from: impl Read, mut each: impl FnMut(FoundRow<'_>) -> Result<(), String>) -> Result<(), BadLine> {
    let mut reader = BufReader::with_capacity(CHUNK, from);
    let (mut text, mut start) = (Vec::new(), 0);
    for line in 1.. {
        text.clear();
        let read = (&mut reader).take(LONGEST_ROW + 1).read_until(b'\n', &mut text);
        let length = read.map_err(|error| (line, unreadable(&error)))? as u64;
        if length == 0 {
            break;
        }
        if length > LONGEST_ROW {
            return Err((line, too_long()));
        }
        let trimmed = text.trim_ascii();
        if !trimmed.is_empty() {
            each(FoundRow { start, text: RowText::Json(trimmed) }).map_err(|problem| (line, problem))?;
        }
        start += length;
    }
    Ok(())
}

fn records(
    from: impl Read,
    strict: bool,
    mut each: impl FnMut(FoundRow<'_>) -> Result<(), String>,
) -> Result<(), BadLine> {
    let bounded = Bounded { from, left: 0 };
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(!strict).buffer_capacity(CHUNK).from_reader(bounded);
    let mut record = ByteRecord::new();
    loop {
        reader.get_mut().left = LONGEST_ROW;
        let line = reader.position().line();
        if !reader.read_byte_record(&mut record).map_err(|error| bad_record(line, &error))? {
            return Ok(());
        }
        let start = record.position().map_or(0, csv::Position::byte);
        each(FoundRow { start, text: RowText::Csv(&record) }).map_err(|problem| (line, problem))?;
    }
}

fn bad_record(line: u64, error: &csv::Error) -> BadLine {
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            (line, format!("has {len} cells, and the first line {expected_len}; give every row as many"))
        }
        ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => (line, too_long()),
        _ => (line, unreadable(error)),
    }
}

fn unreadable(error: &dyn std::error::Error) -> String {
    format!("cannot be read: {error}")
}

fn too_long() -> String {
    format!("begins a row of more than {LONGEST_ROW} bytes; is there a quote that is not closed?")
}

/// A reader that stops where one row takes too much.
struct Bounded<R> {
    from: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.from.read(into)?;
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(format: RowFormat, text: &[u8]) -> Result<Vec<(u64, Vec<String>)>, BadLine> {
        let mut rows = Vec::new();
        let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format.scan(text, true, |row| {
            let cells = match row.text {
                RowText::Json(line) => vec![text_of(line)],
                RowText::Csv(record) => record.iter().map(text_of).collect(),
            };
            rows.push((row.start, cells));
            Ok(())
        })?;
        Ok(rows)
    }

    #[test]
    fn lines_and_records_say_where_they_begin() {
        let lines = found(RowFormat::Json, b"{}\n\n  [1] \r\n2").expect("lines");
        assert_eq!(lines, [(0, vec!["{}".into()]), (4, vec!["[1]".into()]), (12, vec!["2".into()])]);
        let records = found(RowFormat::Csv, b"a,b\n\"1\n\"\"x\"\"\",5\" pipe\r\n3,4").expect("records");
        let cells = |cells: [&str; 2]| cells.map(String::from).to_vec();
        assert_eq!(
            records,
            [(0, cells(["a", "b"])), (4, cells(["1\n\"x\"", "5\" pipe"])), (22, cells(["3", "4"]))]
        );
    }

    #[test]
    fn a_row_that_is_none_is_named_with_its_line() {
        let (line, problem) = found(RowFormat::Csv, b"a,b\n\"1\n\",2\n3\n").expect_err("ragged");
        assert!(line == 4 && problem.contains("1 cells") && problem.contains("first line 2"), "{problem}");
        let endless = || std::io::repeat(b'x');
        for (format, head) in [(RowFormat::Json, ""), (RowFormat::Csv, "a\n\"")] {
            let found = format.scan(head.as_bytes().chain(endless()), true, |_| Ok(()));
            let (line, problem) = found.expect_err("without end");
            assert!(line == 1 + head.lines().count().saturating_sub(1) as u64, "{line}");
            assert!(problem.contains("not closed"), "{problem}");
        }
    }

    #[test]
    fn a_record_is_read_by_itself() {
        let record = cells(b"\"1\n,\",\"\xc3\xa4\"\r\n").expect("a record");
        assert_eq!(record.iter().collect::<Vec<_>>(), [&b"1\n,"[..], b"\xc3\xa4"]);
        assert_eq!(cells(b""), None);
    }
}
