//! Reads rows back into samples, one at a time, and checks what must hold in each.

use std::io::Read;
use std::str::FromStr;

use csv::ByteRecord;
use thiserror::Error;

use super::{COLUMNS, LATER};
use crate::clock::{Micros, Moment};
use crate::sample::{BatchUse, ConnectionUse, Sample, ServerTimes, Stages};

/// The place of a column that the file does not have: no row is that long, so that every field of it is empty.
const ABSENT: usize = usize::MAX;
/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// A log that cannot be trusted.
#[derive(Debug, Error)]
pub enum LogError {
    /// Not even a header.
    #[error("{name}: the log is empty; the run ended before its first line was written")]
    Empty {
        /// The log's name.
        name: String,
    },
    /// A column of the contract is not there.
    #[error("{name}: column `{column}` is missing; the file is no request log of spanload")]
    Column {
        /// The log's name.
        name: String,
        /// The missing column.
        column: &'static str,
    },
    /// The bytes cannot be read as CSV.
    #[error("{name}: {cause}")]
    Csv {
        /// The log's name.
        name: String,
        /// What the CSV reader says, with the line.
        cause: csv::Error,
    },
    /// A row is another run's or another phase's.
    #[error(
        "{name}, line {line}: {column} is `{found}`, not `{expected}`; logs of different runs or phases were mixed up"
    )]
    Foreign {
        /// The log's name.
        name: String,
        /// Counted from 1, the header included.
        line: u64,
        /// `run_id` or `phase`.
        column: &'static str,
        /// What stands in the row.
        found: String,
        /// What the manifest says.
        expected: String,
    },
    /// A row breaks the format or an invariant.
    #[error("{name}, line {line}: {problem}; the file was changed after the run, or is damaged")]
    Row {
        /// The log's name.
        name: String,
        /// Counted from 1, the header included.
        line: u64,
        /// What is wrong.
        problem: String,
    },
}

/// One row: a sample and the repetition it belongs to.
#[derive(Clone, Debug)]
pub struct Row {
    /// Counted from 1.
    pub repetition: u32,
    /// The sample.
    pub sample: Sample,
}

/// A log that is being read.
#[derive(Debug)]
pub struct LogReader<R> {
    name: String,
    csv: csv::Reader<WholeLines<R>>,
    /// Where each column of the contract stands in this file.
    places: [usize; COLUMNS.len()],
    columns: usize,
    unknown: Vec<String>,
    /// Run and phase whose rows these must be.
    expected: Option<[String; 2]>,
    record: ByteRecord,
}

/// Lets only whole lines through: a last line without its break was cut off by a kill.
#[derive(Debug)]
struct WholeLines<R> {
    inner: R,
    /// What was read and not yet passed on; lines up to `whole` are complete.
    held: Vec<u8>,
    whole: usize,
    passed: usize,
    truncated: bool,
}

impl<R: Read> WholeLines<R> {
    fn new(inner: R) -> Self {
        WholeLines { inner, held: Vec::new(), whole: 0, passed: 0, truncated: false }
    }

    /// Reads until there is a whole line, or nothing more.
    fn refill(&mut self) -> std::io::Result<()> {
        self.held.drain(..self.whole);
        (self.whole, self.passed) = (0, 0);
        while self.whole == 0 {
            let start = self.held.len();
            self.held.resize(start + CHUNK, 0);
            let bytes = self.inner.read(&mut self.held[start..]);
            self.held.truncate(start + *bytes.as_ref().unwrap_or(&0));
            if bytes? == 0 {
                self.truncated = !self.held.is_empty();
                break;
            }
            let last_break = self.held[start..].iter().rposition(|byte| *byte == b'\n');
            self.whole = last_break.map_or(0, |at| start + at + 1);
        }
        Ok(())
    }
}

impl<R: Read> Read for WholeLines<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.passed == self.whole {
            self.refill()?;
        }
        let bytes = buf.len().min(self.whole - self.passed);
        buf[..bytes].copy_from_slice(&self.held[self.passed..self.passed + bytes]);
        self.passed += bytes;
        Ok(bytes)
    }
}

