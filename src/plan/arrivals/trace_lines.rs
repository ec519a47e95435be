//! The lines of a trace and the time on each: recognised by content, read anew by whoever walks through it, never held.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::ArrivalError;
use crate::host::regular;
use crate::model::TraceFormat;
use crate::plan::payload_error::PlanLost;
use crate::plan::stamp::Stamp;

/// Bytes of a line at most; one of Mooncake's names each block of a long prompt.
const LONGEST_LINE: u64 = 1 << 20;
/// Columns that hold the time, whatever the case.
const TIMES: [&str; 4] = ["timestamp", "time", "seconds", "arrival"];
const KNOWN: &str = "write CSV with a column `timestamp` in seconds (Azure, BurstGPT), JSON lines with `timestamp` and `hash_ids` or \
                     `input_length` (Mooncake: milliseconds) or `chat_id` (Bailian: seconds), or one number of seconds a line";

/// An open trace and how it is written.
#[derive(Debug)]
pub(super) struct TraceFile {
    file: Arc<File>,
    stamp: Stamp,
    path: PathBuf,
    pub format: TraceFormat,
    layout: Layout,
}

/// Where the time stands on a line.
#[derive(Clone, Copy, Debug)]
enum Layout {
    /// JSON, with the microseconds of its unit.
    Json(f64),
    /// CSV with a line of names.
    Column(usize),
    /// Alone.
    Bare,
}

#[derive(Deserialize)]
struct JsonRow {
    timestamp: f64,
    chat_id: Option<IgnoredAny>,
    input_length: Option<IgnoredAny>,
    hash_ids: Option<IgnoredAny>,
}

impl TraceFile {
    pub(super) fn open(path: &Path) -> Result<Self, ArrivalError> {
        let file = regular::open(path).map_err(|cause| ArrivalError::read(path, cause))?;
        let stamp = Stamp::of(&file).map_err(|cause| ArrivalError::read(path, cause))?;
        let bare = TraceFile {
            file: Arc::new(file),
            stamp,
            path: path.to_path_buf(),
            format: TraceFormat::Seconds,
            layout: Layout::Bare,
        };
        let mut lines = bare.lines();
        let Some((number, first)) = lines.next_line()? else {
            return Err(bare.problem(1, format!("there is no arrival in it; {KNOWN}")));
        };
        let (format, layout) = recognised(first.trim())
            .ok_or_else(|| bare.problem(number, format!("no known form of a trace; {KNOWN}")))?;
        Ok(TraceFile { format, layout, ..bare })
    }

    /// Whether it is as it was when it was opened.
    pub(super) fn whole(&self) -> Result<(), PlanLost> {
        match Stamp::of(&self.file) {
            Ok(now) if now == self.stamp => Ok(()),
            Ok(_) => Err(PlanLost::new("load.trace", &self.path, "was changed".into())),
            Err(cause) => Err(PlanLost::new("load.trace", &self.path, format!("cannot be read ({cause})"))),
        }
    }

    /// Every byte of it, a piece at a time.
    pub(super) fn read_all(&self, mut take: impl FnMut(&[u8])) -> Result<(), ArrivalError> {
        let mut reader = self.reader();
        loop {
            let piece = reader.fill_buf().map_err(|cause| ArrivalError::read(&self.path, cause))?;
            let length = piece.len();
            if length == 0 {
                return Ok(());
            }
            take(piece);
            reader.consume(length);
        }
    }

    fn reader(&self) -> BufReader<SharedFile> {
        BufReader::with_capacity(1 << 16, SharedFile { file: Arc::clone(&self.file), at: 0 })
    }

    /// From the first line on.
    pub(super) fn lines(&self) -> TraceLines {
        TraceLines {
            reader: self.reader(),
            number: 0,
            path: self.path.clone(),
            layout: self.layout,
            line: Vec::new(),
        }
    }

    fn problem(&self, line: u64, problem: impl Into<String>) -> ArrivalError {
        ArrivalError::line(&self.path, line, problem)
    }
}

/// How a trace is written that begins like this.
fn recognised(first: &str) -> Option<(TraceFormat, Layout)> {
    if first.starts_with('{') {
        let row: JsonRow = serde_json::from_str(first).ok()?;
        // Milliseconds of the one and seconds of the other: what is neither has no known unit.
        return match (row.chat_id, row.hash_ids.or(row.input_length)) {
            (Some(_), _) => Some((TraceFormat::Bailian, Layout::Json(1e6))),
            (None, Some(_)) => Some((TraceFormat::Mooncake, Layout::Json(1e3))),
            (None, None) => None,
        };
    }
    if first.parse::<f64>().is_ok() {
        return Some((TraceFormat::Seconds, Layout::Bare));
    }
    let names: Vec<String> = first.split(',').map(|name| unquoted(name).to_ascii_lowercase()).collect();
    let column = names.iter().position(|name| TIMES.contains(&name.as_str()))?;
    let has = |name: &str| names.iter().any(|other| other == name);
    let format = match () {
        () if has("contexttokens") => TraceFormat::Azure,
        () if has("request tokens") => TraceFormat::BurstGpt,
        () if has("chat_id") => TraceFormat::Bailian,
        () => TraceFormat::Csv,
    };
    Some((format, Layout::Column(column)))
}

