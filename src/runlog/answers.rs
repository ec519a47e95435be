//! The answers themselves, for people who ask what differed: distinct ones by digest, bounded.

use std::collections::HashSet;
use std::io::Write;

use crate::model::{Canonical, Digest};

/// Requests whose answers are kept: the same ones in every phase and repetition, so that an
/// answer that differs stands beside the one it differs from.
const KEPT_REQUESTS: u64 = 128;
/// Bytes of answers kept in one run.
const KEPT_BYTES: usize = 512 * 1024;

/// Digests answers and keeps a bounded part of them.
pub struct Answers {
    sink: Box<dyn Write + Send>,
    kept: HashSet<Digest>,
    bytes: usize,
    canonical: Canonical,
}

impl Answers {
    /// Keeps answers in `sink`, one JSON object a line.
    pub fn new(sink: Box<dyn Write + Send>) -> Self {
        Answers { sink, kept: HashSet::new(), bytes: 0, canonical: Canonical::default() }
    }

    /// The digest of an answer as canonical JSON; keeps the answer if it is new and there is room.
    pub fn take(&mut self, seq: u64, answer: &[u8]) -> std::io::Result<Digest> {
        let text = self.canonical.text(answer);
        let digest = Digest::of(text.unwrap_or(answer));
        let room = seq < KEPT_REQUESTS && self.bytes + answer.len() <= KEPT_BYTES;
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
    fn distinct_answers_are_kept_once_and_within_bounds() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut answers = Answers::new(Box::new(file.reopen().expect("the file is there")));
        let first = answers.take(0, b"{\"a\": 1}").expect("the disk has room");
        let same = answers.take(1, b"{\"a\":1}").expect("the disk has room");
        assert_eq!(first, same);
        answers.take(2, b"not json").expect("the disk has room");
        answers.take(KEPT_REQUESTS, b"{}").expect("the disk has room");
        answers.take(3, &vec![b'x'; KEPT_BYTES]).expect("the disk has room");
        let text = std::fs::read_to_string(file.path()).expect("text");
        let lines: Vec<_> =
            text.lines().map(|line| &line[..line.find("digest").expect("it has one")]).collect();
        assert_eq!(lines, [r#"{"answer":{"a":1},""#, r#"{"answer":"not json",""#]);
    }
}
