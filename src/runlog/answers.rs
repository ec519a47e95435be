//! The answers themselves, for people who ask what differed: distinct ones by digest, bounded.

use std::collections::HashSet;
use std::io::Write;

use serde::de::IgnoredAny;

use crate::model::{AnswerDigest, Canonical, Digest, Mask};

/// Requests whose answers are kept: the same ones in every phase and repetition, so that an
/// answer that differs stands beside the one it differs from.
const KEPT_REQUESTS: u64 = 128;
/// Bytes of answers kept in one run.
const KEPT_BYTES: usize = 512 * 1024;
/// An answer of this length is compared with the one before sooner than it is read.
const SHORT: usize = 1_024;

/// Digests answers and keeps a bounded part of them.
pub struct Answers {
    sink: Box<dyn Write + Send>,
    kept: HashSet<Digest>,
    bytes: usize,
    mask: Mask,
    canonical: Canonical,
    /// A short answer and its digest: a server that gives one answer to all is asked often, to see what the rest costs.
    last: (Vec<u8>, Digest),
}

impl Answers {
    /// Keeps answers in `sink`, one JSON object a line, without what `mask` hides: a server may repeat a key that it was given.
    pub fn new(sink: Box<dyn Write + Send>, mask: Mask) -> Self {
        Answers {
            sink,
            mask,
            kept: HashSet::new(),
            bytes: 0,
            canonical: Canonical::default(),
            last: (Vec::new(), Digest::of(b"")),
        }
    }

    /// The digest of an answer as canonical JSON, or of its bytes where that would cost too much; keeps the answer if it is new and
    /// there is room.
    pub fn take(&mut self, seq: u64, answer: &[u8]) -> std::io::Result<AnswerDigest> {
        if !Canonical::takes(answer) {
            return Ok(AnswerDigest::OfBytes(Digest::of(answer)));
        }
        self.value(seq, answer).map(AnswerDigest::OfValue)
    }

    fn value(&mut self, seq: u64, answer: &[u8]) -> std::io::Result<Digest> {
        let room = seq < KEPT_REQUESTS && self.bytes + answer.len() <= KEPT_BYTES;
        if self.last.0 == answer && (!room || self.kept.contains(&self.last.1)) {
            return Ok(self.last.1);
        }
        let text = self.canonical.text(answer);
        let digest = Digest::of(text.unwrap_or(answer));
        if answer.len() <= SHORT {
            self.last.0.clear();
            self.last.0.extend_from_slice(answer);
            self.last.1 = digest;
        }
        if room && self.kept.insert(digest) {
            self.bytes += answer.len();
            let text = shown(&self.mask, text, answer);
            writeln!(self.sink, r#"{{"answer":{text},"digest":"{digest}","seq":{seq}}}"#)?;
        }
        Ok(digest)
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}

/// What is kept of an answer: its canonical text, or the text that it is where it is no JSON. Of a secret that is a number nothing
/// is left that JSON has a form for.
fn shown(mask: &Mask, canonical: Option<&[u8]>, answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(canonical.unwrap_or(answer));
    let masked = mask.apply(&text, false);
    let is_json =
        canonical.is_some() && (masked == text || serde_json::from_str::<IgnoredAny>(&masked).is_ok());
    if is_json { masked } else { serde_json::Value::from(masked).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_no_secret_and_the_digest_is_that_of_the_true_answer() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let sink = Box::new(file.reopen().expect("the file is there"));
        let mut answers = Answers::new(sink, Mask::new(&["sk-0123456789", "7"]));
        let given = [r#"{"you":"sk-0123456789","n":17}"#, r#"{"n":7}"#, "hello sk-0123456789"];
        let digests: Vec<_> = given.iter().map(|answer| answers.take(0, answer.as_bytes())).collect();
        let mut plain = Answers::new(Box::new(std::io::sink()), Mask::default());
        for (answer, digest) in given.iter().zip(digests) {
            let digest = digest.expect("the disk has room");
            assert_eq!(digest, plain.take(0, answer.as_bytes()).expect("nothing is written"));
        }
        let text = std::fs::read_to_string(file.path()).expect("text");
        let kept: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let shown: Vec<_> = kept.iter().map(|line| line["answer"].to_string()).collect();
        assert_eq!(shown, [r#"{"n":17,"you":"***"}"#, r#""{\"n\":***}""#, r#""hello ***""#]);
    }

    #[test]
    fn an_answer_that_is_costly_to_read_is_told_by_its_bytes() {
        let mut answers = Answers::new(Box::new(std::io::sink()), Mask::default());
        let members = format!("{{{}\"b\":1}}", "\"a\":1,".repeat(200_000));
        for (answer, read) in [
            (format!("\"{}\"", "x".repeat(1_000_000)), true),
            (format!("\"{}\"", "x".repeat(3_000_000)), false),
            (members.clone(), true),
            (format!("[{members},{members}]"), false),
        ] {
            let digest = answers.take(0, answer.as_bytes()).expect("nothing is written");
            assert_eq!(digest.is_copied(), read, "{} bytes", answer.len());
            assert!(read || digest == AnswerDigest::OfBytes(Digest::of(answer.as_bytes())));
        }
    }

    #[test]
    fn distinct_answers_are_kept_once_and_within_bounds() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut answers = Answers::new(Box::new(file.reopen().expect("the file is there")), Mask::default());
        let first = answers.take(0, b"{\"a\": 1}").expect("the disk has room");
        let same = answers.take(1, b"{\"a\":1}").expect("the disk has room");
        assert_eq!(first, same);
        assert_eq!(answers.take(1, b"{\"a\":1}").expect("the disk has room"), first, "the very same");
        answers.take(2, b"not json").expect("the disk has room");
        answers.take(KEPT_REQUESTS, b"{}").expect("the disk has room");
        answers.take(0, b"").expect("the disk has room");
        answers.take(KEPT_REQUESTS, b"[]").expect("the disk has room");
        answers.take(7, b"[]").expect("the disk has room");
        answers.take(3, &vec![b'x'; KEPT_BYTES]).expect("the disk has room");
        let text = std::fs::read_to_string(file.path()).expect("text");
        let lines: Vec<_> = text.lines().map(|line| line.split(',').next().expect("an answer")).collect();
        let kept = [r#"{"answer":{"a":1}"#, r#"{"answer":"not json""#, r#"{"answer":"""#, r#"{"answer":[]"#];
        assert_eq!(lines, kept, "the last one was seen first of a request whose answer is not kept");
    }
}
