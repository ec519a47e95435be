//! Logs that other tools wrote, as ordinary rows.
//!
//! `sniff` tells whose log a file is, `format` is the table of what each contains; `table`, `k6`, `lines` and `document` read
//! them into drafts, `draft` makes stages of these that sum to the latency.

mod column;
mod document;
mod draft;
mod figures;
mod format;
mod k6;
mod lines;
mod problem;
mod row;
mod rows;
mod sniff;
mod source;
mod table;
mod words;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

pub use column::ToolColumn;
pub use format::{INPUT_PY, ToolFormat, known};
pub use problem::ImportError;
pub use row::{ForeignOutcome, ForeignRow};

use crate::host::regular;
use crate::model::{Equivalence, LatencyEnd, LatencyStart, Micros, Stage};
use column::Meaning;
use format::TableHeader;
use problem::Flaw;
use rows::ForeignRows;
use sniff::Recognised;

/// A log that is one document is held in memory.
const LONGEST_DOCUMENT: u64 = 512 << 20;

/// What is said of a CSV that no tool is known for.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Its columns.
    pub columns: Vec<ToolColumn>,
    /// From when its latency counts.
    pub from: LatencyStart,
}

impl Mapping {
    /// Of columns as they are written, such as `latency=elapsed:ms`; `None` of none.
    ///
    /// # Errors
    /// Which of them is wrong, and what to write.
    pub fn of(columns: &[String], from: LatencyStart) -> Result<Option<Mapping>, String> {
        let column = |text: &String| mapped(text).map_err(|problem| format!("`{text}`: {problem}"));
        let columns: Vec<_> = columns.iter().map(column).collect::<Result<_, _>>()?;
        Ok((!columns.is_empty()).then_some(Mapping { columns, from }))
    }
}

/// A log that was read.
#[derive(Debug)]
pub struct Imported {
    /// Tool and format.
    pub format: String,
    /// What stands for what.
    pub equivalence: Equivalence,
    /// What was left out.
    pub left_out: Option<String>,
    /// The requests, in the order of the tool's own numbers or of their starts.
    pub rows: Vec<ForeignRow>,
}

/// One column of a mapping, as on the command line: `latency=elapsed:ms`.
///
/// # Errors
/// What is wrong with it.
pub fn mapped(text: &str) -> Result<ToolColumn, String> {
    table::mapped(text)
}

/// Reads a log, recognised by what stands in it, or by the mapping.
///
/// # Errors
/// What is wrong with the file, where, and what to do.
pub fn read(path: &Path, mapping: Option<&Mapping>) -> Result<Imported, ImportError> {
    read_as(path, path, mapping)
}

/// The same of a file that is called `name` where something is wrong with it: what is written down must not say where a run lies.
///
/// # Errors
/// As for [`read`].
pub fn read_as(path: &Path, name: &Path, mapping: Option<&Mapping>) -> Result<Imported, ImportError> {
    let named = |fault: Flaw| fault.in_file(name);
    let unread = |error: io::Error| named(Flaw::new(error.to_string(), "name a log that can be read"));
    let mut file = regular::open(path).map_err(unread)?;
    let mut head = Vec::new();
    (&mut file).take(sniff::HEAD as u64).read_to_end(&mut head).map_err(unread)?;
    file.rewind().map_err(unread)?;
    let read = match mapping {
        Some(mapping) => sniff::text(&head).and_then(|()| by_mapping(file, &head, mapping)),
        None => sniff::kind(&head).and_then(|kind| by_kind(file, kind)),
    };
    read.map_err(named)
}

fn by_kind(file: File, kind: Recognised) -> Result<Imported, Flaw> {
    let (name, format) = described(kind);
    let mut rows = ForeignRows::new(format.grain);
    let (mut notes, mut left_out) = (Vec::new(), None);
    match kind {
        Recognised::Table(table) => {
            table::read(&mut table::CsvRecords::new(file, b','), table.columns, table.header, &mut rows)?
        }
        Recognised::K6Csv => notes = k6::csv(file, &mut rows)?,
        Recognised::K6Json => notes = k6::json(file, &mut rows)?,
        Recognised::VegetaJson => lines::vegeta(file, &mut rows)?,
        Recognised::Aiperf => left_out = lines::aiperf(file, &mut rows)?,
        Recognised::GuideLlm => document::guidellm(&whole(file)?, &mut rows)?,
        Recognised::Vllm => document::vllm(&whole(file)?, &mut rows)?,
    }
    let rows = rows.finish()?;
    if format.latency == format::VEGETA.latency {
        ForeignRows::check_order(&rows)?;
    }
    let mut equivalence = format.equivalence();
    equivalence.derived.extend(notes);
    Ok(Imported { format: name, equivalence, left_out, rows })
}

