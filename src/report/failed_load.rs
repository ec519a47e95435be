//! Why a load without one success failed: the errors by their words, what to do about each, and the lines of the SLA.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::words;
use crate::model::{ErrorKind, SlaLine, Unit};
use crate::runlog::Live;

/// Several lines for people.
pub fn failed_load(live: &Live, sla: &[SlaLine]) -> String {
    let mut by_word: BTreeMap<ErrorKind, u64> = BTreeMap::new();
    live.failures.iter().for_each(|((error, _), count)| *by_word.entry(*error).or_default() += count);
    let mut errors: Vec<_> = by_word.into_iter().collect();
    errors.sort_by_key(|(error, count)| (std::cmp::Reverse(*count), *error));
    let counted: Vec<_> = errors.iter().map(|(error, count)| format!("{} {count}", error.name())).collect();
    let mut text = match live.ended {
        0 => "error: no request was sent".to_string(),
        sent => format!("error: none of {sent} requests succeeded: {}", counted.join(", ")),
    };
    for (error, _) in errors {
        let _ = write!(text, "\n  {}: {}", error.name(), remedy(error));
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

fn remedy(error: ErrorKind) -> &'static str {
    match error {
        ErrorKind::CheckFailed => {
            "the answers do not say what target.success asks for; correct the request, or the check"
        }
        ErrorKind::Dns => "the name has no address; correct the host in --target",
        ErrorKind::ConnectRefused => "nobody listens there; start the server, or correct --target",
        ErrorKind::ConnectFailed => "no connection came to be; check the address and the network",
        ErrorKind::LocalLimit => {
            "this machine has no more ports or open files; use fewer workers (-c) or raise ulimit -n"
        }
        ErrorKind::Tls => {
            "the TLS handshake failed; check the scheme of --target and the server's certificate"
        }
        ErrorKind::Reset => "the server reset the connection; its log may say why",
        ErrorKind::Closed => {
            "the server closed the connection before its answer was complete; its log may say why"
        }
        ErrorKind::Timeout => "no complete answer came in time; raise --timeout, or use fewer workers (-c)",
        ErrorKind::Protocol => {
            "the answer cannot be understood; check that --target is the port and path of the API"
        }
        ErrorKind::TooLarge => "the answers are longer than target.max_answer_bytes; raise it",
        ErrorKind::Http3xx => "redirects are not followed; give the address that they lead to as --target",
        ErrorKind::Http4xx => {
            "the server refuses the requests; check the path in --target, headers (-H) and bodies (load.payloads)"
        }
        ErrorKind::Http5xx => "the server fails or sheds load; see its log, or use fewer workers (-c)",
        ErrorKind::Interrupted | ErrorKind::Unsent => "the run was stopped",
    }
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
        let text = failed_load(&live, &sla);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "error: none of 20 requests succeeded: connect_refused 17, timeout 3");
        assert!(lines[1].contains("--target") && lines[2].contains("--timeout"), "{text}");
        assert_eq!(
            lines[3..],
            [
                "  SLA P95 ≤ 800 ms: missed, no answer at that rank",
                "  SLA error rate ≤ 1 %: missed, it is 100 %",
                "  SLA throughput ≥ 100 requests/s: missed, it is 0",
            ]
        );
    }
}
