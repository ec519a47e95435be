//! One connection: opened stage by stage, then one exchange after the other on it.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{HeaderMap, Method, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};

use super::io::Marked;
use crate::model::{ConnectionUse, ErrorKind, Stage};
use crate::transport::{Answer, Endpoint, Marks, Resolve, ServerHeaders, server_timing};

type Driver = http1::Connection<TokioIo<Marked<TcpStream>>, Full<Bytes>>;

/// A request that can be sent twice.
#[derive(Clone)]
pub(super) struct Request {
    pub path: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why an attempt failed.
pub(super) enum Failure {
    /// The connection ended before a byte of the request was sent.
    BeforeSend(ErrorKind),
    /// It failed later.
    Error(ErrorKind),
}

impl Failure {
    pub(super) fn word(self) -> ErrorKind {
        match self {
            Failure::BeforeSend(word) | Failure::Error(word) => word,
        }
    }
}

/// An established connection.
pub(super) struct Connection {
    // Before `socket`: the driver owns the descriptor that the marks point to.
    driver: Pin<Box<Driver>>,
    sender: SendRequest<Full<Bytes>>,
    finished: bool,
    used: ConnectionUse,
    retransmits: Option<u32>,
    marks: Rc<Marks>,
    server_headers: ServerHeaders,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.marks.set_socket(None);
    }
}

impl Connection {
    /// Looks the name up, connects and prepares HTTP, marking each stage.
    pub(super) async fn open(
        endpoint: &Endpoint,
        resolver: &dyn Resolve,
        mut used: ConnectionUse,
        marks: &Rc<Marks>,
    ) -> Result<Self, ErrorKind> {
        let addresses = resolve(endpoint, resolver, marks).await?;
        marks.using(used, None);
        marks.opening(Stage::Connect);
        let stream = connect(&addresses, marks).await.map_err(|error| connect_word(&error))?;
        marks.opened();
        let retransmits = marks.total_retransmits();
        used.syn_retransmits = retransmits;
        marks.using(used, retransmits);
        let io = TokioIo::new(Marked::new(stream, Rc::clone(marks)));
        let (sender, driver) = http1::handshake(io).await.map_err(|error| exchange_word(&error))?;
        Ok(Connection {
            driver: Box::pin(driver),
            sender,
            finished: false,
            used,
            retransmits,
            marks: Rc::clone(marks),
            server_headers: endpoint.server_headers.clone(),
        })
    }

    /// This connection as an exchange after the first sees it.
    pub(super) fn reused(&self) -> ConnectionUse {
        ConnectionUse { reused: true, ..self.used }
    }

    /// Retransmissions up to the end of the last exchange.
    pub(super) fn retransmits(&self) -> Option<u32> {
        self.retransmits
    }

    /// Remembers the retransmissions up to now.
    pub(super) fn note_retransmits(&mut self, total: Option<u32>) {
        self.retransmits = total;
    }

    /// Whether another exchange can follow.
    pub(super) fn is_open(&self) -> bool {
        !self.finished && !self.sender.is_closed()
    }

    /// Watches the idle connection; true once it is closed.
    pub(super) fn poll_closed(&mut self, cx: &mut Context<'_>) -> bool {
        self.finished = self.finished || self.driver.as_mut().poll(cx).is_ready();
        !self.is_open()
    }

    /// Sends a request and receives the whole answer.
    pub(super) async fn exchange(&mut self, request: Request) -> Result<Answer, Failure> {
        let mut head = hyper::Request::new(Full::new(request.body));
        *head.method_mut() = Method::POST;
        *head.uri_mut() = request.path;
        *head.headers_mut() = request.headers;
        let ready = poll_fn(|cx| self.sender.poll_ready(cx).map_err(|error| exchange_word(&error)));
        let ready = drive(&mut self.driver, &mut self.finished, ready).await;
        ready.map_err(|word| self.failure(word))?;
        // Handed over before the connection is polled again, so that it is sent in the same turn.
        let sending = self.sender.try_send_request(head);
        let sending = async { sending.await.map_err(|refused| exchange_word(refused.error())) };
        let response = drive(&mut self.driver, &mut self.finished, sending).await;
        let response = response.map_err(|word| self.failure(word))?;
        self.receive(response).await
    }

