//! Logs that are one JSON document.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::draft::{Draft, span};
use super::problem::Flaw;
use super::rows::ForeignRows;
use super::{figures, words};
use crate::model::{ErrorKind, Stage, TimeUnit};

/// What Python writes for numbers that are none.
const BARE: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];

/// The document; bare `NaN` and `Infinity`, which Python writes and JSON does not have, are taken for null.
fn parsed<T: DeserializeOwned>(text: &[u8]) -> Result<T, Flaw> {
    serde_json::from_slice(&without_bare_words(text)).map_err(|error| {
        let remedy = if error.is_eof() {
            "the file was cut off: let the tool finish, or run again"
        } else {
            "the log is damaged or another version's; see docs/import.md for the keys that are read"
        };
        Flaw::new(error.to_string(), remedy)
    })
}

/// The same with null for words outside of strings that no JSON has.
fn without_bare_words(text: &[u8]) -> Cow<'_, [u8]> {
    let (mut clean, mut copied) = (Vec::new(), 0);
    let (mut at, mut quoted) = (0, false);
    while at < text.len() {
        let bare = BARE.iter().find(|word| !quoted && text[at..].starts_with(word));
        match (text[at], bare) {
            (_, Some(word)) => {
                clean.extend_from_slice(&text[copied..at]);
                clean.extend_from_slice(b"null");
                at += word.len();
                copied = at;
                continue;
            }
            (b'\\', _) if quoted => at += 1,
            (b'"', _) => quoted = !quoted,
            _ => {}
        }
        at += 1;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    clean.extend_from_slice(&text[copied..]);
    Cow::Owned(clean)
}

#[derive(Deserialize)]
struct GuideReport {
    benchmarks: Vec<GuideBenchmark>,
}

#[derive(Deserialize)]
struct GuideBenchmark {
    requests: GuideRequests,
}

#[derive(Deserialize)]
struct GuideRequests {
    successful: Vec<GuideRequest>,
    #[serde(default)]
    errored: Vec<GuideRequest>,
    #[serde(default)]
    incomplete: Vec<GuideRequest>,
}

#[derive(Deserialize)]
struct GuideRequest {
    info: GuideInfo,
}

#[derive(Deserialize)]
struct GuideInfo {
    timings: GuideTimings,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Deserialize)]
struct GuideTimings {
    targeted_start: Option<f64>,
    request_start: Option<f64>,
    first_token_iteration: Option<f64>,
    request_end: Option<f64>,
    resolve_end: Option<f64>,
}

/// Reads a report of GuideLLM. One of several benchmarks has several loads in one file.
pub(super) fn guidellm(text: &[u8], rows: &mut ForeignRows) -> Result<(), Flaw> {
    let report: GuideReport = parsed(text)?;
    let [GuideBenchmark { requests }] = &report.benchmarks[..] else {
        return Err(Flaw::new(
            format!("it has {} benchmarks, each another load", report.benchmarks.len()),
            "run GuideLLM with one profile of one rate, or one file a benchmark",
        ));
    };
    let kinds = [
        (&requests.successful, None),
        (&requests.errored, Some(ErrorKind::CheckFailed)),
        (&requests.incomplete, Some(ErrorKind::Interrupted)),
    ];
    for (requests, failure) in kinds {
        for (at, request) in requests.iter().enumerate() {
            let draft = request.info.draft(failure).and_then(|draft| rows.take(draft));
            draft.map_err(|fault| fault.of(&format!("requests[{at}]")))?;
        }
    }
    Ok(())
}

impl GuideInfo {
    fn draft(&self, failure: Option<ErrorKind>) -> Result<Draft, Flaw> {
        let micros = |seconds: f64| (seconds * 1e6).round() as i64;
        let times = &self.timings;
        let [due, start, first, end] =
            [times.targeted_start, times.request_start, times.first_token_iteration, times.request_end]
                .map(|time| time.map(micros));
        let mut draft = Draft { start: due.or(start), ..Draft::default() };
        let text = self.error.as_deref().unwrap_or_default();
        draft.outcome.error = failure.map(|kind| words::of_text(text).unwrap_or(kind));
        draft.outcome.status = failure.and(status_in(text));
        if let (Some(due), Some(start)) = (due, start) {
            draft.set(Stage::Queue, Some(span(due, start).map_err(|fault| fault.of("request_start"))?));
        }
        let end = end.or(failure.and(times.resolve_end.map(micros)));
        let (Some(from), Some(end)) = (draft.start, end) else { return Ok(draft) };
        draft.latency = Some(span(from, end).map_err(|fault| fault.of("request_end"))?);
        if let Some(first) = first {
            draft.set(
                Stage::Receive,
                Some(span(first, end).map_err(|fault| fault.of("first_token_iteration"))?),
            );
        }
        Ok(draft)
    }
}

/// `Server error '503 Service Unavailable' for …`
fn status_in(text: &str) -> Option<u16> {
    let (_, after) = text.split_once("error '")?;
    after.get(..3)?.parse().ok()
}

