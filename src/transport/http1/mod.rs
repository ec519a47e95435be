//! HTTP/1.1, as much of it as a client of an inference API needs: one request at a time on a connection, read and written in
//! the task of the exchange, so that nothing stands between the socket and its marks.

mod connection;
mod content;
mod exchange;
mod head;
mod io;
mod surplus;

pub(super) use connection::Http1;
pub(super) use io::Scratch;