fn unquoted(field: &str) -> &str {
    field.trim().trim_matches('"').trim()
}

/// One walk through a trace.
#[derive(Debug)]
pub(super) struct TraceLines {
    reader: BufReader<SharedFile>,
    number: u64,
    path: PathBuf,
    layout: Layout,
    line: Vec<u8>,
}

impl TraceLines {
    /// The number of the next line with a time, and the time in microseconds from wherever the trace counts.
    pub(super) fn next_time(&mut self) -> Result<Option<(u64, i64)>, ArrivalError> {
        let layout = self.layout;
        loop {
            let Some((number, line)) = self.next_line()? else { return Ok(None) };
            if number == 1 && matches!(layout, Layout::Column(_)) {
                continue;
            }
            let found = time(line.trim(), layout);
            return found.map(|time| Some((number, time))).map_err(|problem| self.problem(number, problem));
        }
    }

    pub(super) fn problem(&self, line: u64, problem: impl Into<String>) -> ArrivalError {
        ArrivalError::line(&self.path, line, problem)
    }

    /// The next line with something on it, and its number.
    fn next_line(&mut self) -> Result<Option<(u64, &str)>, ArrivalError> {
        loop {
            self.line.clear();
            let read = (&mut self.reader).take(LONGEST_LINE + 1).read_until(b'\n', &mut self.line);
            let length = read.map_err(|cause| ArrivalError::read(&self.path, cause))?;
            self.number += 1;
            if length == 0 {
                return Ok(None);
            }
            if length as u64 > LONGEST_LINE || self.line.contains(&0) {
                let problem = format!("binary, or a line of more than {LONGEST_LINE} bytes; {KNOWN}");
                return Err(self.problem(self.number, problem));
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        let text = str::from_utf8(&self.line)
            .map_err(|_| self.problem(self.number, "not valid UTF-8; save it as UTF-8"))?;
        Ok(Some((self.number, text.trim_start_matches('\u{feff}'))))
    }
}

fn time(line: &str, layout: Layout) -> Result<i64, String> {
    let (field, unit) = match layout {
        Layout::Json(unit) => {
            let row: JsonRow = serde_json::from_str(line)
                .map_err(|error| format!("no JSON object with a number `timestamp`: {error}"))?;
            return micros(row.timestamp * unit);
        }
        Layout::Column(index) => {
            let field = field(line, index);
            (unquoted(field.ok_or_else(|| format!("no column {}; it needs a time there", index + 1))?), 1e6)
        }
        Layout::Bare => (line, 1e6),
    };
    if let Ok(seconds) = field.parse::<f64>() {
        return micros(seconds * unit);
    }
    date(field).ok_or_else(|| {
        format!(
            "{} is not a valid time; write seconds, or a date such as 2023-11-16 18:17:03.9799600",
            shown(field)
        )
    })
}

/// The n-th field of a line; a comma between quotes is part of a field.
fn field(line: &str, index: usize) -> Option<&str> {
    let mut quoted = false;
    let mut fields = line.split(|letter| {
        quoted ^= letter == '"';
        letter == ',' && !quoted
    });
    fields.nth(index)
}

/// A date with its zone, or in UTC where it has none.
fn date(text: &str) -> Option<i64> {
    let stamp = text.parse::<Timestamp>().ok();
    let in_utc =
        || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    stamp.or_else(in_utc).map(|stamp| stamp.as_microsecond())
}

fn micros(micros: f64) -> Result<i64, String> {
    // A hundred million years either way: what is beyond is no time, and a difference cannot overflow.
    if micros.is_finite() && micros.abs() < 4e18 {
        Ok(micros.round() as i64)
    } else {
        Err("the time is out of range".into())
    }
}

fn shown(field: &str) -> String {
    format!("`{}`", field.chars().take(40).flat_map(char::escape_debug).collect::<String>())
}

/// A file that several read at the same time, each from where it stands. Whoever replaces it changes nothing for them.
#[derive(Debug)]
struct SharedFile {
    file: Arc<File>,
    at: u64,
}

impl Read for SharedFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(into, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
