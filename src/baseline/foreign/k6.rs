//! k6 writes a row a metric: those of one request stand together, from `http_reqs` on, and have no number.

use std::borrow::Cow;
use std::io::Read;

use serde::Deserialize;

use super::draft::Draft;
use super::problem::{Flaw, shown};
use super::rows::ForeignRows;
use super::table::{CUT_OFF, CsvRecords, name};
use super::{figures, words};
use crate::model::{ErrorKind, Micros, Stage, TimeUnit};

/// With this a group begins.
const FIRST: &[u8] = b"http_reqs";
/// The times of a request, in the order in which k6 writes them.
const TIMES: [&str; 7] = [
    "http_req_duration",
    "http_req_blocked",
    "http_req_connecting",
    "http_req_tls_handshaking",
    "http_req_sending",
    "http_req_waiting",
    "http_req_receiving",
];
const RUN_AGAIN: &str =
    "the rows of a request must stand together as k6 wrote them; do not sort or filter the file";

/// What k6 says of a request beside its times.
#[derive(Debug, Default)]
struct K6Tags<'a> {
    status: Cow<'a, str>,
    error: Cow<'a, str>,
    error_code: Cow<'a, str>,
    expected: Cow<'a, str>,
}

/// The rows of one request so far.
#[derive(Debug)]
struct K6Request {
    line: u64,
    draft: Draft,
    end: i64,
    times: [Option<Micros>; TIMES.len()],
}

/// Puts rows together to requests.
#[derive(Debug, Default)]
struct K6Requests {
    open: Option<K6Request>,
    /// Whether every stamp so far was a whole second.
    whole_seconds: bool,
}

impl K6Requests {
    fn new() -> Self {
        K6Requests { open: None, whole_seconds: true }
    }

    /// Takes a row; whatever is no time of a request is passed over.
    fn take(
        &mut self,
        line: u64,
        metric: &[u8],
        stamp: &str,
        value: &str,
        tags: K6Tags<'_>,
        rows: &mut ForeignRows,
    ) -> Result<(), Flaw> {
        if metric == FIRST {
            self.close(rows)?;
            return self.begin(line, stamp, &tags);
        }
        let Some(place) = TIMES.iter().position(|time| time.as_bytes() == metric) else { return Ok(()) };
        let group = self.open.as_mut().filter(|group| group.times[place].is_none());
        let group =
            group.ok_or_else(|| Flaw::new(format!("`{}` belongs to no request", TIMES[place]), RUN_AGAIN))?;
        let length = figures::length(value, TimeUnit::Millis);
        group.times[place] = length.map_err(|flaw| flaw.of(TIMES[place]))?;
        Ok(())
    }

    fn begin(&mut self, line: u64, stamp: &str, tags: &K6Tags<'_>) -> Result<(), Flaw> {
        let end = figures::instant(stamp, None).map_err(|fault| fault.of("timestamp"))?;
        let end = end.ok_or_else(|| Flaw::new("the time is missing", RUN_AGAIN).of("timestamp"))?;
        self.whole_seconds &= end % 1_000_000 == 0;
        let mut draft = Draft::default();
        let status = figures::count(&tags.status).map_err(|fault| fault.of("status"))?;
        draft.outcome.status = status.filter(|status| *status != 0);
        let code = figures::count(&tags.error_code).map_err(|fault| fault.of("error_code"))?;
        let refused = (tags.expected == "false").then_some(ErrorKind::CheckFailed);
        // 1000 is whatever k6 has no number for; its text says more.
        let coded = code.map(words::of_k6).filter(|kind| *kind != ErrorKind::CheckFailed);
        draft.outcome.error = coded.or_else(|| words::of_text(&tags.error)).or(refused);
        self.open = Some(K6Request { line, draft, end, times: [None; TIMES.len()] });
        Ok(())
    }

    /// Ends the request that is open.
    fn close(&mut self, rows: &mut ForeignRows) -> Result<(), Flaw> {
        let Some(K6Request { line, mut draft, end, times }) = self.open.take() else { return Ok(()) };
        if let Some(missing) = times.iter().position(Option::is_none) {
            let problem = format!("the request has no {}", TIMES[missing]);
            return Err(Flaw::new(problem, RUN_AGAIN).at(line));
        }
        let [_, blocked, connecting, tls, sending, waiting, receiving] = times.map(Option::unwrap_or_default);
        let opened = connecting.0 > 0 || tls.0 > 0;
        if opened {
            draft.set(Stage::Connect, Some(Micros(blocked.0.saturating_sub(tls.0))));
            draft.set(Stage::Tls, Some(tls).filter(|tls| tls.0 > 0));
        } else {
            draft.set(Stage::Queue, Some(blocked));
        }
        draft.set(Stage::Send, Some(sending));
        draft.set(Stage::Wait, Some(waiting));
        draft.set(Stage::Receive, Some(receiving));
        draft.end = Some(end);
        rows.take(draft).map_err(|fault| fault.at(line))
    }

