//! The head of an answer: what it says of its content and its connection, and of the server's own time.
//!
//! Framing that curl and browsers accept is accepted; what is not is a protocol error.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use httparse::{Error, Header, ParserConfig, Response, Status};

use super::content::Framing;
use crate::model::ErrorKind;
use crate::transport::{Aside, ContentCoding, Head, ServerHeaders};

/// The longest head that is read; curl's limit is about as high.
pub(super) const LONGEST: usize = 256 * 1024;
/// Headers of an ordinary answer, for which there is room on the stack.
const USUAL: usize = 64;
/// The most headers.
const MOST: usize = 1_024;

/// The head of an answer that is not an interim one.
pub(super) struct AnswerHead {
    pub head: Head,
    pub content: Framing,
    /// Whether the server keeps the connection.
    pub keep: bool,
}

/// Nothing yet, or a head's length and what it says, which is nothing for an interim answer.
type Found = Result<Option<(usize, Option<AnswerHead>)>, ErrorKind>;

/// Whether bytes from `before` on can have completed a head: a cheap look, so that a head that comes byte by byte is not parsed
/// once a byte.
pub(super) fn may_be_complete(input: &[u8], before: usize) -> bool {
    let from = before.saturating_sub(3);
    input[from..].windows(2).any(|two| two == b"\n\n" || two == b"\n\r")
}

/// Reads a head, if it is complete.
pub(super) fn parse(input: &[u8], names: &ServerHeaders, to_head: bool) -> Found {
    let mut usual = [const { MaybeUninit::uninit() }; USUAL];
    match parse_into(input, &mut usual, names, to_head) {
        Err(Error::TooManyHeaders) => {
            let mut many = vec![MaybeUninit::uninit(); MOST];
            parse_into(input, &mut many, names, to_head).unwrap_or(Err(ErrorKind::Protocol))
        }
        Err(_) => Err(ErrorKind::Protocol),
        Ok(found) => found,
    }
}

fn parse_into<'a>(
    input: &'a [u8],
    headers: &mut [MaybeUninit<Header<'a>>],
    names: &ServerHeaders,
    to_head: bool,
) -> Result<Found, Error> {
    let mut response = Response::new(&mut []);
    let mut parser = ParserConfig::default();
    parser.allow_obsolete_multiline_headers_in_responses(true);
    parser.allow_multiple_spaces_in_response_status_delimiters(true);
    let Status::Complete(length) =
        parser.parse_response_with_uninit_headers(&mut response, input, headers)?
    else {
        return Ok(Ok(None));
    };
    let status = response.code.unwrap_or_default();
    Ok(match status {
        // Nobody asked to switch.
        101 => Err(ErrorKind::Protocol),
        100..=199 => Ok(Some((length, None))),
        _ => understand(status, &response, names, to_head).map(|answer| Some((length, Some(answer)))),
    })
}

fn understand(
    status: u16,
    response: &Response<'_, '_>,
    names: &ServerHeaders,
    to_head: bool,
) -> Result<AnswerHead, ErrorKind> {
    let mut said = Said { old: response.version == Some(0), ..Said::default() };
    let mut head = Head { status, ..Head::default() };
    for header in response.headers.iter() {
        said.note(header)?;
    }
    head.coding = said.coding;
    add_times(response.headers, names, &mut head);
    if ErrorKind::from_status(status).is_some() {
        head.aside = Aside::of(response.headers.iter().map(|header| (header.name, header.value)));
    }
    let (content, framed) = said.content(status, to_head)?;
    Ok(AnswerHead { head, content, keep: said.keeps() && framed })
}

/// What the headers say of content and connection.
#[derive(Default)]
struct Said {
    /// Whether it is of HTTP/1.0.
    old: bool,
    close: bool,
    keep_alive: bool,
    length: Option<u64>,
    chunked: bool,
    coding: ContentCoding,
}

impl Said {
    fn note(&mut self, header: &Header<'_>) -> Result<(), ErrorKind> {
        if header.name.eq_ignore_ascii_case("content-length") {
            for part in header.value.split(|byte| *byte == b',') {
                let length = number(part.trim_ascii()).ok_or(ErrorKind::Protocol)?;
                if self.length.replace(length).is_some_and(|before| before != length) {
                    return Err(ErrorKind::Protocol);
                }
            }
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            // Any other coding than this one would leave the content as something that nobody can read.
            self.chunked = header.value.trim_ascii().eq_ignore_ascii_case(b"chunked") && !self.chunked;
            if !self.chunked {
                return Err(ErrorKind::Protocol);
            }
        } else if header.name.eq_ignore_ascii_case("content-encoding") {
            self.coding = self.coding.and(header.value);
        } else if header.name.eq_ignore_ascii_case("connection") {
            for token in header.value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                self.close |= token.eq_ignore_ascii_case(b"close");
                self.keep_alive |= token.eq_ignore_ascii_case(b"keep-alive");
            }
        }
        Ok(())
    }

    /// Whether the server keeps the connection (RFC 9112 §9.3): `close` counts whatever else is said.
    fn keeps(&self) -> bool {
        !self.close && (!self.old || self.keep_alive)
    }

    /// How the content ends (RFC 9112 §6.3), and whether the connection can be trusted after it.
    fn content(&self, status: u16, to_head: bool) -> Result<(Framing, bool), ErrorKind> {
        if to_head || matches!(status, 204 | 304) {
            return Ok((Framing::of_length(0), true));
        }
        Ok(match (self.chunked, self.length) {
            // Both are an attempt at smuggling, or a proxy's mistake, and HTTP/1.0 knows no chunks (RFC 9112 §6.1).
            (true, length) => (Framing::chunked(), length.is_none() && !self.old),
            (false, Some(length)) => (Framing::of_length(length), true),
            (false, None) => (Framing::UntilClose, false),
        })
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
}

