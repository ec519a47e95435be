//! The connection reset on request: the caller sees ECONNRESET where it expects an answer.
use std::any::Any;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Extensions;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, rt};

/// The socket of the connection that a request came on. Valid as long as a handler runs for it: the connection's task owns both.
struct Socket(RawFd);

/// Remembers the socket of a new connection; for `HttpServer::on_connect`.
pub(super) fn remember_socket(connection: &dyn Any, data: &mut Extensions) {
    if let Some(stream) = connection.downcast_ref::<rt::net::TcpStream>() {
        data.insert(Socket(stream.as_raw_fd()));
    }
}

/// An "answer" that ends the connection with a TCP reset.
///
/// # Errors
/// If the kernel refuses the option: then an ordinary close would follow, which is not what was asked for.
pub(super) fn reset(request: &HttpRequest) -> io::Result<HttpResponse> {
    let socket = request.conn_data::<Socket>().ok_or_else(|| io::Error::other("no TCP connection"))?;
    reset_on_close(socket)?;
    Ok(HttpResponse::Ok().body(Broken))
}

/// Closing discards what is unsent and sends RST (socket(7), SO_LINGER with a time of 0).
fn reset_on_close(socket: &Socket) -> io::Result<()> {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    // SAFETY: the descriptor is open (see Socket), and the option is read from a live value of the size given
    let result = unsafe {
        libc::setsockopt(
            socket.0,
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const linger).cast(),
            size_of::<libc::linger>() as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A body that fails at its first byte: actix then drops the connection before it has sent the head.
struct Broken;

impl MessageBody for Broken {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }
}
