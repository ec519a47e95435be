//! Whoever reads `/metrics` each second, as long as somebody serves it on a port.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::exposition::Exposition;

const EVERY: Duration = Duration::from_secs(1);

/// A scraper on a thread of its own; it ends with the process.
pub struct Scraper {
    port: u16,
    /// Spans created so far, and those of them that were on their way.
    seen: Arc<Mutex<Vec<(f64, f64)>>>,
}

impl Scraper {
    /// On a port that was free a moment ago.
    pub fn start() -> std::io::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            loop {
                // Between two loads nobody serves.
                if let Ok(text) = read(port) {
                    let one = Exposition::parse(&text);
                    let created = one.sum("spanload_spans_created_total", &[]);
                    let waiting = created - one.sum("spanload_spans_total", &[]);
                    shared.lock().unwrap_or_else(PoisonError::into_inner).push((created, waiting));
                }
                std::thread::sleep(EVERY);
            }
        });
        Ok(Scraper { port, seen })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What was read so far counts no more.
    pub fn forget(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Spans created, and those that had neither arrived nor been lost, at each reading.
    pub fn waiting_spans(&self) -> Vec<(f64, f64)> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn read(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(EVERY))?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: load\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").filter(|(_, body)| body.ends_with("# EOF\n"));
    let body = body.ok_or_else(|| std::io::Error::other("no exposition"))?;
    Ok(body.1.to_string())
}