/// Adds what the headers say of the server's own time.
fn add_times(headers: &[Header<'_>], names: &ServerHeaders, head: &mut Head) {
    for header in headers.iter().filter(|header| names.may_be(header.name)) {
        names.add(header.name, &unfolded(header.value), head);
    }
}

/// A value that goes over several lines, as if it were on one (RFC 9112 §5.2).
fn unfolded(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        return Cow::Borrowed(value);
    }
    let space = |byte: &u8| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte };
    Cow::Owned(value.iter().map(space).collect())
}

/// Adds what a trailer says of the server's own time: a server that streams knows it only at the end.
pub(super) fn add_trailer(trailer: &[u8], names: &ServerHeaders, head: &mut Head) {
    let mut headers = [httparse::EMPTY_HEADER; USUAL];
    if let Ok(Status::Complete((_, headers))) = httparse::parse_headers(trailer, &mut headers) {
        add_times(headers, names, head);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Micros;

    fn answer(text: &str) -> Result<AnswerHead, ErrorKind> {
        let (length, found) =
            parse(text.as_bytes(), &ServerHeaders::default(), false)?.expect("a whole head");
        assert_eq!(length, text.len());
        Ok(found.expect("no interim answer"))
    }

    fn framing(headers: &str) -> Result<(Framing, bool), ErrorKind> {
        answer(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n")).map(|answer| (answer.content, answer.keep))
    }

    #[test]
    fn content_and_connection_are_as_the_headers_say() {
        assert_eq!(framing("Content-Length: 3\r\n"), Ok((Framing::of_length(3), true)));
        assert_eq!(
            framing("content-length: 3, 3\r\nConnection: Close\r\n"),
            Ok((Framing::of_length(3), false))
        );
        assert_eq!(framing("Transfer-Encoding: Chunked\r\n"), Ok((Framing::chunked(), true)));
        let both = "transfer-encoding: chunked\r\ncontent-length: 3\r\n";
        assert_eq!(framing(both), Ok((Framing::chunked(), false)), "not to be trusted any more");
        assert_eq!(framing(""), Ok((Framing::UntilClose, false)));
        for wrong in
            ["content-length: 3\r\ncontent-length: 4\r\n", "content-length: -1\r\n", "content-length: \r\n"]
        {
            assert_eq!(framing(wrong), Err(ErrorKind::Protocol), "{wrong}");
        }
        assert_eq!(framing("transfer-encoding: gzip, chunked\r\n"), Err(ErrorKind::Protocol));
        let encoded = "Content-Encoding: GZIP\r\nlocation: x\r\ncontent-length: 1\r\n";
        let encoded = answer(&format!("HTTP/1.1 200 OK\r\n{encoded}\r\n")).expect("an answer");
        assert_eq!(encoded.head.coding, ContentCoding::Gzip);
        let old = answer("HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n").expect("an answer");
        assert!(!old.keep, "HTTP/1.0 closes unless it says otherwise");
        let empty = answer("HTTP/1.1 204 No Content\r\n\r\n").expect("an answer");
        assert_eq!((empty.content, empty.keep), (Framing::of_length(0), true));
    }

    #[test]
    fn what_curl_and_browsers_take_is_taken() {
        let many: String = (0..250).map(|number| format!("x-{number}: 1\r\n")).collect();
        assert!(framing(&format!("{many}content-length: 1\r\n")).is_ok());
        let folded =
            "x-a: one\r\n two\r\nserver-timing: queue;dur=1,\r\n\tcompute;dur=2\r\ncontent-length: 0\r\n";
        let folded = answer(&format!("HTTP/1.1 200 OK\r\n{folded}\r\n")).expect("an answer");
        assert_eq!(folded.head.server.compute, Some(Micros(2_000)));
        assert!(answer("HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n").is_ok(), "no reason phrase");
    }

    #[test]
    fn an_interim_answer_is_passed_over_and_a_switch_refused() {
        let names = ServerHeaders::default();
        let early = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP";
        assert!(matches!(parse(early, &names, false), Ok(Some((length, None))) if length == early.len() - 4));
        assert!(parse(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", &names, false).is_err());
        assert!(parse(b"SSH-2.0-OpenSSH\r\n\r\n", &names, false).is_err());
        assert!(matches!(parse(b"HTTP/1.1 200 OK\r\n", &names, false), Ok(None)));
    }
}
