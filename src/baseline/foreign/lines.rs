//! Logs with a JSON document a line.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use serde::Deserialize;

use super::draft::{Draft, span};
use super::problem::Flaw;
use super::rows::ForeignRows;
use super::source::BoundedLines;
use super::table::CUT_OFF;
use super::{figures, words};
use crate::model::{ErrorKind, Stage, TimeUnit};

/// Calls back with every line and its number from 1.
pub(super) fn each(
    source: impl Read,
    mut take: impl FnMut(u64, &[u8]) -> Result<(), Flaw>,
) -> Result<(), Flaw> {
    let (lines, _) = BoundedLines::new(source);
    let mut lines = BufReader::with_capacity(1 << 16, lines);
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        let read = lines.read_until(b'\n', &mut text);
        read.map_err(|error| {
            Flaw::new(error.to_string(), "check that the file is the one that is meant").at(line)
        })?;
        if text.is_empty() {
            break;
        }
        if text.last() != Some(&b'\n') {
            return Err(Flaw::new("the line has no end", CUT_OFF).at(line));
        }
        if !text.trim_ascii().is_empty() {
            take(line, &text).map_err(|fault| fault.at(line))?;
        }
    }
    Ok(())
}

/// What a line says.
pub(super) fn parsed<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, Flaw> {
    serde_json::from_slice(text).map_err(|error| {
        let remedy = "the log is damaged or another version's; take the line out, or run again";
        Flaw::new(format!("{error}"), remedy)
    })
}

#[derive(Deserialize)]
struct VegetaLine<'a> {
    seq: u64,
    code: u16,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    latency: i64,
    bytes_out: u64,
    bytes_in: u64,
    #[serde(borrow)]
    error: Cow<'a, str>,
}

/// Reads vegeta's JSON.
pub(super) fn vegeta(source: impl Read, rows: &mut ForeignRows) -> Result<(), Flaw> {
    each(source, |_, text| {
        let line: VegetaLine<'_> = parsed(text)?;
        let mut draft = Draft { number: Some(line.seq), ..Draft::default() };
        draft.start = figures::instant(&line.timestamp, None).map_err(|fault| fault.of("timestamp"))?;
        let latency = figures::of_number(line.latency as f64, TimeUnit::Nanos);
        draft.latency = Some(latency.map_err(|fault| fault.of("latency"))?);
        let outcome = &mut draft.outcome;
        outcome.status = Some(line.code).filter(|code| *code != 0);
        outcome.error = words::of_text(&line.error);
        (outcome.sent, outcome.received) = (Some(line.bytes_out), Some(line.bytes_in));
        rows.take(draft)
    })
}

#[derive(Deserialize)]
struct AiperfLine<'a> {
    #[serde(borrow)]
    metadata: AiperfMetadata<'a>,
    /// An older version has no such key in a line of a failure.
    #[serde(default)]
    error: Option<AiperfError>,
}

#[derive(Deserialize)]
struct AiperfMetadata<'a> {
    credit_issued_ns: Option<i64>,
    request_start_ns: i64,
    request_ack_ns: Option<i64>,
    request_end_ns: i64,
    #[serde(borrow)]
    benchmark_phase: Cow<'a, str>,
    #[serde(default)]
    was_cancelled: bool,
}

#[derive(Deserialize)]
struct AiperfError {
    code: Option<i64>,
    #[serde(default)]
    r#type: Option<String>,
    #[serde(default)]
    message: String,
}

/// Reads AIPerf's records. Its warm-up is left out; how much that was comes back.
pub(super) fn aiperf(source: impl Read, rows: &mut ForeignRows) -> Result<Option<String>, Flaw> {
    let mut phases: BTreeMap<String, u64> = BTreeMap::new();
    each(source, |_, text| {
        let line: AiperfLine<'_> = parsed(text)?;
        if line.metadata.benchmark_phase != "profiling" {
            *phases.entry(line.metadata.benchmark_phase.into_owned()).or_default() += 1;
            return Ok(());
        }
        rows.take(line.draft()?)
    })?;
    let left_out = phases.iter().map(|(phase, count)| format!("{count} requests of its phase {phase}"));
    Ok((!phases.is_empty()).then(|| left_out.collect::<Vec<_>>().join(", ")))
}

impl AiperfLine<'_> {
    fn draft(self) -> Result<Draft, Flaw> {
        let AiperfMetadata { credit_issued_ns, request_start_ns, request_ack_ns, request_end_ns, .. } =
            self.metadata;
        let micros = |nanos: i64| nanos.div_euclid(1_000);
        let start = micros(request_start_ns);
        let due = credit_issued_ns.map(micros);
        let mut draft = Draft { start: due.or(Some(start)), ..Draft::default() };
        if let Some(due) = due {
            draft.set(Stage::Queue, Some(span(due, start).map_err(|fault| fault.of("request_start_ns"))?));
        }
        if let Some(error) = self.error {
            draft.outcome.status =
                error.code.and_then(|code| u16::try_from(code).ok()).filter(|code| (100..600).contains(code));
            let text = format!("{} {}", error.r#type.unwrap_or_default(), error.message);
            draft.outcome.error = words::of_text(&text);
        } else if self.metadata.was_cancelled {
            draft.outcome.error = Some(ErrorKind::Interrupted);
        }
        let end = micros(request_end_ns);
        // A failure is stamped with its start where nobody noted its end.
        if draft.outcome.error.is_some() && end <= start {
            return Ok(draft);
        }
        draft.latency = Some(span(due.unwrap_or(start), end).map_err(|fault| fault.of("request_end_ns"))?);
        if let Some(ack) = request_ack_ns.map(micros) {
            span(start, ack).map_err(|fault| fault.of("request_ack_ns"))?;
            draft.set(Stage::Receive, Some(span(ack, end).map_err(|fault| fault.of("request_ack_ns"))?));
        }
        Ok(draft)
    }
}
