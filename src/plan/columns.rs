//! The columns of a CSV or a JSONL file: their names, and the cells of one row.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use csv::ByteRecord;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::cell::Cell;
use super::payload_error::{PayloadError, PlanLost};
use super::row_file::RowFile;
use super::row_format::{self, RowFormat, RowText};
use super::template::Template;

const KEY: &str = "load.columns";

/// A file of columns whose rows are known.
#[derive(Debug)]
pub(super) struct Columns {
    names: Vec<String>,
    format: RowFormat,
    rows: RowFile,
}

impl Columns {
    /// Reads a file of columns, and the template that it fills, which says what the cells have to be.
    pub(super) fn read(
        path: &Path,
        template: impl FnOnce(&[String]) -> Result<Template, PayloadError>,
    ) -> Result<(Self, Template), PayloadError> {
        let format = format_of(path)?;
        let file = RowFile::open(KEY, path, format)?;
        let names = file.first(names)?;
        let template = template(&names)?;
        let wanted: Vec<(usize, bool)> = template.columns().collect();
        let rows = file.index(|row| check(row, &names, &wanted))?;
        Ok((Columns { names, format, rows }, template))
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows.rows()
    }

    /// What a template makes of one row.
    pub(super) fn fill(
        &self,
        template: &Template,
        row: u64,
        seed: u64,
        seq: u64,
    ) -> Result<Vec<u8>, PlanLost> {
        let text = self.rows.row(row)?;
        let body = match self.format {
            RowFormat::Json => members(&text).ok().and_then(|members| {
                template.render(seed, seq, |column| member(&members, &self.names[column]))
            }),
            RowFormat::Csv => row_format::cells(&text)
                .and_then(|record| template.render(seed, seq, |column| cell(&record, column))),
        };
        body.ok_or_else(|| self.rows.lost("has other cells than it had".into()))
    }
}

fn format_of(path: &Path) -> Result<RowFormat, PayloadError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("csv") => Ok(RowFormat::Csv),
        Some("jsonl" | "ndjson") => Ok(RowFormat::Json),
        _ => Err(PayloadError::file(
            KEY,
            path,
            "has another ending than .csv or .jsonl; name it by what it is",
        )),
    }
}

fn names(first: RowText<'_>) -> Result<Vec<String>, String> {
    match first {
        RowText::Json(line) => Ok(members(line)?.into_keys().map(Cow::into_owned).collect()),
        RowText::Csv(record) => {
            Ok(record.iter().map(|name| String::from_utf8_lossy(name).trim().to_string()).collect())
        }
    }
}

/// Whether a row has what the template's places need.
fn check(row: &RowText<'_>, names: &[String], wanted: &[(usize, bool)]) -> Result<(), String> {
    match row {
        RowText::Json(line) => {
            let members = members(line)?;
            let missing = wanted
                .iter()
                .map(|(column, _)| &names[*column])
                .find(|name| member(&members, name).is_none());
            missing.map_or(Ok(()), |name| {
                Err(format!("has no `{name}`; every row needs the template's columns"))
            })
        }
        RowText::Csv(record) => {
            let mut values = wanted.iter().filter(|(_, is_value)| *is_value);
            let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
            let bad = values.find(
                |(column, _)| !matches!(cell(record, *column), Some(Cell::Text(text)) if is_json(text)),
            );
            let bad = bad.map(|(column, _)| &names[*column]);
            bad.map_or(Ok(()), |name| {
                Err(format!(
                    "has no JSON in `{name}`; a text needs quotes around {{{{{name}}}}} in the template"
                ))
            })
        }
    }
}

type Members<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

fn members(line: &[u8]) -> Result<Members<'_>, String> {
    let found = serde_json::from_slice(line);
    found.map_err(|error| format!("is no JSON object: {error}; write one object a line"))
}

fn member<'a>(members: &Members<'a>, name: &str) -> Option<Cell<'a>> {
    members.get(name).map(|value| Cell::Value(value.get()))
}

fn cell(record: &ByteRecord, column: usize) -> Option<Cell<'_>> {
    std::str::from_utf8(record.get(column)?).ok().map(Cell::Text)
}
