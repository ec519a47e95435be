//! The answers themselves, for people who ask what differed: distinct ones by digest, bounded.

use std::collections::HashSet;
use std::io::Write;

use crate::model::{AnswerDigest, Canonical, Digest};

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
    canonical: Canonical,
    /// A short answer and its digest: a server that gives one answer to all is asked often, to see what the rest costs.
    last: (Vec<u8>, Digest),
}

impl Answers {
    /// Keeps answers in `sink`, one JSON object a line.
    pub fn new(sink: Box<dyn Write + Send>) -> Self {
        Answers {
            sink,
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
            let text = text.map(String::from_utf8_lossy);
            let text =
                text.unwrap_or_else(|| serde_json::json!(String::from_utf8_lossy(answer)).to_string().into());
            writeln!(self.sink, r#"{{"answer":{text},"digest":"{digest}","seq":{seq}}}"#)?;
        }
        Ok(digest)
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_costly_to_read_is_told_by_its_bytes() {
        let mut answers = Answers::new(Box::new(std::io::sink()));
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
        let mut answers = Answers::new(Box::new(file.reopen().expect("the file is there")));
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