impl<R: Read> LogReader<R> {
    /// Reads the header; `name` stands in errors. Unknown columns are ignored.
    pub fn new(source: R, name: &str) -> Result<Self, LogError> {
        let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(WholeLines::new(source));
        let header = csv.byte_headers().map_err(|cause| LogError::Csv { name: name.into(), cause })?;
        if header.is_empty() {
            return Err(LogError::Empty { name: name.into() });
        }
        let mut places = [ABSENT; COLUMNS.len()];
        for (index, (place, column)) in places.iter_mut().zip(COLUMNS).enumerate() {
            let found = header.iter().position(|field| field == column.as_bytes());
            *place = match found {
                Some(found) => found,
                None if index >= LATER => ABSENT,
                None => return Err(LogError::Column { name: name.into(), column }),
            };
        }
        let known = |place: &usize| !places.contains(place);
        let unknown = (0..header.len()).filter(known);
        let unknown = unknown.map(|place| String::from_utf8_lossy(&header[place]).into_owned()).collect();
        let columns = header.len();
        Ok(LogReader {
            name: name.into(),
            csv,
            places,
            columns,
            unknown,
            expected: None,
            record: ByteRecord::new(),
        })
    }

    /// Takes only rows of this run and phase: any other is an error.
    pub fn of(mut self, run_id: &str, part: &str) -> Self {
        self.expected = Some([run_id.into(), part.into()]);
        self
    }

    /// Columns that are not of the contract, and so are not read.
    pub fn unknown_columns(&self) -> &[String] {
        &self.unknown
    }

    /// The line of the last row, counted from 1, the header included.
    pub fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    /// Whether the last row was cut off, as a kill leaves it. Known once all rows are read.
    pub fn truncated(&self) -> bool {
        self.csv.get_ref().truncated
    }

    fn error(&self, problem: String) -> LogError {
        LogError::Row { name: self.name.clone(), line: self.line(), problem }
    }

    /// Whether the row is of the run and phase that were asked for.
    fn check_origin(&self) -> Result<(), LogError> {
        let Some(expected) = &self.expected else { return Ok(()) };
        for (column, expected) in expected.iter().enumerate() {
            let found = self.record.get(self.places[column]).unwrap_or_default();
            if found != expected.as_bytes() {
                return Err(LogError::Foreign {
                    name: self.name.clone(),
                    line: self.line(),
                    column: COLUMNS[column],
                    found: String::from_utf8_lossy(found).into_owned(),
                    expected: expected.clone(),
                });
            }
        }
        Ok(())
    }

    fn row(&self) -> Result<Row, LogError> {
        if self.record.len() != self.columns {
            return Err(self.error(format!(
                "it has {} fields, the header {}",
                self.record.len(),
                self.columns
            )));
        }
        self.check_origin()?;
        let fields = Fields { record: &self.record, places: &self.places };
        fields.row().map_err(|problem| self.error(problem))
    }
}

impl<R: Read> Iterator for LogReader<R> {
    type Item = Result<Row, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.csv.read_byte_record(&mut self.record) {
            Ok(false) => None,
            Err(cause) => Some(Err(LogError::Csv { name: self.name.clone(), cause })),
            Ok(true) => Some(self.row()),
        }
    }
}

/// The fields of one row by the contract's columns.
struct Fields<'a> {
    record: &'a ByteRecord,
    places: &'a [usize; COLUMNS.len()],
}

/// Column numbers, so that a row is read without looking names up.
mod column {
    pub const REPETITION: usize = 2;
    pub const SEQ: usize = 3;
    pub const TRACE_ID: usize = 4;
    pub const DUE: usize = 5;
    pub const FIRST_STAGE: usize = 6;
    pub const TTFB: usize = 14;
    pub const LATENCY: usize = 15;
    pub const SERVER_QUEUE: usize = 16;
    pub const SERVER_COMPUTE: usize = 17;
    pub const CONN_ID: usize = 18;
    pub const CONN_REUSED: usize = 19;
    pub const SYN_RETRANSMITS: usize = 20;
    pub const RETRANSMITS: usize = 21;
    pub const BATCH_ID: usize = 22;
    pub const BATCH_SIZE: usize = 23;
    pub const ATTEMPTS: usize = 24;
    pub const STATUS: usize = 25;
    pub const ERROR: usize = 26;
    pub const BYTES_SENT: usize = 27;
    pub const BYTES_RECEIVED: usize = 28;
    pub const ANSWER_DIGEST: usize = 29;
    pub const SERVER_ITEM: usize = 30;
}

