//! Why a load without one success failed: the errors by their words, what to do about each, and the lines of the SLA.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::words;
use crate::analyze::{FailureGroup, SentBy, remedy};
use crate::model::{ErrorKind, FailureNote, SlaLine, Unit};
use crate::runlog::Live;

/// Several lines for people, with what the server said in `notes`.
pub fn failed_load(live: &Live, sla: &[SlaLine], notes: &[FailureNote], sent_by: &SentBy) -> String {
    let mut by_word: BTreeMap<ErrorKind, u64> = BTreeMap::new();
    live.failures.iter().for_each(|((error, _), count)| *by_word.entry(*error).or_default() += count);
    let mut errors: Vec<_> = by_word.into_iter().collect();
    errors.sort_by_key(|(error, count)| (std::cmp::Reverse(*count), *error));
    let counted: Vec<_> = errors.iter().map(|(error, count)| format!("{} {count}", error.name())).collect();
    let mut text = match live.ended {
        0 => "error: no request was sent".to_string(),
        sent => format!("error: none of {sent} requests succeeded: {}", counted.join(", ")),
    };
    for group in FailureGroup::of(live.failures.clone()) {
        let status = group.status.map_or(String::new(), |status| format!(" {status}"));
        let remedy = remedy(group.error, group.status, &said(&group, notes), sent_by);
        let _ = write!(text, "\n  {}{status}: {remedy}", group.error.name());
    }
    for line in sla {
        let (figure, kept) = without_success(line);
        let verdict = if kept { "met" } else { "missed" };
        let _ = write!(text, "\n  SLA {}: {verdict}, {figure}", line_in_words(line));
    }
    text
}

fn line_in_words(line: &SlaLine) -> String {
    let metric = line.metric();
    let (unit, scale) = match metric.unit() {
        Unit::Share => ("%", 100.0),
        unit => (unit.name(), 1.0),
    };
    format!("{} {} {} {unit}", words::metric(metric), words::sign(metric), line.limit().value() * scale)
}

/// What a line comes to without one success, and whether that keeps it.
fn without_success(line: &SlaLine) -> (&'static str, bool) {
    let keeps = |value| line.metric().keeps(value, line.limit().value());
    match line.metric().unit() {
        Unit::Milliseconds => ("no answer at that rank", false),
        Unit::Share => ("it is 100 %", keeps(1.0)),
        Unit::RequestsPerSecond => ("it is 0", keeps(0.0)),
    }
}

/// What was said of the failures of a group.
fn said(group: &FailureGroup, notes: &[FailureNote]) -> String {
    let of_group = |note: &&FailureNote| note.error == group.error.name() && note.status == group.status;
    let words = notes.iter().filter(of_group).flat_map(|note| [&note.reason, &note.body]);
    words.flatten().cloned().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted_with_their_remedies_and_all_lines_are_missed() {
        let failures = [((ErrorKind::Timeout, None), 3), ((ErrorKind::ConnectRefused, None), 17)].into();
        let live = Live { ended: 20, failed: 20, failures, ..Live::default() };
        let lines = [("p95", "800ms"), ("error_rate", "1%"), ("throughput", "100rps")];
        let sla = lines.map(|(metric, limit)| SlaLine::parse(metric, limit).expect("a good line"));
        let text = failed_load(&live, &sla, &[], &SentBy::default());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "error: none of 20 requests succeeded: connect_refused 17, timeout 3");
        assert!(
            lines[1].starts_with("  connect_refused: ")
                && lines[1].contains("--target")
                && lines[2].contains("--timeout"),
            "{text}"
        );
        assert_eq!(
            lines[3..],
            [
                "  SLA P95 ≤ 800 ms: missed, no answer at that rank",
                "  SLA error rate ≤ 1 %: missed, it is 100 %",
                "  SLA throughput ≥ 100 requests/s: missed, it is 0",
            ]
        );
    }
    #[test]
    fn the_remedy_knows_the_status_and_what_was_said() {
        let failures = [((ErrorKind::Http4xx, Some(400)), 20)].into();
        let live = Live { ended: 20, failed: 20, failures, ..Live::default() };
        let note = FailureNote {
            error: "http_4xx".into(),
            status: Some(400),
            body: Some("No required SSL certificate was sent".into()),
            ..FailureNote::default()
        };
        let text = failed_load(&live, &[], &[note], &SentBy::default());
        assert!(text.contains("\n  http_4xx 400: ") && text.contains("--cert FILE --key FILE"), "{text}");
    }
}
