//! Other tools' words for failures, as this tool's.

use crate::model::ErrorKind;

/// What a text says, by the first of its words that is known; what none of them fits failed by the tool's own word.
const WORDS: [(&str, ErrorKind); 25] = [
    ("no such host", ErrorKind::Dns),
    ("lookup", ErrorKind::Dns),
    ("resolve", ErrorKind::Dns),
    ("name or service", ErrorKind::Dns),
    ("refused", ErrorKind::ConnectRefused),
    ("too many open files", ErrorKind::LocalLimit),
    ("assign requested address", ErrorKind::LocalLimit),
    ("x509", ErrorKind::Tls),
    ("certificate", ErrorKind::Tls),
    ("tls", ErrorKind::Tls),
    ("handshake", ErrorKind::Tls),
    ("timeout", ErrorKind::Timeout),
    ("timed out", ErrorKind::Timeout),
    ("deadline", ErrorKind::Timeout),
    ("reset", ErrorKind::Reset),
    ("broken pipe", ErrorKind::Reset),
    ("eof", ErrorKind::Closed),
    ("closed", ErrorKind::Closed),
    ("disconnect", ErrorKind::Closed),
    ("cancel", ErrorKind::Interrupted),
    ("interrupt", ErrorKind::Interrupted),
    ("unreachable", ErrorKind::ConnectFailed),
    ("connect", ErrorKind::ConnectFailed),
    ("malformed", ErrorKind::Protocol),
    ("protocol", ErrorKind::Protocol),
];

/// What a text says of a failure; empty is none.
pub(super) fn of_text(text: &str) -> Option<ErrorKind> {
    if text.is_empty() {
        return None;
    }
    let lower = text.to_lowercase();
    let known = WORDS.into_iter().find(|(word, _)| lower.contains(word));
    Some(known.map_or(ErrorKind::CheckFailed, |(_, kind)| kind))
}

/// What k6's number of an error says: https://grafana.com/docs/k6/latest/javascript-api/error-codes/
pub(super) fn of_k6(code: u16) -> ErrorKind {
    match code {
        1050 | 1211 => ErrorKind::Timeout,
        1100..1200 => ErrorKind::Dns,
        1212 => ErrorKind::ConnectRefused,
        1220 | 1201 => ErrorKind::Reset,
        1200..1300 => ErrorKind::ConnectFailed,
        1300..1400 => ErrorKind::Tls,
        1400..1500 => ErrorKind::Http4xx,
        1500..1600 => ErrorKind::Http5xx,
        1600..1700 => ErrorKind::Protocol,
        _ => ErrorKind::CheckFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_real_tools_are_understood() {
        let cases = [
            (
                "Post \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused",
                ErrorKind::ConnectRefused,
            ),
            ("dial tcp: lookup nowhere.invalid: no such host", ErrorKind::Dns),
            (
                "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                ErrorKind::Timeout,
            ),
            ("read tcp 127.0.0.1:5->127.0.0.1:1: read: connection reset by peer", ErrorKind::Reset),
            ("Post \"http://127.0.0.1:1/\": EOF", ErrorKind::Closed),
            (
                "tls: failed to verify certificate: x509: certificate signed by unknown authority",
                ErrorKind::Tls,
            ),
            ("ServerDisconnectedError: Server disconnected", ErrorKind::Closed),
            ("wrong answer", ErrorKind::CheckFailed),
        ];
        for (text, kind) in cases {
            assert_eq!(of_text(text), Some(kind), "{text}");
        }
        assert_eq!((of_text(""), of_k6(1503), of_k6(1050)), (None, ErrorKind::Http5xx, ErrorKind::Timeout));
    }
}
