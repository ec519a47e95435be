//! The answers themselves, for people who ask what differed: distinct ones by digest, bounded.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use bytes::Bytes;
use serde_json::Value;

use crate::model::Digest;

/// Requests whose answers are kept: the same ones in every phase and repetition, so that an
/// answer that differs stands beside the one it differs from.
const KEPT_REQUESTS: u64 = 128;
/// Bytes of answers kept in one run.
const KEPT_BYTES: usize = 512 * 1024;
/// Spellings whose digest is remembered.
const REMEMBERED: usize = 4_096;

/// Digests answers and keeps a bounded part of them.
pub struct Answers {
    sink: Box<dyn Write + Send>,
    kept: HashSet<Digest>,
    bytes: usize,
    /// Digest of the bytes → digest of the value, because parsing an answer costs more than hashing it.
    known: HashMap<Digest, Digest>,
}

impl Answers {
    /// Keeps answers in `sink`, one JSON object a line.
    pub fn new(sink: Box<dyn Write + Send>) -> Self {
        Answers { sink, kept: HashSet::new(), bytes: 0, known: HashMap::new() }
    }

    /// The digest of an answer as canonical JSON; keeps the answer if it is new and there is room.
    pub fn take(&mut self, seq: u64, answer: &Bytes) -> std::io::Result<Digest> {
        let digest = self.digest(answer);
        let room = seq < KEPT_REQUESTS && self.bytes + answer.len() <= KEPT_BYTES;
        if room && self.kept.insert(digest) {
            self.bytes += answer.len();
            let value = serde_json::from_slice(answer)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(answer).into_owned()));
            let line = serde_json::json!({"digest": digest.to_string(), "seq": seq, "answer": value});
            writeln!(self.sink, "{line}")?;
        }
        Ok(digest)
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }

    fn digest(&mut self, answer: &Bytes) -> Digest {
        let spelling = Digest::of(answer);
        if self.known.len() == REMEMBERED {
            self.known.clear();
        }
        *self.known.entry(spelling).or_insert_with(|| Digest::of_answer(answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_answers_are_kept_once_and_within_bounds() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut answers = Answers::new(Box::new(file.reopen().expect("the file is there")));
        let first = answers.take(0, &Bytes::from_static(b"{\"a\": 1}")).expect("the disk has room");
        let same = answers.take(1, &Bytes::from_static(b"{\"a\":1}")).expect("the disk has room");
        assert_eq!(first, same);
        answers.take(2, &Bytes::from_static(b"not json")).expect("the disk has room");
        answers.take(KEPT_REQUESTS, &Bytes::from_static(b"{}")).expect("the disk has room");
        answers.take(3, &Bytes::from(vec![b'x'; KEPT_BYTES])).expect("the disk has room");
        let text = std::fs::read_to_string(file.path()).expect("text");
        assert_eq!(text.lines().count(), 2, "{text}");
    }
}
