//! Reads rows back into samples, one at a time, and checks what must hold in each.

use std::io::Read;

use thiserror::Error;

use super::endpoint_names::EndpointNames;
use super::fields::Fields;
use super::records::Records;
use super::row::Row;
use super::{COLUMNS, LATER};

/// The place of a column that the file does not have: no row is that long, so that every field of it is empty.
const ABSENT: usize = usize::MAX;

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

/// A log that is being read.
#[derive(Debug)]
pub struct LogReader<R> {
    name: String,
    records: Records<R>,
    /// Where each column of the contract stands in this file.
    places: [usize; COLUMNS.len()],
    columns: usize,
    unknown: Vec<String>,
    /// Run and phase whose rows these must be.
    expected: Option<[String; 2]>,
    endpoints: EndpointNames,
}

impl<R: Read> LogReader<R> {
    /// Reads the header; `name` stands in errors. Unknown columns are ignored.
    pub fn new(source: R, name: &str) -> Result<Self, LogError> {
        let mut records = Records::new(source);
        if !records.advance().map_err(|cause| LogError::Csv { name: name.into(), cause })? {
            return Err(LogError::Empty { name: name.into() });
        }
        let header = records.record();
        let mut places = [ABSENT; COLUMNS.len()];
        for (index, (place, column)) in places.iter_mut().zip(COLUMNS).enumerate() {
            let found = header.iter().position(|field| field == column.as_bytes());
            *place = match found {
                Some(found) => found,
                None if index >= LATER => ABSENT,
                None => return Err(LogError::Column { name: name.into(), column }),
            };
        }
        let unknown = header.iter().enumerate().filter(|(place, _)| !places.contains(place));
        let unknown = unknown.map(|(_, field)| String::from_utf8_lossy(field).into_owned()).collect();
        let columns = header.len();
        let (expected, endpoints) = (None, EndpointNames::default());
        Ok(LogReader { name: name.into(), records, places, columns, unknown, expected, endpoints })
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
        self.records.line()
    }

    /// Whether the last row was cut off, as a kill leaves it. Known once all rows are read.
    pub fn truncated(&self) -> bool {
        self.records.truncated()
    }

    fn error(&self, problem: String) -> LogError {
        LogError::Row { name: self.name.clone(), line: self.line(), problem }
    }

    /// Whether the row is of the run and phase that were asked for.
    fn check_origin(&self) -> Result<(), LogError> {
        let Some(expected) = &self.expected else { return Ok(()) };
        for (column, expected) in expected.iter().enumerate() {
            let found = self.records.record().field(self.places[column]);
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

    fn row(&mut self) -> Result<Row, LogError> {
        let record = self.records.record();
        if record.len() != self.columns {
            return Err(self.error(format!("it has {} fields, the header {}", record.len(), self.columns)));
        }
        self.check_origin()?;
        let row = Fields::new(record, &self.places).row(&mut self.endpoints);
        row.map_err(|problem| self.error(problem))
    }
}

impl<R: Read> Iterator for LogReader<R> {
    type Item = Result<Row, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.records.advance() {
            Ok(false) => None,
            Err(cause) => Some(Err(LogError::Csv { name: self.name.clone(), cause })),
            Ok(true) => Some(self.row()),
        }
    }
}
