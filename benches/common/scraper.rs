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
    seen: Arc<Mutex<Vec<Reading>>>,
}

/// Spans so far, as one reading has them.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    pub created: f64,
    pub exported: f64,
    pub failed: f64,
    pub dropped: f64,
}

impl Reading {
    fn of(one: &Exposition) -> Self {
        let spans = |outcome| one.sum("spanload_spans_total", &[("outcome", outcome)]);
        Reading {
            created: one.sum("spanload_spans_created_total", &[]),
            exported: spans("exported"),
            failed: spans("failed"),
            dropped: spans("dropped"),
        }
    }

    /// Neither arrived nor lost.
    pub fn waiting(&self) -> f64 {
        self.created - self.exported - self.failed - self.dropped
    }
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
                    let reading = Reading::of(&Exposition::parse(&text));
                    shared.lock().unwrap_or_else(PoisonError::into_inner).push(reading);
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

    /// What was read since then. The load waits for a last reading after its last span.
    pub fn readings(&self) -> Vec<Reading> {
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
