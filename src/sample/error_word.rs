//! Why a request failed, in one fixed word.

use std::str::FromStr;

/// Why a request has no usable answer: the fixed words of the `error` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorWord {
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

impl ErrorWord {
    /// All words, in the order of the variants.
    pub const ALL: [ErrorWord; 14] = [
        ErrorWord::Dns,
        ErrorWord::ConnectRefused,
        ErrorWord::ConnectFailed,
        ErrorWord::LocalLimit,
        ErrorWord::Tls,
        ErrorWord::Reset,
        ErrorWord::Closed,
        ErrorWord::Timeout,
        ErrorWord::Protocol,
        ErrorWord::Http3xx,
        ErrorWord::Http4xx,
        ErrorWord::Http5xx,
        ErrorWord::Interrupted,
        ErrorWord::Unsent,
    ];

    /// The word in files and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorWord::Dns => "dns",
            ErrorWord::ConnectRefused => "connect_refused",
            ErrorWord::ConnectFailed => "connect_failed",
            ErrorWord::LocalLimit => "local_limit",
            ErrorWord::Tls => "tls",
            ErrorWord::Reset => "reset",
            ErrorWord::Closed => "closed",
            ErrorWord::Timeout => "timeout",
            ErrorWord::Protocol => "protocol",
            ErrorWord::Http3xx => "http_3xx",
            ErrorWord::Http4xx => "http_4xx",
            ErrorWord::Http5xx => "http_5xx",
            ErrorWord::Interrupted => "interrupted",
            ErrorWord::Unsent => "unsent",
        }
    }

    /// The word for an HTTP status that is no success; `None` for 2xx.
    pub fn from_status(status: u16) -> Option<Self> {
        match status {
            200..=299 => None,
            300..=399 => Some(ErrorWord::Http3xx),
            400..=499 => Some(ErrorWord::Http4xx),
            500..=599 => Some(ErrorWord::Http5xx),
            _ => Some(ErrorWord::Protocol),
        }
    }
}

impl FromStr for ErrorWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = ErrorWord::ALL.into_iter().find(|word| word.name() == text);
        known.ok_or_else(|| format!("unknown error word `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_round_trip() {
        for word in ErrorWord::ALL {
            assert_eq!(word.name().parse(), Ok(word));
        }
        assert!("slow".parse::<ErrorWord>().is_err());
    }
}
