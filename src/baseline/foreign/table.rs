//! Tables with one row a request.

use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};

use super::column::{Meaning, ToolColumn};
use super::draft::Draft;
use super::format::TableHeader;
use super::problem::{Flaw, shown};
use super::rows::ForeignRows;
use super::source::{BoundedLines, LastByte};

/// What a log that was cut off is to be done with.
pub(super) const CUT_OFF: &str =
    "the last line was cut off; take it out (sed -i '$d' FILE), or let the tool finish";

/// The records of a CSV file, with the width of the first one demanded of all.
pub(super) struct CsvRecords<R> {
    csv: csv::Reader<BoundedLines<R>>,
    seen: LastByte,
    record: ByteRecord,
    width: Option<usize>,
}

impl<R: Read> CsvRecords<R> {
    pub(super) fn new(source: R, delimiter: u8) -> Self {
        let (lines, seen) = BoundedLines::new(source);
        let mut csv = ReaderBuilder::new();
        csv.has_headers(false).flexible(true).delimiter(delimiter).buffer_capacity(1 << 16);
        CsvRecords { csv: csv.from_reader(lines), seen, record: ByteRecord::new(), width: None }
    }

    /// The next one with its line; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &ByteRecord)>, Flaw> {
        let more = self.csv.read_byte_record(&mut self.record);
        let more = more
            .map_err(|error| Flaw::new(error.to_string(), "check that the file is the one that is meant"))?;
        if !more {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let (found, width) = (self.record.len(), *self.width.get_or_insert(self.record.len()));
        if found != width {
            return Err(self.uneven(found, width).at(line));
        }
        Ok(Some((line, &self.record)))
    }

    fn uneven(&mut self, found: usize, width: usize) -> Flaw {
        let remedy = match found > width {
            true => "a decimal comma makes two fields of one number: write numbers with a point (LC_ALL=C)",
            false if self.is_last() && !self.seen.whole() => CUT_OFF,
            false => "the row is damaged; take it out, or run again",
        };
        Flaw::new(format!("it has {found} fields where {width} are to be"), remedy)
    }

    /// Whether none follows. Reads it, so that it is only asked at an error.
    fn is_last(&mut self) -> bool {
        self.csv.read_byte_record(&mut self.record).is_ok_and(|more| !more)
    }

    /// Whether the last line has its end. Known once all are read.
    pub(super) fn whole(&self) -> bool {
        self.seen.whole()
    }
}

/// Reads a table into rows.
pub(super) fn read(
    records: &mut CsvRecords<impl Read>,
    columns: &[ToolColumn],
    header: TableHeader,
    rows: &mut ForeignRows,
) -> Result<(), Flaw> {
    let places = match header {
        TableHeader::Absent => columns.iter().zip(0..).collect(),
        TableHeader::Whole | TableHeader::InPart => in_header(records, columns, header)?,
    };
    let mut last = 0;
    while let Some((line, record)) = records.next()? {
        last = line;
        let mut draft = Draft::default();
        for (column, place) in &places {
            let field = record.get(*place).unwrap_or_default();
            column.take(field, &mut draft).map_err(|fault| fault.of(&column.name).at(line))?;
        }
        rows.take(draft).map_err(|fault| fault.at(line))?;
    }
    if records.whole() { Ok(()) } else { Err(Flaw::new("the line has no end", CUT_OFF).at(last)) }
}

/// Where each column stands that is there.
fn in_header<'a>(
    records: &mut CsvRecords<impl Read>,
    columns: &'a [ToolColumn],
    header: TableHeader,
) -> Result<Vec<(&'a ToolColumn, usize)>, Flaw> {
    let Some((_, first)) = records.next()? else {
        return Err(Flaw::new("it is empty", "let the run end before its log is imported"));
    };
    let names: Vec<String> = first.iter().map(name).collect();
    let place = |column: &'a ToolColumn| {
        let found = names.iter().position(|name| *name == column.name);
        found.map(|place| (column, place)).ok_or_else(|| {
            let there: Vec<_> = names.iter().map(|name| shown(name)).take(20).collect();
            Flaw::new(
                format!("column `{}` is missing; there are: {}", shown(&column.name), there.join(", ")),
                "the log is another version's: name the columns by --map",
            )
            .at(1)
        })
    };
    let needed = |column: &&ToolColumn| {
        header == TableHeader::Whole || column.is_needed() || names.iter().any(|name| *name == column.name)
    };
    columns.iter().filter(needed).map(place).collect()
}

/// The name of a column as a person would write it.
pub(super) fn name(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(field);
    text.trim_start_matches('\u{feff}').trim().to_string()
}

