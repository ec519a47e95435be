//! What an error of the operating system means for an exchange, in one word; the same word whoever has met it.

use std::io;

use crate::model::ErrorKind;

/// Of a connect. One that takes too long has failed like others: the word `timeout` is for the request's own deadline.
pub(super) fn connect_error(error: &io::Error) -> ErrorKind {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::ConnectionRefused, _) => ErrorKind::ConnectRefused,
        (io::ErrorKind::ConnectionReset, _) => ErrorKind::Reset,
        (_, Some(libc::EMFILE | libc::ENFILE | libc::EADDRNOTAVAIL)) => ErrorKind::LocalLimit,
        _ => ErrorKind::ConnectFailed,
    }
}

/// Of what follows on the connection.
pub(super) fn exchange_error(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => ErrorKind::Reset,
        io::ErrorKind::TimedOut => ErrorKind::Timeout,
        io::ErrorKind::InvalidData => ErrorKind::Protocol,
        _ => ErrorKind::Closed,
    }
}