fn described(kind: Recognised) -> (String, ToolFormat) {
    let (suffix, format) = match kind {
        Recognised::Table(table) => ("", table.format),
        Recognised::K6Csv => (" CSV", format::K6),
        Recognised::K6Json => (" JSON", format::K6),
        Recognised::VegetaJson => (" JSON", format::VEGETA),
        Recognised::Aiperf => (" JSONL", format::AIPERF),
        Recognised::GuideLlm => (" JSON", format::GUIDELLM),
        Recognised::Vllm => (" JSON", format::VLLM),
    };
    (format!("{}{suffix}", format.name), format)
}

fn whole(file: File) -> Result<Vec<u8>, Flaw> {
    let mut text = Vec::new();
    let read = file.take(LONGEST_DOCUMENT + 1).read_to_end(&mut text);
    read.map_err(|error| Flaw::new(error.to_string(), "name a log that can be read"))?;
    if text.len() as u64 > LONGEST_DOCUMENT {
        let problem =
            format!("it is longer than {LONGEST_DOCUMENT} bytes, and such a document is held in memory");
        return Err(Flaw::new(problem, "make a shorter run"));
    }
    Ok(text)
}

fn by_mapping(file: File, head: &[u8], mapping: &Mapping) -> Result<Imported, Flaw> {
    let Mapping { columns, from } = mapping;
    let twice = columns
        .iter()
        .zip(1..)
        .find(|(one, next)| columns[*next..].iter().any(|other| other.meaning == one.meaning));
    if let Some((column, _)) = twice {
        let problem = format!("what stands in column `{}` is mapped twice", column.name);
        return Err(Flaw::new(problem, "give each --map once"));
    }
    let mut rows = ForeignRows::new(Micros(1));
    let header = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    // A spreadsheet of a language with decimal commas separates by semicolons.
    let delimiter =
        [b',', b';', b'\t'].into_iter().find(|delimiter| header.contains(delimiter)).unwrap_or(b',');
    table::read(&mut table::CsvRecords::new(file, delimiter), columns, TableHeader::Whole, &mut rows)?;
    Ok(Imported {
        format: "CSV by --map".into(),
        equivalence: of_mapping(columns, *from),
        left_out: None,
        rows: rows.finish()?,
    })
}

/// What a mapping says, where nobody knows the tool.
fn of_mapping(columns: &[ToolColumn], from: LatencyStart) -> Equivalence {
    let column = |meaning: Meaning| columns.iter().find(|column| column.meaning == meaning);
    let stage = |column: &ToolColumn| match column.meaning {
        Meaning::Stage(stage) => Some(stage),
        Meaning::FirstByte => Some(Stage::Receive),
        _ => None,
    };
    let mut seen: Vec<_> = columns.iter().filter_map(stage).collect();
    seen.sort_unstable();
    let has = |meaning| column(meaning).is_some();
    let (latency, to) = match (column(Meaning::Latency), column(Meaning::End), column(Meaning::FirstByte)) {
        (Some(latency), ..) => (format!("column {}", latency.name), LatencyEnd::LastByte),
        (None, Some(end), _) => (format!("column {} − the start", end.name), LatencyEnd::LastByte),
        (None, None, Some(first)) if !has(Meaning::Stage(Stage::Receive)) => {
            (format!("column {}", first.name), LatencyEnd::FirstByte)
        }
        _ => ("the sum of its stages".into(), LatencyEnd::LastByte),
    };
    let told = [Meaning::Status, Meaning::Error, Meaning::Success].into_iter().any(has);
    let failures = match told {
        true => "as the mapped columns tell them",
        false => "no column tells them, so every row is taken for a success",
    };
    let mut merged = format::merged(&seen);
    // What comes before the latency is in no stage of it, and what comes after it neither.
    merged.retain(|merged| from != LatencyStart::Connection || merged.stage >= Stage::Send);
    merged.retain(|merged| to != LatencyEnd::FirstByte || merged.stage != Stage::Receive);
    Equivalence { from, to, latency, merged, failures: failures.into(), derived: Vec::new() }
}