/// A column that was named on the command line: `latency=elapsed:ms`.
pub(super) fn mapped(text: &str) -> Result<ToolColumn, String> {
    use crate::model::{Stage, TimeUnit};
    const NAMES: &str = "start, end, latency, ttfb, queue, dns, connect, tls, send, wait, receive, number, status, error, \
                         success, bytes_sent, bytes_received";
    let known = [
        ("start", Meaning::Start),
        ("end", Meaning::End),
        ("latency", Meaning::Latency),
        ("ttfb", Meaning::FirstByte),
        ("queue", Meaning::Stage(Stage::Queue)),
        ("dns", Meaning::Stage(Stage::Dns)),
        ("connect", Meaning::Stage(Stage::Connect)),
        ("tls", Meaning::Stage(Stage::Tls)),
        ("send", Meaning::Stage(Stage::Send)),
        ("wait", Meaning::Stage(Stage::Wait)),
        ("receive", Meaning::Stage(Stage::Receive)),
        ("number", Meaning::Number),
        ("status", Meaning::Status),
        ("error", Meaning::Error),
        ("success", Meaning::Success),
        ("bytes_sent", Meaning::Sent),
        ("bytes_received", Meaning::Received),
    ];
    let (word, column) = text.split_once('=').ok_or("write it as latency=COLUMN:ms")?;
    let meaning = known.into_iter().find(|(name, _)| *name == word);
    let (_, meaning) = meaning.ok_or_else(|| format!("`{}` is none of {NAMES}", shown(word)))?;
    let split = column.rsplit_once(':').and_then(|(name, unit)| Some((name, TimeUnit::of_symbol(unit)?)));
    let (name, unit) = split.map_or((column, None), |(name, unit)| (name, Some(unit)));
    let instant = matches!(meaning, Meaning::Start | Meaning::End);
    let length = matches!(meaning, Meaning::Latency | Meaning::FirstByte | Meaning::Stage(_));
    match (name.is_empty(), unit) {
        (true, _) => Err("the name of the column is missing".into()),
        (_, None) if length => Err(format!("say its unit, as in {word}={}:ms (or s, us, ns)", shown(name))),
        (_, Some(_)) if !length && !instant => Err(format!("{word} is no time and has no unit")),
        _ => Ok(ToolColumn { name: name.to_string().into(), meaning, unit }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Micros, Stage, TimeUnit};

    fn read_text(text: &str, maps: &[&str]) -> Result<usize, String> {
        let columns: Vec<_> = maps.iter().map(|map| mapped(map).expect("a mapping")).collect();
        let mut rows = ForeignRows::new(Micros(1));
        let said = |fault: Flaw| fault.in_file(std::path::Path::new("x.csv")).to_string();
        read(&mut CsvRecords::new(text.as_bytes(), b','), &columns, TableHeader::Whole, &mut rows)
            .map_err(said)?;
        rows.finish().map(|rows| rows.len()).map_err(said)
    }

    #[test]
    fn a_mapping_names_its_column_and_its_unit() {
        let column = mapped("latency=a:b:us").expect("a mapping");
        assert_eq!(
            (&*column.name, column.meaning, column.unit),
            ("a:b", Meaning::Latency, Some(TimeUnit::Micros))
        );
        assert_eq!(mapped("tls=t:s").map(|column| column.meaning), Ok(Meaning::Stage(Stage::Tls)));
        let cases = [
            ("latency=x", "unit"),
            ("latency", "COLUMN"),
            ("speed=x:ms", "none of"),
            ("status=x:ms", "no unit"),
            ("error=", "missing"),
        ];
        for (text, problem) in cases {
            assert!(mapped(text).is_err_and(|error| error.contains(problem)), "{text}");
        }
    }

    #[test]
    fn a_bad_row_is_named_with_its_line_and_column() {
        let maps = ["latency=ms:ms", "status=code"];
        assert_eq!(read_text("code,ms\n200,12.5\n200,3\n", &maps), Ok(2));
        let cases = [
            ("code,ms\n200,12.5\n200,12,5\n", "line 3: it has 3 fields where 2 are to be; a decimal comma"),
            ("code,ms\n200,\"12,5\"\n", "line 2, column ms: `12,5` is no number; it has a decimal comma"),
            ("code,ms\n200,NaN\n", "line 2, column ms: `NaN` is no time"),
            ("code,ms\n200,-1\n", "line 2, column ms: -1 ms is a negative time"),
            ("code,ms\n200,144000000\n", "line 2, column ms: 144000000 ms are 40.0 hours"),
            ("code,ms\n200,\n", "line 2: a success without its latency"),
            ("code,ms\n2e2,1\n", "line 2, column code: `2e2` is no whole number"),
            ("code,ms\n200,1\n20", "line 3: it has 1 fields where 2 are to be; the last line was cut off"),
            ("code,ms\n200,1\n200,1", "line 3: the line has no end; the last line was cut off"),
            ("code,elapsed\n200,1\n", "line 1: column `ms` is missing; there are: code, elapsed"),
            ("code,ms\n", "there is no request in it"),
        ];
        for (text, problem) in cases {
            let said = read_text(text, &maps).expect_err(problem);
            assert!(said.contains(problem), "{said}\n{problem}");
        }
    }
}
