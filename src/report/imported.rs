//! What stands for what in an imported log.

use std::fmt::Write;

use crate::model::{ImportRecord, Merged};

/// The row of the equivalence table, a line a question.
pub fn imported(record: &ImportRecord, requests: u64, failed: u64) -> String {
    let ImportRecord { file, format, left_out, equivalence } = record;
    let mut text = format!("{file}: {format}, {requests} requests, {failed} of them failed");
    let mut line = |name: &str, words: &str| {
        let _ = write!(text, "\n  {name:<10}{words}");
    };
    line("latency", &format!("{} ({})", equivalence.span(), equivalence.latency));
    let merged: Vec<_> = equivalence
        .merged
        .iter()
        .map(|Merged { stage, into }| format!("{} in {}", stage.name(), into.name()))
        .collect();
    let merged = if merged.is_empty() { "nothing".to_string() } else { merged.join(", ") };
    line("merged", &merged);
    line("failures", &equivalence.failures);
    equivalence.derived.iter().for_each(|derived| line("derived", derived));
    left_out.iter().for_each(|left_out| line("left out", left_out));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Equivalence, Stage};

    #[test]
    fn every_question_has_its_line() {
        let equivalence =
            Equivalence { derived: vec!["a = b − c".into()], ..Equivalence::own(&[Stage::Dns]) };
        let record =
            ImportRecord { file: "k6.csv".into(), format: "k6 CSV".into(), left_out: None, equivalence };
        let text = imported(&record, 40, 3);
        let expected = "k6.csv: k6 CSV, 40 requests, 3 of them failed\n  latency   from when the request was due to the \
                        last byte of the answer (latency_ms)\n  merged    dns in connect\n  failures  all are \
                        there\n  derived   a = b − c";
        assert_eq!(text, expected);
    }
}
