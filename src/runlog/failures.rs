//! A few failed answers of each kind, for people who ask what the server said: `failures.jsonl`.

use std::collections::HashMap;
use std::io::Write;

use crate::model::{ErrorKind, FailedAnswer, FailureNote, Mask, Sample, printable};

/// Notes of one kind in one part of a run that say something different each.
const OF_A_KIND: usize = 3;
/// Notes in all: statuses are the server's choice.
const MOST: usize = 200;

/// Keeps the first failures of each kind, masked and printable.
pub struct FailureLog {
    sink: Box<dyn Write + Send>,
    mask: Mask,
    kept: HashMap<(String, ErrorKind, Option<u16>), Vec<FailureNote>>,
    written: usize,
}

impl FailureLog {
    /// Keeps them in `sink` too, one JSON object a line.
    pub fn new(sink: Box<dyn Write + Send>, mask: Mask) -> Self {
        FailureLog { sink, mask, kept: HashMap::new(), written: 0 }
    }

    /// Takes what came with a failure of a part of the run.
    pub fn take(
        &mut self,
        (part, repetition): (&str, u32),
        sample: &Sample,
        failed: &FailedAnswer,
    ) -> std::io::Result<()> {
        let Some(error) = sample.error else { return Ok(()) };
        let kept = self.kept.entry((part.to_string(), error, sample.status)).or_default();
        if kept.len() >= OF_A_KIND || self.written >= MOST {
            return Ok(());
        }
        let note = FailureNote {
            part: part.to_string(),
            repetition,
            seq: sample.seq,
            error: error.name().to_string(),
            status: sample.status,
            location: failed.location.as_deref().map(|text| shown(&self.mask, text, false)),
            retry_after: failed.retry_after.as_deref().map(|text| shown(&self.mask, text, false)),
            reason: failed.reason.map(String::from),
            body: body(&self.mask, &failed.opening),
        };
        if kept.iter().any(|other| other.says_the_same(&note)) {
            return Ok(());
        }
        serde_json::to_writer(&mut self.sink, &note)?;
        self.sink.write_all(b"\n")?;
        kept.push(note);
        self.written += 1;
        Ok(())
    }

    /// All that were kept, in no order.
    pub fn notes(&self) -> Vec<FailureNote> {
        self.kept.values().flatten().cloned().collect()
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}

fn shown(mask: &Mask, text: &str, cut: bool) -> String {
    printable::line(&mask.apply(text, cut)).into_owned()
}

/// The opening as text, up to its last whole character; bytes that are no text are shown as such.
fn body(mask: &Mask, opening: &[u8]) -> Option<String> {
    let cut = opening.len() >= FailedAnswer::OPENING;
    let whole = match std::str::from_utf8(opening) {
        Err(error) if cut && error.error_len().is_none() => error.valid_up_to(),
        _ => opening.len(),
    };
    let text = String::from_utf8_lossy(&opening[..whole]);
    let text = shown(mask, text.trim(), cut);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::model::TraceId;

    fn failures(secrets: &[&str]) -> FailureLog {
        FailureLog::new(Box::new(std::io::sink()), Mask::new(secrets))
    }

    fn sample(seq: u64, status: u16) -> Sample {
        let error = ErrorKind::from_status(status);
        Sample { error, status: Some(status), ..Sample::unsent(seq, TraceId(1), None) }
    }

    fn said(text: &str) -> FailedAnswer {
        FailedAnswer { opening: FailedAnswer::opening_of(text.as_bytes()), ..FailedAnswer::default() }
    }

    fn bodies(failures: &FailureLog) -> Vec<String> {
        let mut bodies: Vec<_> = failures.notes().into_iter().filter_map(|note| note.body).collect();
        bodies.sort();
        bodies
    }

    #[test]
    fn a_few_different_ones_of_each_kind_and_part_are_kept() {
        let mut failures = failures(&[]);
        for seq in 0..100 {
            let same = said("no key");
            failures.take(("before", 1), &sample(seq, 401), &same).expect("nothing is written");
            let each = said(&format!("request {seq} is one too many"));
            failures.take(("before", 1), &sample(seq, 429), &each).expect("nothing is written");
            failures.take(("after", 1), &sample(seq, 401), &same).expect("nothing is written");
        }
        let of = |part: &str, status| {
            let notes = failures.notes().into_iter();
            notes.filter(|note| note.part == part && note.status == Some(status)).count()
        };
        assert_eq!([of("before", 401), of("before", 429), of("after", 401)], [1, OF_A_KIND, 1]);
        for status in 400..500 {
            for seq in 0..9 {
                let each = said(&format!("{seq}"));
                failures.take(("after", 2), &sample(seq, status), &each).expect("nothing is written");
            }
        }
        assert_eq!(failures.notes().len(), MOST);
    }

    #[test]
    fn what_is_kept_can_be_shown() {
        let mut failures = failures(&["sk-0123456789"]);
        let long = format!("{}ü", "x".repeat(FailedAnswer::OPENING - 1));
        for (seq, text) in [" {\"key\":\"sk-0123456789\"}\n", "\x1b[2J", &long].into_iter().enumerate() {
            failures.take(("before", 1), &sample(seq as u64, 401), &said(text)).expect("nothing is written");
        }
        let x = "x".repeat(FailedAnswer::OPENING - 1);
        assert_eq!(bodies(&failures), [r"\u{1b}[2J", &x, "{\"key\":\"***\"}"]);
        let to =
            FailedAnswer { location: Some("/?key=sk-0123456789\u{7}".into()), ..FailedAnswer::default() };
        failures.take(("before", 1), &sample(9, 301), &to).expect("nothing is written");
        let note = failures.notes().into_iter().find(|note| note.status == Some(301)).expect("a note");
        assert_eq!((note.location.as_deref(), note.body), (Some("/?key=***\\u{7}"), None));
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_such() {
        let mut failures = failures(&[]);
        let failed =
            FailedAnswer { opening: Bytes::from_static(b"\x1f\x8b\x08ok"), ..FailedAnswer::default() };
        failures.take(("before", 1), &sample(0, 500), &failed).expect("nothing is written");
        assert_eq!(bodies(&failures), ["\\u{1f}\u{fffd}\\u{8}ok"]);
    }

    #[test]
    fn a_line_is_read_as_it_is_written() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut failures =
            FailureLog::new(Box::new(file.reopen().expect("the file is there")), Mask::default());
        failures.take(("before", 2), &sample(7, 503), &said("busy")).expect("the disk has room");
        let text = std::fs::read_to_string(file.path()).expect("text");
        let note: FailureNote = serde_json::from_str(text.trim_end()).expect("JSON");
        assert_eq!(vec![note], failures.notes());
    }
}