#[derive(Deserialize)]
struct VllmResult {
    #[serde(default)]
    num_prompts: Option<u64>,
    ttfts: Option<Vec<Option<f64>>>,
    itls: Option<Vec<Vec<Option<f64>>>>,
    start_times: Option<Vec<f64>>,
    errors: Option<Vec<Option<String>>>,
}

/// Reads a result of vLLM's bench that was made with `--save-detailed`.
pub(super) fn vllm(text: &[u8], rows: &mut ForeignRows) -> Result<(), Flaw> {
    let result: VllmResult = parsed(text)?;
    let missing = |key: &str| {
        Flaw::new(
            format!("key `{key}` is missing, so single requests are not in it"),
            "run vLLM's bench with --save-detailed",
        )
    };
    let ttfts = result.ttfts.ok_or_else(|| missing("ttfts"))?;
    let itls = result.itls.ok_or_else(|| missing("itls"))?;
    let errors = result.errors.ok_or_else(|| missing("errors"))?;
    let lengths = [itls.len(), errors.len(), result.start_times.as_ref().map_or(ttfts.len(), Vec::len)];
    if lengths.iter().any(|length| *length != ttfts.len()) {
        let problem =
            format!("ttfts has {} entries, itls, errors and start_times have {lengths:?}", ttfts.len());
        return Err(Flaw::new(problem, "the file is damaged; run again"));
    }
    if result.num_prompts.is_some_and(|planned| planned != ttfts.len() as u64) {
        let problem = format!(
            "num_prompts is {}, but there are {} requests",
            result.num_prompts.unwrap_or_default(),
            ttfts.len()
        );
        return Err(Flaw::new(problem, "requests are lost; run again"));
    }
    for (at, ((ttft, itls), error)) in ttfts.iter().zip(&itls).zip(&errors).enumerate() {
        let start = result.start_times.as_ref().map(|times| (times[at] * 1e6).round() as i64);
        let row = vllm_draft(*ttft, itls, error.as_deref().unwrap_or_default(), start);
        row.and_then(|draft| rows.take(draft)).map_err(|fault| fault.of(&format!("entry {at}")))?;
    }
    Ok(())
}

fn vllm_draft(
    ttft: Option<f64>,
    itls: &[Option<f64>],
    error: &str,
    start: Option<i64>,
) -> Result<Draft, Flaw> {
    let mut draft = Draft { start, ..Draft::default() };
    draft.outcome.error = words::of_text(error.lines().last().unwrap_or_default());
    if draft.outcome.error.is_some() {
        return Ok(draft);
    }
    let known = ttft.filter(|ttft| *ttft > 0.0);
    let gaps: Option<f64> = itls.iter().copied().sum();
    let (Some(ttft), Some(gaps)) = (known, gaps) else { return Ok(draft) };
    draft.set(Stage::Wait, Some(figures::of_number(ttft, TimeUnit::Seconds)?));
    draft.set(Stage::Receive, Some(figures::of_number(gaps, TimeUnit::Seconds)?));
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Micros;

    fn vllm_rows(text: &str) -> Result<usize, String> {
        let mut rows = ForeignRows::new(Micros(1));
        let said = |fault: Flaw| fault.in_file(std::path::Path::new("v.json")).to_string();
        vllm(text.as_bytes(), &mut rows).map_err(said)?;
        Ok(rows.finish().map_err(said)?.len())
    }

    #[test]
    fn words_that_no_json_has_are_null_outside_of_strings() {
        let clean = |text: &'static str| String::from_utf8(without_bare_words(text.as_bytes()).into_owned());
        assert_eq!(
            clean(r#"{"a": NaN, "b": [-Infinity, Infinity]}"#).as_deref(),
            Ok(r#"{"a": null, "b": [null, null]}"#)
        );
        assert_eq!(clean(r#"{"a": "NaN \" NaN"}"#).as_deref(), Ok(r#"{"a": "NaN \" NaN"}"#));
    }

    #[test]
    fn a_failure_of_vllm_is_told_by_its_error_alone() {
        let text = r#"{"num_prompts": 2, "ttfts": [0.5, 0.0], "itls": [[0.1], []], "errors": ["", "Traceback\nTimeoutError"]}"#;
        assert_eq!(vllm_rows(text), Ok(2));
        let cases = [
            (r#"{"num_prompts": 2}"#, "`ttfts` is missing"),
            (
                r#"{"ttfts": [0.0], "itls": [[]], "errors": [""]}"#,
                "column entry 0: a success without its latency",
            ),
            (r#"{"ttfts": [NaN], "itls": [[]], "errors": [""]}"#, "a success without its latency"),
            (r#"{"ttfts": [1], "itls": [], "errors": [""]}"#, "the file is damaged"),
            (r#"{"ttfts": [1"#, "cut off"),
            (r#"{"num_prompts": 3, "ttfts": [1], "itls": [[]], "errors": [""]}"#, "requests are lost"),
        ];
        for (text, problem) in cases {
            let said = vllm_rows(text).expect_err(problem);
            assert!(said.contains(problem), "{said}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_can_make_the_readers_panic(text in any::<Vec<u8>>(), word in "[NI\"a-]{0,30}") {
            without_bare_words(&text);
            without_bare_words(word.as_bytes());
        }
    }
}
