//! What an answer must say to be a success, beyond its status: an error may come with 200 too.

use std::fmt;

use serde::Serialize;

use super::{Canonical, JsonPointer};

/// All of these must hold; no check is no condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerChecks(Vec<AnswerCheck>);

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerCheck {
    /// Where.
    pub pointer: JsonPointer,
    /// What.
    pub wanted: Demanded,
}

/// What must be at a place. `null` counts as nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demanded {
    /// This JSON value, however it is spelled.
    Equals(String),
    /// Anything.
    Present,
    /// Nothing.
    Absent,
}

impl AnswerChecks {
    /// These ones.
    pub fn new(checks: Vec<AnswerCheck>) -> Self {
        AnswerChecks(checks)
    }

    /// Whether any answer passes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an answer is what it should be; one that is no JSON never is.
    pub fn pass(&self, answer: &[u8]) -> bool {
        self.broken(answer).is_none()
    }

    /// The first condition that an answer does not meet.
    pub fn broken(&self, answer: &[u8]) -> Option<&AnswerCheck> {
        let answer = std::str::from_utf8(answer).ok();
        self.0.iter().find(|check| !answer.is_some_and(|answer| check.passes(answer)))
    }
}

impl AnswerCheck {
    fn passes(&self, answer: &str) -> bool {
        let Ok(found) = self.pointer.find(answer) else { return false };
        match &self.wanted {
            Demanded::Equals(value) => found.is_some_and(|found| same(found, value)),
            Demanded::Present => found.is_some_and(|found| found != "null"),
            Demanded::Absent => found.is_none_or(|found| found == "null"),
        }
    }
}

/// Whether two documents are one value.
fn same(one: &str, other: &str) -> bool {
    let text = |document: &str| Canonical::default().text(document.as_bytes()).map(<[u8]>::to_vec);
    one == other || text(one).is_some_and(|one| Some(one) == text(other))
}

impl fmt::Display for AnswerCheck {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let pointer = &self.pointer;
        match &self.wanted {
            Demanded::Equals(value) => write!(to, "{pointer} equals {value}"),
            Demanded::Present => write!(to, "{pointer} present"),
            Demanded::Absent => write!(to, "{pointer} absent"),
        }
    }
}

impl Serialize for AnswerChecks {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ToString::to_string))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(pointer: &str, wanted: Demanded, answer: &str) -> bool {
        let pointer = pointer.parse().expect(pointer);
        AnswerChecks::new(vec![AnswerCheck { pointer, wanted }]).pass(answer.as_bytes())
    }

    #[test]
    fn a_value_is_equal_however_it_is_spelled() {
        let ok = || Demanded::Equals("\"ok\"".into());
        assert!(
            passes("/status", ok(), "{\"status\": \"ok\"}")
                && passes("/status", ok(), "{\"status\": \"\\u006fk\"}")
        );
        for answer in ["{\"status\": \"OK\"}", "{\"status\": null}", "{}", "ok", "", "{\"status\": \"ok\""] {
            assert!(!passes("/status", ok(), answer), "{answer}");
        }
        let one = || Demanded::Equals("1".into());
        assert!(
            passes("/0", one(), "[1]") && passes("/0", one(), "[1.0]") && !passes("/0", one(), "[\"1\"]")
        );
    }

    #[test]
    fn null_is_nothing() {
        for (answer, there) in [
            ("{\"error\": null}", false),
            ("{}", false),
            ("{\"error\": {}}", true),
            ("{\"error\": false}", true),
        ] {
            assert_eq!(passes("/error", Demanded::Present, answer), there, "{answer}");
            assert_eq!(passes("/error", Demanded::Absent, answer), !there, "{answer}");
        }
        assert!(!passes("/error", Demanded::Absent, "no JSON"), "nothing is known of it");
    }

    #[test]
    fn all_checks_must_hold_and_none_is_no_condition() {
        assert!(AnswerChecks::default().pass(b"\xff"));
        let check = |pointer: &str| AnswerCheck {
            pointer: pointer.parse().expect(pointer),
            wanted: Demanded::Present,
        };
        let both = AnswerChecks::new(vec![check("/a"), check("/b")]);
        assert_eq!(both.broken(b"{\"a\":1}").map(ToString::to_string).as_deref(), Some("/b present"));
        assert!(both.pass(b"{\"a\":1,\"b\":2}") && !both.pass(b"{\"a\":1}") && !both.pass(b"\xff"));
        assert_eq!(serde_json::to_string(&both).expect("a list"), "[\"/a present\",\"/b present\"]");
    }
}
