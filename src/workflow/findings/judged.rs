//! What the scenario's judge said of pairs of answers: a line each, so that the analysis needs no judge.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};

use serde::{Deserialize, Serialize};

use crate::analyze::AnswerPair;
use crate::model::run_files::JUDGED;
use crate::runlog::Results;

/// A score from here on is equal.
const EQUAL_FROM: f64 = 0.5;

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::workflow) struct JudgedPair {
    one: String,
    other: String,
    equal: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
}

/// A judge's word on a pair: `"equal"`, `"different"`, or a score from 0 to 1.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum JudgeWord {
    Word(String),
    Score(f64),
}

impl JudgedPair {
    /// From the line in which the judge says it; `None` if it says something else.
    pub(in crate::workflow) fn said((one, other): AnswerPair, line: &[u8]) -> Option<Self> {
        let (equal, score) = match serde_json::from_slice(line).ok()? {
            JudgeWord::Word(word) if word == "equal" => (true, None),
            JudgeWord::Word(word) if word == "different" => (false, None),
            JudgeWord::Score(score) if (0.0..=1.0).contains(&score) => (score >= EQUAL_FROM, Some(score)),
            _ => return None,
        };
        Some(JudgedPair { one: one.to_string(), other: other.to_string(), equal, score })
    }
}

/// Whether each pair that was judged is equal. A file that is not there or not whole has none.
pub(super) fn read(results: &Results) -> HashMap<AnswerPair, bool> {
    let Ok(file) = results.read(JUDGED) else { return HashMap::new() };
    let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    let judged = lines.filter_map(|line| serde_json::from_slice::<JudgedPair>(&line).ok());
    judged.filter_map(|pair| Some(((pair.one.parse().ok()?, pair.other.parse().ok()?), pair.equal))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;

    #[test]
    fn a_judge_says_equal_different_or_how_alike() {
        let pair = (Digest::of(b"1"), Digest::of(b"2"));
        let said =
            |line: &str| JudgedPair::said(pair, line.as_bytes()).map(|judged| (judged.equal, judged.score));
        assert_eq!(said(" \"equal\"\n"), Some((true, None)));
        assert_eq!(said("\"different\""), Some((false, None)));
        assert_eq!(
            [said("0.5"), said("0.49"), said("1")],
            [Some((true, Some(0.5))), Some((false, Some(0.49))), Some((true, Some(1.0)))]
        );
        for other in ["equal", "", "1.1", "-0.1", "true", "{\"score\":1}", "\"same\"", "NaN"] {
            assert_eq!(said(other), None, "{other}");
        }
    }
}
