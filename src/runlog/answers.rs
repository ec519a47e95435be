//! The answers themselves, for people who ask what differed: distinct ones by digest, bounded.

use std::collections::HashSet;
use std::io::Write;

use serde::de::IgnoredAny;

use super::streamed_answer;
use crate::model::{AnswerDigest, AnswerView, Canonical, Digest, Mask};

/// Requests whose answers may be kept: the same ones in every phase and repetition, so that an answer that differs stands beside the
/// one it differs from.
const KEPT_REQUESTS: u64 = 65_536;
/// Bytes after which no further request's answers are kept: what is left of the room is for other answers to the same ones.
const FIRST_BYTES: usize = 4 << 20;
/// Bytes of answers kept in one run.
const KEPT_BYTES: usize = 32 << 20;
/// Bytes of a line beside its answer.
const LINE: usize = 72;
/// An answer of this length is compared with the one before sooner than it is read.
const SHORT: usize = 1_024;

/// Digests answers and keeps a bounded part of them.
pub struct Answers {
    sink: Box<dyn Write + Send>,
    kept: HashSet<Digest>,
    bytes: usize,
    /// The last request of which an answer was kept.
    last_kept: u64,
    /// The first request whose answers are not kept.
    end: u64,
    view: AnswerView,
    api: Option<&'static str>,
    mask: Mask,
    canonical: Canonical,
    /// A short answer and its digest: a server that gives one answer to all is asked often, to see what the rest costs.
    last: (Vec<u8>, Digest),
}

impl Answers {
    /// Keeps answers in `sink`, one JSON object a line, without what `mask` hides: a server may repeat a key that it was given.
    /// Of each only what `view` shows is digested and kept.
    pub fn new(sink: Box<dyn Write + Send>, mask: Mask, view: AnswerView) -> Self {
        Answers {
            sink,
            mask,
            kept: HashSet::new(),
            bytes: 0,
            last_kept: 0,
            end: KEPT_REQUESTS,
            view,
            api: None,
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
        let room = seq < self.end && self.bytes + answer.len() <= KEPT_BYTES;
        if self.last.0 == answer && (!room || self.kept.contains(&self.last.1)) {
            return Ok(self.last.1);
        }
        let text = self.canonical.text(answer);
        let seen = match text {
            Some(text) => self.view.of(text),
            None if self.view.knows() => streamed_answer::document(answer),
            None => None,
        };
        if seen.is_some() && self.api.is_none() {
            self.api = text.map_or(Some(streamed_answer::API), |text| self.view.api(text));
        }
        let text = seen.as_deref().or(text);
        let digest = Digest::of(text.unwrap_or(answer));
        if answer.len() <= SHORT {
            self.last.0.clear();
            self.last.0.extend_from_slice(answer);
            self.last.1 = digest;
        }
        if room && self.kept.insert(digest) {
            let text = shown(&self.mask, text, answer);
            self.bytes += text.len() + LINE;
            self.last_kept = self.last_kept.max(seq);
            if self.bytes > FIRST_BYTES && self.end == KEPT_REQUESTS {
                self.end = self.last_kept + 1;
            }
            writeln!(self.sink, r#"{{"answer":{text},"digest":"{digest}","seq":{seq}}}"#)?;
        }
        Ok(digest)
    }

    /// The known API whose answers came, if any did.
    pub fn api(&self) -> Option<&'static str> {
        self.api
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
        let mut answers = Answers::new(sink, Mask::new(&["sk-0123456789", "7"]), AnswerView::default());
        let given = [r#"{"you":"sk-0123456789","n":17}"#, r#"{"n":7}"#, "hello sk-0123456789"];
        let digests: Vec<_> = given.iter().map(|answer| answers.take(0, answer.as_bytes())).collect();
        let mut plain = Answers::new(Box::new(std::io::sink()), Mask::default(), AnswerView::default());
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
        let mut answers = Answers::new(Box::new(std::io::sink()), Mask::default(), AnswerView::default());
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

    fn new(file: &tempfile::NamedTempFile) -> Answers {
        Answers::new(
            Box::new(file.reopen().expect("the file is there")),
            Mask::default(),
            AnswerView::default(),
        )
    }

    #[test]
    fn distinct_answers_are_kept_once() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut answers = new(&file);
        let first = answers.take(0, b"{\"a\": 1}").expect("the disk has room");
        let same = answers.take(1, b"{\"a\":1}").expect("the disk has room");
        assert_eq!(first, same);
        assert_eq!(answers.take(1, b"{\"a\":1}").expect("the disk has room"), first, "the very same");
        answers.take(2, b"not json").expect("the disk has room");
        answers.take(KEPT_REQUESTS, b"{}").expect("the disk has room");
        answers.take(0, b"").expect("the disk has room");
        answers.take(KEPT_REQUESTS, b"[]").expect("the disk has room");
        answers.take(7, b"[]").expect("the disk has room");
        let text = std::fs::read_to_string(file.path()).expect("text");
        let lines: Vec<_> = text.lines().map(|line| line.split(',').next().expect("an answer")).collect();
        let kept = [r#"{"answer":{"a":1}"#, r#"{"answer":"not json""#, r#"{"answer":"""#, r#"{"answer":[]"#];
        assert_eq!(lines, kept, "the last one was seen first of a request whose answer is not kept");
    }

    #[test]
    fn what_differs_has_room_beside_what_came_first() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut answers = new(&file);
        let long = |seq: u64, phase: u64| format!("\"{}{seq}-{phase}\"", "x".repeat(64 << 10));
        for phase in 0..9 {
            for seq in 0..100 {
                answers.take(seq, long(seq, phase).as_bytes()).expect("the disk has room");
            }
        }
        let text = std::fs::read_to_string(file.path()).expect("text");
        assert!((FIRST_BYTES..KEPT_BYTES + (128 << 10)).contains(&text.len()), "{}", text.len());
        let of = |seq: u64| text.lines().filter(|line| line.ends_with(&format!("\"seq\":{seq}}}"))).count();
        let each: Vec<_> = (0..100).map(of).collect();
        assert!(each[..60].iter().all(|kept| (7..=8).contains(kept)), "{each:?}");
        assert!(each[64..].iter().all(|kept| *kept == 0), "{each:?}");
    }

    #[test]
    fn what_the_view_leaves_out_makes_no_answer_another_one() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let sink = Box::new(file.reopen().expect("the file is there"));
        let mut answers = Answers::new(sink, Mask::default(), AnswerView::new(true, &[], &[]));
        let chat = |id: u32| {
            format!("{{\"object\":\"text_completion\",\"id\":{id},\"choices\":[{{\"text\":\"x\"}}]}}")
        };
        let digests = [1, 2].map(|id| answers.take(0, chat(id).as_bytes()).expect("the disk has room"));
        assert_eq!(digests[0], digests[1]);
        let text = std::fs::read_to_string(file.path()).expect("text");
        let kept = r#"{"choices":[{"text":"x"}],"object":"text_completion"}"#;
        assert_eq!(digests[0].digest(), Digest::of(kept.as_bytes()));
        assert_eq!(text, format!("{{\"answer\":{kept},\"digest\":\"{}\",\"seq\":0}}\n", digests[0].digest()));
    }
}
