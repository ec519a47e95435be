//! Why the head of an answer cannot be understood, in a few words: looked into only once that is known.

use httparse::{Error, Header, ParserConfig, Response, Status};

/// Records of TLS: an alert, or a handshake.
const TLS_RECORDS: [u8; 2] = [0x15, 0x16];
/// The type of the frame with which a server of HTTP/2 begins, in the fourth byte.
const SETTINGS: u8 = 4;
/// As many headers as are read.
const HEADERS: usize = 1_024;

/// What is wrong with the bytes of a head.
pub(super) fn complaint(input: &[u8]) -> &'static str {
    match input {
        [first, 3, ..] if TLS_RECORDS.contains(first) => {
            "the server speaks TLS: the URL must begin with https://"
        }
        [0, _, _, SETTINGS, ..] => "the server speaks HTTP/2, not HTTP/1.1",
        _ if !b"HTTP/".starts_with(&input[..input.len().min(5)]) => {
            "it does not begin with HTTP/1.1 or HTTP/1.0"
        }
        _ => in_head(input),
    }
}

fn in_head(input: &[u8]) -> &'static str {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = Response::new(&mut headers);
    let mut parser = ParserConfig::default();
    parser.allow_obsolete_multiline_headers_in_responses(true);
    parser.allow_multiple_spaces_in_response_status_delimiters(true);
    match parser.parse_response(&mut response, input) {
        Ok(Status::Complete(_)) if response.code == Some(101) => {
            "it switches protocols (101), which nobody asked for"
        }
        Ok(Status::Complete(_)) => in_headers(response.headers),
        Ok(Status::Partial) => "its head is not complete",
        Err(Error::Version) => "its version of HTTP is neither 1.1 nor 1.0",
        Err(Error::Status) => "its status line makes no sense",
        Err(Error::HeaderName) => "the name of a header has characters that it must not have",
        Err(Error::HeaderValue) => "the value of a header has characters that it must not have",
        Err(Error::NewLine) => "a line of its head does not end as it must",
        Err(Error::TooManyHeaders) => "it has more than 1,024 headers",
        Err(_) => "its head makes no sense",
    }
}

fn in_headers(headers: &[Header<'_>]) -> &'static str {
    let has = |name: &str| headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
    match (has("transfer-encoding"), has("content-length")) {
        (true, _) => "its Transfer-Encoding is not chunked alone",
        (false, true) => "its Content-Length is no number, or there are two",
        (false, false) => "its head makes no sense",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        for (input, words) in [
            (&b"\x15\x03\x01\x00\x02\x02\x28"[..], "speaks TLS"),
            (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "speaks HTTP/2"),
            (b"SSH-2.0-OpenSSH\r\n\r\n", "does not begin with HTTP"),
            (b"HTTP/3.0 200 OK\r\n\r\n", "version"),
            (b"HTTP/1.1 abc OK\r\n\r\n", "status line"),
            (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "101"),
            (b"HTTP/1.1 200 OK\r\nbad name: 1\r\n\r\n", "name of a header"),
            (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "Content-Length"),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n", "Transfer-Encoding"),
        ] {
            assert!(complaint(input).contains(words), "{}: {}", words, complaint(input));
        }
    }
}
