//! Why a request failed, in one fixed word.

use std::str::FromStr;

/// Why a request has no usable answer: the fixed words of the `error` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The name could not be resolved.
    Dns,
    /// Nobody listens at the address.
    ConnectRefused,
    /// The connection could not be established for another reason.
    ConnectFailed,
    /// A limit of this machine was hit: file descriptors or local ports.
    LocalLimit,
    /// The TLS handshake failed.
    Tls,
    /// The peer reset the connection.
    Reset,
    /// The peer closed the connection before the answer was complete.
    Closed,
    /// The deadline, counted from due, passed.
    Timeout,
    /// The peer does not speak HTTP/1.1, or a batch answer does not fit its batch.
    Protocol,
    /// The answer grew past `target.max_answer_bytes`.
    TooLarge,
    /// The answer does not say what `target.success` asks for.
    CheckFailed,
    /// A redirect, which is not followed.
    Http3xx,
    /// The server refused the request.
    Http4xx,
    /// The server failed or shed load.
    Http5xx,
    /// The run was interrupted while the request was under way.
    Interrupted,
    /// The run ended before the request was sent.
    Unsent,
}

impl ErrorKind {
    /// All words, in the order of the variants.
    pub const ALL: [ErrorKind; 16] = [
        ErrorKind::Dns,
        ErrorKind::ConnectRefused,
        ErrorKind::ConnectFailed,
        ErrorKind::LocalLimit,
        ErrorKind::Tls,
        ErrorKind::Reset,
        ErrorKind::Closed,
        ErrorKind::Timeout,
        ErrorKind::Protocol,
        ErrorKind::TooLarge,
        ErrorKind::CheckFailed,
        ErrorKind::Http3xx,
        ErrorKind::Http4xx,
        ErrorKind::Http5xx,
        ErrorKind::Interrupted,
        ErrorKind::Unsent,
    ];

    /// The word in files and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorKind::Dns => "dns",
            ErrorKind::ConnectRefused => "connect_refused",
            ErrorKind::ConnectFailed => "connect_failed",
            ErrorKind::LocalLimit => "local_limit",
            ErrorKind::Tls => "tls",
            ErrorKind::Reset => "reset",
            ErrorKind::Closed => "closed",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Protocol => "protocol",
            ErrorKind::TooLarge => "too_large",
            ErrorKind::CheckFailed => "check_failed",
            ErrorKind::Http3xx => "http_3xx",
            ErrorKind::Http4xx => "http_4xx",
            ErrorKind::Http5xx => "http_5xx",
            ErrorKind::Interrupted => "interrupted",
            ErrorKind::Unsent => "unsent",
        }
    }

    /// Whether such a request never had a connection to anybody.
    pub const fn reached_nobody(self) -> bool {
        use ErrorKind::{ConnectFailed, ConnectRefused, Dns, LocalLimit, Tls};
        matches!(self, Dns | ConnectRefused | ConnectFailed | LocalLimit | Tls)
    }

    /// Whether its connection ended under it: on a new one, without a byte of an answer, nobody may have been there either.
    pub const fn lost_connection(self) -> bool {
        matches!(self, ErrorKind::Reset | ErrorKind::Closed)
    }

    /// The word for an HTTP status that is no success; `None` for 2xx.
    pub fn from_status(status: u16) -> Option<Self> {
        match status {
            200..=299 => None,
            300..=399 => Some(ErrorKind::Http3xx),
            400..=499 => Some(ErrorKind::Http4xx),
            500..=599 => Some(ErrorKind::Http5xx),
            _ => Some(ErrorKind::Protocol),
        }
    }
}

impl FromStr for ErrorKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = ErrorKind::ALL.into_iter().find(|word| word.name() == text);
        known.ok_or_else(|| format!("unknown error word `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_round_trip() {
        for word in ErrorKind::ALL {
            assert_eq!(word.name().parse(), Ok(word));
        }
        assert!("slow".parse::<ErrorKind>().is_err());
    }
    #[test]
    fn the_docs_explain_every_word() {
        let page = include_str!("../../docs/cli.md");
        for word in ErrorKind::ALL {
            assert!(page.contains(&format!("`{}`", word.name())), "{}", word.name());
        }
    }
}