    async fn receive(&mut self, response: Response<Incoming>) -> Result<Answer, Failure> {
        let (head, body) = response.into_parts();
        let timing = head.headers.get_all("server-timing").iter().map(|value| value.as_bytes());
        let (status, (mut server, items)) = (head.status.as_u16(), server_timing::parse(timing));
        self.server_headers.add(&head.headers, &mut server);
        self.marks.answered(status, server);
        let collecting = async { collect(body).await.map_err(|error| exchange_word(&error)) };
        let body = drive(&mut self.driver, &mut self.finished, collecting).await.map_err(Failure::Error)?;
        Ok(Answer { status, server, items, body })
    }

    fn failure(&self, word: ErrorKind) -> Failure {
        if self.marks.wrote_any() { Failure::Error(word) } else { Failure::BeforeSend(word) }
    }
}

/// Polls the connection and the work that depends on it in one task: a task of its own for the
/// connection would cost a wake-up in each direction.
///
/// A connection that has ended can still look ready to send, and then nobody would ever answer.
async fn drive<T>(
    driver: &mut Pin<Box<Driver>>,
    finished: &mut bool,
    work: impl Future<Output = Result<T, ErrorKind>>,
) -> Result<T, ErrorKind> {
    let mut work = pin!(work);
    poll_fn(|cx| {
        // An error of the driver reaches the work through hyper's channels.
        *finished = *finished || driver.as_mut().poll(cx).is_ready();
        match work.as_mut().poll(cx) {
            Poll::Pending if *finished => Poll::Ready(Err(ErrorKind::Closed)),
            outcome => outcome,
        }
    })
    .await
}

/// The whole body; a copy is made only where it comes in pieces.
async fn collect(mut body: Incoming) -> Result<Bytes, hyper::Error> {
    let mut whole = Bytes::new();
    let mut pieces = BytesMut::new();
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else { break };
        let Ok(data) = frame?.into_data() else { continue };
        match (whole.is_empty(), pieces.is_empty()) {
            (true, true) => whole = data,
            (_, true) => {
                pieces.extend_from_slice(&whole);
                pieces.extend_from_slice(&data);
            }
            _ => pieces.extend_from_slice(&data),
        }
    }
    Ok(if pieces.is_empty() { whole } else { pieces.freeze() })
}

/// The endpoint's addresses. An IP literal needs no lookup, so its `dns` stage is absent.
async fn resolve(
    endpoint: &Endpoint,
    resolver: &dyn Resolve,
    marks: &Marks,
) -> Result<Vec<SocketAddr>, ErrorKind> {
    if let Ok(ip) = endpoint.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, endpoint.port)]);
    }
    marks.opening(Stage::Dns);
    let addresses = resolver.resolve(&endpoint.host, endpoint.port).await;
    let addresses = addresses.ok().filter(|found| !found.is_empty()).ok_or(ErrorKind::Dns)?;
    marks.opened();
    Ok(addresses)
}

/// Connects to the first address that answers.
async fn connect(addresses: &[SocketAddr], marks: &Marks) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A small request must not wait for the acknowledgement of the one before it.
        socket.set_nodelay(true)?;
        let descriptor = SocketMark::set(marks, socket.as_raw_fd());
        match socket.connect(*address).await {
            Ok(stream) => {
                descriptor.keep();
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Keeps the marks from pointing to a descriptor that is closed, also if the connect is dropped.
struct SocketMark<'a>(Option<&'a Marks>);

impl<'a> SocketMark<'a> {
    fn set(marks: &'a Marks, socket: std::os::fd::RawFd) -> Self {
        marks.set_socket(Some(socket));
        SocketMark(Some(marks))
    }

    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for SocketMark<'_> {
    fn drop(&mut self) {
        if let Some(marks) = self.0 {
            marks.set_socket(None);
        }
    }
}

fn connect_word(error: &io::Error) -> ErrorKind {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::ConnectionRefused, _) => ErrorKind::ConnectRefused,
        (io::ErrorKind::ConnectionReset, _) => ErrorKind::Reset,
        (io::ErrorKind::TimedOut, _) => ErrorKind::Timeout,
        (_, Some(libc::EMFILE | libc::ENFILE | libc::EADDRNOTAVAIL)) => ErrorKind::LocalLimit,
        _ => ErrorKind::ConnectFailed,
    }
}

fn exchange_word(error: &hyper::Error) -> ErrorKind {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return match io.kind() {
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => ErrorKind::Reset,
                io::ErrorKind::TimedOut => ErrorKind::Timeout,
                // How hyper reports a body whose chunks make no sense.
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => ErrorKind::Protocol,
                _ => ErrorKind::Closed,
            };
        }
        source = inner.source();
    }
    match error.is_parse() || error.is_user() {
        true => ErrorKind::Protocol,
        false => ErrorKind::Closed,
    }
}
