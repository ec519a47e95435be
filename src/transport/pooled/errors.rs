//! What an error of the client's means, in one word: the same that the tool's own connections have for it.

use std::error::Error;
use std::io;

use crate::model::ErrorKind;
use crate::transport::http2;
use crate::transport::io_error::{connect_error, exchange_error};

/// How the library says that a proxy answers `CONNECT` with 407.
const PROXY_KEY_WANTED: &str = "proxy authorization required";

/// The word for it. `handshaking` says whether it was met in the handshake of TLS.
pub(super) fn kind_of(error: &reqwest::Error, handshaking: bool) -> ErrorKind {
    let connecting = error.is_connect();
    let of_io: fn(&io::Error) -> ErrorKind = if connecting { connect_error } else { exchange_error };
    match () {
        () if error.is_redirect() => ErrorKind::Http3xx,
        () if error.is_dns() => ErrorKind::Dns,
        () if error.is_timeout() && connecting => ErrorKind::ConnectFailed,
        () if error.is_timeout() => ErrorKind::Timeout,
        () if connecting && handshaking => ErrorKind::Tls,
        () => first(error, |cause| cause.downcast_ref::<h2::Error>().map(http2::kind_of))
            .or_else(|| first(error, |cause| cause.downcast_ref::<io::Error>().map(of_io)))
            .or_else(|| first(error, |cause| cause.downcast_ref::<hyper::Error>().map(of_http1)))
            .unwrap_or(if connecting { ErrorKind::ConnectFailed } else { ErrorKind::Closed }),
    }
}

/// What the word leaves out, where that is known: a proxy that lets nobody through to a target with TLS.
pub(super) fn reason(error: &reqwest::Error) -> Option<&'static str> {
    let refused = |cause: &(dyn Error + 'static)| cause.to_string().contains(PROXY_KEY_WANTED);
    first(error, |cause| refused(cause).then_some("the proxy wants to know who asks (407)"))
}

fn of_http1(error: &hyper::Error) -> ErrorKind {
    if error.is_parse() || error.is_parse_too_large() || error.is_user() {
        ErrorKind::Protocol
    } else {
        ErrorKind::Closed
    }
}

/// The first cause that says something.
fn first<T>(error: &(dyn Error + 'static), word: impl Fn(&(dyn Error + 'static)) -> Option<T>) -> Option<T> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(word) = word(cause) {
            return Some(word);
        }
        // What an I/O error is made of is not its source.
        let inside = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = inside.map(|inside| inside as &(dyn Error + 'static)).or_else(|| cause.source());
    }
    None
}