    fn finish(mut self, rows: &mut ForeignRows) -> Result<Vec<String>, Flaw> {
        self.close(rows)?;
        let coarse = "k6 wrote whole seconds, so starts are known to a second (latencies exactly): set \
                      K6_CSV_TIME_FORMAT=unix_micro for the next run";
        Ok(self.whole_seconds.then(|| coarse.to_string()).into_iter().collect())
    }
}

/// Reads its CSV. What is to be known beside comes back.
pub(super) fn csv(source: impl Read, rows: &mut ForeignRows) -> Result<Vec<String>, Flaw> {
    let mut records = CsvRecords::new(source, b',');
    let places = places(&mut records)?;
    let mut groups = K6Requests::new();
    let mut last = 0;
    while let Some((line, record)) = records.next()? {
        last = line;
        let metric = record.get(places[0]).unwrap_or_default();
        if !metric.starts_with(b"http_req") {
            continue;
        }
        let text = |place: usize| String::from_utf8_lossy(record.get(place).unwrap_or_default());
        let tags = K6Tags {
            status: text(places[3]),
            error: text(places[4]),
            error_code: text(places[5]),
            expected: text(places[6]),
        };
        let took = groups.take(line, metric, &text(places[1]), &text(places[2]), tags, rows);
        took.map_err(|flaw| flaw.at(line))?;
    }
    if !records.whole() {
        return Err(Flaw::new("the line has no end", CUT_OFF).at(last));
    }
    groups.finish(rows)
}

/// Where metric, time, value, status, error, error_code and expected_response stand. k6 leaves out system tags that are not
/// enabled; without all that tell a failure none could be told.
fn places(records: &mut CsvRecords<impl Read>) -> Result<[usize; 7], Flaw> {
    const NAMES: [&str; 7] =
        ["metric_name", "timestamp", "metric_value", "status", "error", "error_code", "expected_response"];
    const NOWHERE: usize = usize::MAX;
    let Some((_, header)) = records.next()? else { return Ok([NOWHERE; 7]) };
    let names: Vec<String> = header.iter().map(name).collect();
    let places = NAMES.map(|wanted| names.iter().position(|name| name == wanted).unwrap_or(NOWHERE));
    let missing =
        |column: &str, remedy: &str| Err(Flaw::new(format!("column `{column}` is missing"), remedy).at(1));
    if let Some(column) = places[..3].iter().position(|place| *place == NOWHERE) {
        return missing(NAMES[column], "this is no CSV of the k6 that is known here (1.x, 2.x)");
    }
    if places[3] == NOWHERE && places[6] == NOWHERE {
        return missing(
            "expected_response",
            "enable the system tags status and expected_response, else no failure can be told",
        );
    }
    Ok(places)
}

#[derive(Deserialize)]
struct K6Line<'a> {
    #[serde(borrow)]
    metric: Cow<'a, str>,
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    data: &'a serde_json::value::RawValue,
}

#[derive(Deserialize)]
struct K6Point<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    value: &'a serde_json::value::RawValue,
    #[serde(borrow, default)]
    tags: K6JsonTags<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct K6JsonTags<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    error: Cow<'a, str>,
    #[serde(borrow)]
    error_code: Cow<'a, str>,
    #[serde(borrow)]
    expected_response: Cow<'a, str>,
}

/// Reads its JSON, one line at a time.
pub(super) fn json(source: impl Read, rows: &mut ForeignRows) -> Result<Vec<String>, Flaw> {
    let mut groups = K6Requests::new();
    super::lines::each(source, |line, text| {
        let head: K6Line<'_> = super::lines::parsed(text)?;
        if head.r#type != "Point" || !head.metric.starts_with("http_req") {
            return Ok(());
        }
        let point: K6Point<'_> = serde_json::from_str(head.data.get())
            .map_err(|error| Flaw::new(format!("{}: {error}", shown(&head.metric)), RUN_AGAIN))?;
        let K6JsonTags { status, error, error_code, expected_response } = point.tags;
        let tags = K6Tags { status, error, error_code, expected: expected_response };
        groups.take(line, head.metric.as_bytes(), &point.time, point.value.get(), tags, rows)
    })?;
    groups.finish(rows)
}
