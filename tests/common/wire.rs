//! A server that does what a test tells it, to the byte: a thread for each connection, no HTTP library in between.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Listens on a free loopback port until the test's process ends.
pub struct Server {
    pub address: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    /// Gives each connection, counted from 0, to `serve` on a thread of its own.
    pub fn start(serve: impl Fn(usize, Peer) + Send + Sync + 'static) -> Self {
        Self::start_on(listener(), Duration::ZERO, serve)
    }

    /// The same on a listener of the test's, which starts to accept only after a while.
    pub fn start_on(
        listener: TcpListener,
        accepts_after: Duration,
        serve: impl Fn(usize, Peer) + Send + Sync + 'static,
    ) -> Self {
        let accepted = Arc::new(AtomicUsize::new(0));
        let server = Server { address: listener.local_addr().expect("bound"), accepted: accepted.clone() };
        let serve = Arc::new(serve);
        std::thread::spawn(move || {
            std::thread::sleep(accepts_after);
            for stream in listener.incoming() {
                let (serve, peer) = (serve.clone(), Peer::new(stream.expect("a connection")));
                let index = accepted.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || serve(index, peer));
            }
        });
        server
    }

    /// Answers every request with its own body after `delay_ms`, on kept connections.
    pub fn echo(delay_ms: u64) -> Self {
        Self::start(move |_, mut peer| {
            while let Some(request) = peer.request() {
                pause(delay_ms);
                peer.answer(&request.body);
            }
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Connections so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

pub fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a free port")
}

/// An address where nobody listens, as long as the socket is held: a port that is only let go is the next test's listener's.
pub fn refusing() -> (tokio::net::TcpSocket, SocketAddr) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let address = socket.local_addr().expect("bound");
    (socket, address)
}

pub fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub head: String,
    pub body: String,
}

impl Request {
    pub fn has_header(&self, line: &str) -> bool {
        self.head.lines().any(|header| header.eq_ignore_ascii_case(line))
    }

    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).expect("a request line")
    }
}

/// The server's end of one connection.
pub struct Peer<S = TcpStream>(BufReader<S>);

impl<S: Read + Write> Peer<S> {
    /// On any stream.
    pub fn over(stream: S) -> Self {
        Peer(BufReader::new(stream))
    }

    /// The next request, whole; `None` once the client has gone.
    pub fn request(&mut self) -> Option<Request> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(Ok(0), str::parse).ok()?];
        self.0.read_exact(&mut body).ok()?;
        Some(Request { head, body: String::from_utf8(body).ok()? })
    }

    /// Sends text as it is. A client that has gone is no fault of the server's.
    pub fn write(&mut self, text: &str) {
        self.write_bytes(text.as_bytes());
    }

    /// The same with bytes.
    pub fn write_bytes(&mut self, bytes: &[u8]) {
        let _ = self.0.get_mut().write_all(bytes);
    }

    /// Sends text as it is; whether the client still takes it.
    pub fn try_write(&mut self, text: &str) -> bool {
        self.0.get_mut().write_all(text.as_bytes()).is_ok()
    }

    /// Answers 200 and keeps the connection.
    pub fn answer(&mut self, body: &str) {
        self.write(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    }

    /// Reads some of what comes; how many bytes that were.
    pub fn read_some(&mut self, most: usize) -> usize {
        self.0.read(&mut vec![0; most]).unwrap_or(0)
    }

    /// Waits until the client closes.
    pub fn until_closed(mut self) {
        let _ = self.0.read(&mut [0; 1]);
    }
}

impl Peer {
    pub fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("a TCP socket");
        Peer(BufReader::new(stream))
    }

    /// Says farewell.
    pub fn close(&mut self) {
        let _ = self.0.get_ref().shutdown(std::net::Shutdown::Both);
    }

    /// Lets small writes wait for the acknowledgement of the ones before them (Nagle), as a socket does by itself.
    pub fn nagle(&mut self) {
        self.0.get_ref().set_nodelay(false).expect("a TCP socket");
    }

    /// Closes with a reset instead of a farewell.
    pub fn reset(self) {
        let linger = libc::linger { l_onoff: 1, l_linger: 0 };
        // SAFETY: a plain system call on a socket that `self` owns; `linger` outlives it.
        let failed = unsafe {
            libc::setsockopt(
                self.0.get_ref().as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_LINGER,
                (&raw const linger).cast(),
                size_of::<libc::linger>() as libc::socklen_t,
            )
        };
        assert_eq!(failed, 0, "{}", std::io::Error::last_os_error());
    }
}
