//! The server's end of a connection in memory: it reads and writes what the test says, when the test says it.
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};

use super::wire::Counts;
use crate::common::wire::Request;

/// What is open to the client.
pub struct Peer {
    pipe: BufReader<DuplexStream>,
    reset: Rc<Cell<bool>>,
    counts: Rc<Counts>,
}

/// Lets so much of the paused time pass.
pub async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

impl Peer {
    pub(super) fn new(pipe: DuplexStream, reset: Rc<Cell<bool>>, counts: Rc<Counts>) -> Self {
        Peer { pipe: BufReader::new(pipe), reset, counts }
    }

    /// The next request, whole; `None` once the client has gone.
    pub async fn request(&mut self) -> Option<Request> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.pipe.read_line(&mut head).await.ok()? == 0 {
                return None;
            }
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length?.parse().ok()?];
        self.pipe.read_exact(&mut body).await.ok()?;
        Some(Request { head, body: String::from_utf8(body).ok()? })
    }

    /// Sends text as it is. A client that has gone is no fault of the server's.
    pub async fn write(&mut self, text: &str) {
        let _ = self.pipe.write_all(text.as_bytes()).await;
    }

    /// Answers 200 and keeps the connection.
    pub async fn answer(&mut self, body: &str) {
        self.write(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await;
    }

    /// Waits until the client closes.
    pub async fn until_closed(mut self) {
        let _ = self.pipe.read(&mut [0; 1]).await;
    }

    /// Closes with a reset instead of a farewell.
    pub fn reset(self) {
        self.reset.set(true);
    }

    /// The client's kernel has sent something again.
    pub fn sent_again(&self, times: u32) {
        self.counts.add(times);
    }

    /// Waits until the client has sent something.
    pub async fn has_sent(&mut self) {
        let _ = self.pipe.fill_buf().await;
    }
}