impl Fields<'_> {
    fn row(&self) -> Result<Row, String> {
        let sample = self.sample()?;
        if let Some(latency) = self.time(column::LATENCY)?
            && latency != sample.stages.latency()
        {
            return Err(format!(
                "the stages sum to {} ms, not to latency_ms {latency}",
                sample.stages.latency()
            ));
        }
        if let Some(ttfb) = self.time(column::TTFB)?
            && sample.stages.ttfb() != Some(ttfb)
        {
            return Err(format!("ttfb_ms is {ttfb}, which is not latency_ms less receive_ms"));
        }
        if sample.succeeded() && sample.stages == Stages::default() {
            return Err("a success without a single stage".into());
        }
        Ok(Row { repetition: self.required(column::REPETITION)?, sample })
    }

    fn sample(&self) -> Result<Sample, String> {
        Ok(Sample {
            seq: self.required(column::SEQ)?,
            trace_id: self.required(column::TRACE_ID)?,
            due: self.time(column::DUE)?.map(|due| Moment::from_micros(due.0)),
            stages: self.stages()?,
            server: ServerTimes {
                queue: self.time(column::SERVER_QUEUE)?,
                compute: self.time(column::SERVER_COMPUTE)?,
                item: self.time(column::SERVER_ITEM)?,
            },
            connection: self.connection()?,
            retransmits: self.optional(column::RETRANSMITS)?,
            batch: self.batch()?,
            attempts: self.required(column::ATTEMPTS)?,
            status: self.optional(column::STATUS)?,
            error: self.optional(column::ERROR)?,
            bytes_sent: self.required(column::BYTES_SENT)?,
            bytes_received: self.required(column::BYTES_RECEIVED)?,
            answer_digest: self.optional(column::ANSWER_DIGEST)?,
        })
    }

    fn stages(&self) -> Result<Stages, String> {
        let mut lengths = [None; 8];
        for (place, length) in lengths.iter_mut().enumerate() {
            *length = self.time(column::FIRST_STAGE + place)?;
        }
        Ok(Stages::from_lengths(lengths))
    }

    fn connection(&self) -> Result<Option<ConnectionUse>, String> {
        let Some(id) = self.optional(column::CONN_ID)? else { return Ok(None) };
        Ok(Some(ConnectionUse {
            id,
            reused: self.required(column::CONN_REUSED)?,
            syn_retransmits: self.optional(column::SYN_RETRANSMITS)?,
        }))
    }

    fn batch(&self) -> Result<Option<BatchUse>, String> {
        let Some(id) = self.optional(column::BATCH_ID)? else { return Ok(None) };
        Ok(Some(BatchUse { id, size: self.required(column::BATCH_SIZE)? }))
    }

    fn text(&self, column: usize) -> Result<&str, String> {
        let bytes = self.record.get(self.places[column]).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| format!("{} is no text", COLUMNS[column]))
    }

    fn optional<T: FromStr>(&self, column: usize) -> Result<Option<T>, String> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| format!("{} is `{text}`, which it cannot be", COLUMNS[column]))
    }

    fn required<T: FromStr>(&self, column: usize) -> Result<T, String> {
        self.optional(column)?.ok_or_else(|| format!("{} is empty", COLUMNS[column]))
    }

    fn time(&self, column: usize) -> Result<Option<Micros>, String> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Ok(None);
        }
        let micros = millis_to_micros(text);
        micros.map(Some).ok_or_else(|| format!("{} is `{text}`, no time in milliseconds", COLUMNS[column]))
    }
}

/// `1234.567` → 1,234,567, without a detour through floating point.
fn millis_to_micros(text: &str) -> Option<Micros> {
    let (whole, thousandths) = text.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if thousandths.len() != 3 || !digits(whole) || !digits(thousandths) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    Some(Micros(whole.checked_mul(1_000)?.checked_add(thousandths.parse().ok()?)?))
}
