//! A network in memory: connects take as long as a test says and lose the SYNs that it says, and a server is a function of a
//! connection that reads and writes bytes.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::gate::Gate;
use spanload::transport::dial::{Dial, Lookup, Resolve};
use spanload::transport::{ConnectionMarks, Counters};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter, DuplexStream, ReadBuf, duplex,
};

/// What becomes of a connect.
#[derive(Clone, Copy, Debug)]
pub struct Connect {
    pub after_ms: u64,
    /// SYNs that were sent again meanwhile.
    pub syn_retransmits: u32,
    pub error: Option<io::ErrorKind>,
}

impl Connect {
    pub const AT_ONCE: Connect = Connect { after_ms: 0, syn_retransmits: 0, error: None };

    pub fn after(ms: u64) -> Self {
        Connect { after_ms: ms, ..Connect::AT_ONCE }
    }

    pub fn fails(ms: u64, error: io::ErrorKind) -> Self {
        Connect { after_ms: ms, error: Some(error), ..Connect::AT_ONCE }
    }
}

type Serve = dyn Fn(usize, Peer) -> Pin<Box<dyn Future<Output = ()>>>;

/// The network; clones are the same one.
#[derive(Clone)]
pub struct Net(Rc<Inner>);

struct Inner {
    connect: Box<dyn Fn(usize) -> Connect>,
    serve: Box<Serve>,
    /// Bytes that a stream takes before its writer must wait for its reader.
    room: usize,
    /// Bytes that a stream takes and hands on only when it is flushed.
    held_back: usize,
    gate: Option<Gate>,
    dialled: Cell<usize>,
    dialled_addresses: RefCell<Vec<SocketAddr>>,
}

impl Net {
    /// A server on which every connect succeeds at once; connections are counted from 0.
    pub fn new<F: Future<Output = ()> + 'static>(serve: impl Fn(usize, Peer) -> F + 'static) -> Self {
        Self::with_connect(|_| Connect::AT_ONCE, serve)
    }

    pub fn with_connect<F: Future<Output = ()> + 'static>(
        connect: impl Fn(usize) -> Connect + 'static,
        serve: impl Fn(usize, Peer) -> F + 'static,
    ) -> Self {
        Self::with_room(64 * 1024, connect, serve)
    }

    pub fn with_room<F: Future<Output = ()> + 'static>(
        room: usize,
        connect: impl Fn(usize) -> Connect + 'static,
        serve: impl Fn(usize, Peer) -> F + 'static,
    ) -> Self {
        Net(Rc::new(Inner {
            connect: Box::new(connect),
            serve: Box::new(move |index, peer| Box::pin(serve(index, peer))),
            room,
            held_back: 0,
            gate: None,
            dialled: Cell::new(0),
            dialled_addresses: RefCell::default(),
        }))
    }

    /// The server accepts a connection only when there is room for it. Nobody else must have the network yet.
    pub fn behind(self, gate: Gate) -> Self {
        let inner = Rc::into_inner(self.0).expect("nobody else has it yet");
        Net(Rc::new(Inner { gate: Some(gate), ..inner }))
    }

    /// Streams take so many bytes and hand them on only when they are flushed, as TLS does where the kernel takes no more. Nobody else
    /// must have the network yet.
    pub fn holding_back(self, bytes: usize) -> Self {
        let inner = Rc::into_inner(self.0).expect("nobody else has it yet");
        Net(Rc::new(Inner { held_back: bytes, ..inner }))
    }

    /// Answers every request with its own body after `ms`, on kept connections.
    pub fn echo(ms: u64) -> Self {
        Self::new(move |_, mut peer| async move {
            while let Some(request) = peer.request().await {
                pause(ms).await;
                peer.answer(&request.body).await;
            }
        })
    }

    /// Connections that were begun so far.
    pub fn dialled(&self) -> usize {
        self.0.dialled.get()
    }

    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.0.dialled_addresses.borrow().clone()
    }
}

/// What the simulated kernel has sent again on a connection.
#[derive(Clone, Debug, Default)]
pub struct Count(Rc<Cell<u32>>);

impl Count {
    pub fn add(&self, more: u32) {
        self.0.set(self.0.get() + more);
    }
}

impl Counters for Count {
    fn retransmits(&self) -> Option<u32> {
        Some(self.0.get())
    }
}

/// As a socket does that is given up: nobody counts any more.
struct Watched<'a>(&'a ConnectionMarks, Rc<dyn Counters>);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.0.give_up(&self.1);
    }
}

