//! A client that does nothing but wait for its sockets (epoll(7)): what any client adds on this machine.
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Instant;

use spanload::plan::{Plan, TraceIds};

use super::truth::{CALLERS, REQUESTS};

/// A connection and the request that is under way on it.
struct Caller {
    stream: TcpStream,
    trace: String,
    written: Instant,
    /// When the first byte came, and all of it.
    first: Option<Instant>,
    answer: Vec<u8>,
}

/// Sends the load in a closed loop; how long each request waited for its first byte, in milliseconds, by trace id.
pub fn load(address: SocketAddr) -> HashMap<String, f64> {
    let (plan, traces) = (Plan::of_prompts(REQUESTS, 1), TraceIds::new("bare", "before", 1));
    let epoll = epoll();
    let mut waits = HashMap::new();
    let mut next = 0..REQUESTS;
    let mut callers: Vec<Caller> = (0..CALLERS).map(|_| Caller::connect(address)).collect();
    for (index, caller) in callers.iter_mut().enumerate() {
        watch(&epoll, &caller.stream, index);
        caller.send(next.next().expect("more than callers"), &plan, &traces);
    }
    while waits.len() < REQUESTS as usize {
        let caller = &mut callers[readable(&epoll)];
        if caller.read() {
            let first = caller.first.take().expect("bytes came");
            let wait = first.duration_since(caller.written).as_secs_f64() * 1e3;
            waits.insert(std::mem::take(&mut caller.trace), wait);
            if let Some(seq) = next.next() {
                caller.send(seq, &plan, &traces);
            }
        }
    }
    waits
}

impl Caller {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_nodelay(true).expect("a TCP socket");
        Caller { stream, trace: String::new(), written: Instant::now(), first: None, answer: Vec::new() }
    }

    fn send(&mut self, seq: u64, plan: &Plan, traces: &TraceIds) {
        let (body, header) = (plan.body(seq).expect("a built-in prompt"), traces.traceparent(seq));
        let header = std::str::from_utf8(&header).expect("ASCII");
        let head = format!(
            "POST /v1/infer HTTP/1.1\r\nhost: mock\r\ntraceparent: {header}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.trace = traces.trace(seq).to_string();
        let request = [head.as_bytes(), &body].concat();
        self.written = Instant::now();
        self.stream.write_all(&request).expect("room in the buffer");
    }

    /// Reads what has come; whether the answer is complete.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 64 * 1024];
        let read = self.stream.read(&mut bytes).expect("readable");
        assert!(read > 0, "the server keeps the connection");
        self.first.get_or_insert_with(Instant::now);
        self.answer.extend_from_slice(&bytes[..read]);
        let Some(head) = self.answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
        let text = std::str::from_utf8(&self.answer[..head]).expect("an ASCII head").to_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let complete = self.answer.len() == head + 4 + length.unwrap_or(0);
        if complete {
            self.answer.clear();
        }
        complete
    }
}

fn epoll() -> OwnedFd {
    // SAFETY: a plain system call; the descriptor that it makes is nobody else's.
    unsafe {
        let descriptor = libc::epoll_create1(libc::EPOLL_CLOEXEC);
        assert!(descriptor >= 0, "{}", std::io::Error::last_os_error());
        OwnedFd::from_raw_fd(descriptor)
    }
}

fn watch(epoll: &OwnedFd, stream: &TcpStream, index: usize) {
    let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: index as u64 };
    // SAFETY: both descriptors are open and `event` outlives the call.
    let failed =
        unsafe { libc::epoll_ctl(epoll.as_raw_fd(), libc::EPOLL_CTL_ADD, stream.as_raw_fd(), &mut event) };
    assert_eq!(failed, 0, "{}", std::io::Error::last_os_error());
}

/// Waits until one of them has something to read.
fn readable(epoll: &OwnedFd) -> usize {
    let mut event = libc::epoll_event { events: 0, u64: 0 };
    loop {
        // SAFETY: there is room for the one event that is asked for.
        match unsafe { libc::epoll_wait(epoll.as_raw_fd(), &mut event, 1, -1) } {
            1 => return event.u64 as usize,
            _ => continue,
        }
    }
}