impl Dial for Net {
    type Stream = Stream;

    async fn dial(&self, address: SocketAddr, marks: &ConnectionMarks) -> io::Result<Stream> {
        let index = self.0.dialled.replace(self.0.dialled.get() + 1);
        self.0.dialled_addresses.borrow_mut().push(address);
        let plan = (self.0.connect)(index);
        let count = Count::default();
        let watched = Watched(marks, Rc::new(count.clone()));
        marks.watch(Rc::clone(&watched.1));
        count.add(plan.syn_retransmits);
        let lost = match &self.0.gate {
            Some(gate) => gate.shake_hands(&count).await,
            None => false,
        };
        if plan.after_ms > 0 {
            pause(plan.after_ms).await;
        }
        if let Some(error) = plan.error {
            return Err(error.into());
        }
        std::mem::forget(watched);
        let (client, server) = duplex(self.0.room);
        let reset = Rc::new(Cell::new(false));
        let peer = Peer { stream: server, input: Vec::new(), count, reset: Rc::clone(&reset) };
        let inner = Rc::clone(&self.0);
        tokio::task::spawn_local(async move {
            let _place = match &inner.gate {
                Some(gate) => Some(gate.accept(&peer, lost).await),
                None => None,
            };
            (inner.serve)(index, peer).await;
        });
        Ok(Stream { stream: BufWriter::with_capacity(self.0.held_back, client), reset })
    }
}

/// The client's end.
pub struct Stream {
    stream: BufWriter<DuplexStream>,
    reset: Rc<Cell<bool>>,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let ended = read.is_ready() && buf.filled().len() == before;
        if ended && self.reset.get() { Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())) } else { read }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub head: String,
    pub body: String,
}

impl Request {
    pub fn has_header(&self, line: &str) -> bool {
        self.head.lines().any(|header| header == line)
    }

    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).expect("a request line")
    }
}

/// The server's end of one connection.
pub struct Peer {
    stream: DuplexStream,
    input: Vec<u8>,
    count: Count,
    reset: Rc<Cell<bool>>,
}

impl Peer {
    /// The next request, whole; `None` once the client has gone.
    pub async fn request(&mut self) -> Option<Request> {
        let head = loop {
            if let Some(end) = self.input.windows(4).position(|four| four == b"\r\n\r\n") {
                break self.input.drain(..end + 4).collect::<Vec<u8>>();
            }
            self.more().await?;
        };
        let head = String::from_utf8(head).expect("an ASCII head");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.expect("a length").parse().expect("digits");
        while self.input.len() < length {
            self.more().await?;
        }
        let body = self.input.drain(..length).collect();
        Some(Request { head, body: String::from_utf8(body).expect("text") })
    }

    async fn more(&mut self) -> Option<()> {
        let mut piece = [0; 4_096];
        let read = self.stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        self.input.extend_from_slice(&piece[..read]);
        Some(())
    }

    /// Reads so many bytes of whatever comes.
    pub async fn read_some(&mut self, bytes: usize) {
        while self.input.len() < bytes && self.more().await.is_some() {}
    }

    /// The next bytes, so many; `None` once the client has gone.
    pub async fn bytes(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.input.len() < count {
            self.more().await?;
        }
        Some(self.input.drain(..count).collect())
    }

    /// Sends text as it is. A client that has gone is no fault of the server's.
    pub async fn write(&mut self, text: &str) {
        self.write_bytes(text.as_bytes()).await;
    }

    pub async fn write_bytes(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Answers 200 and keeps the connection.
    pub async fn answer(&mut self, body: &str) {
        self.write(&answer(body)).await;
    }

    /// The kernel has sent so many segments of the client's again.
    pub fn retransmit(&self, segments: u32) {
        self.count.add(segments);
    }

    /// The bare stream, of which nothing was read yet.
    pub fn into_stream(self) -> DuplexStream {
        self.stream
    }

    /// Waits until the client closes.
    pub async fn until_closed(mut self) {
        while self.more().await.is_some() {}
    }

    /// Closes with a reset instead of a farewell.
    pub fn reset(self) {
        self.reset.set(true);
    }
}

pub fn answer(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

pub async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

/// A resolver that takes a while, and knows the addresses that a test gives it.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub after_ms: u64,
    pub addresses: Vec<SocketAddr>,
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Lookup<'a> {
        Box::pin(async move {
            pause(self.after_ms).await;
            Ok(self.addresses.clone())
        })
    }
}
