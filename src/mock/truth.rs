//! The truth log: what really happened to each item, by the server's own clock, to check a client's measurements against.
//!
//! CSV, a row an item. `received_us` is when the request's head was parsed, before its body is read; `dequeued_us` is when a
//! replica took it, empty if none did; `done_us` is when the answer was handed to the HTTP library. All three in whole
//! microseconds since the mock's start. `status` is the HTTP status, 0 where the connection was reset on purpose, 499 where the
//! caller went away before the answer. A request that is no valid JSON has no items, and so no row.
use std::fs::File;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

const FLUSH_EVERY: Duration = Duration::from_millis(200);
const HEADER: [&str; 9] = [
    "trace_id",
    "exchange_id",
    "payload_digest",
    "item_ms",
    "batch_size",
    "status",
    "received_us",
    "dequeued_us",
    "done_us",
];

#[derive(Debug, Serialize)]
pub(super) struct TruthEntry {
    /// 32 hexadecimal digits, or empty where the request carried no `traceparent`.
    pub trace_id: String,
    /// Counts the exchanges of this mock, from 1.
    pub exchange_id: u64,
    pub payload_digest: String,
    /// Three decimals, as in `Server-Timing`.
    pub item_ms: String,
    pub batch_size: usize,
    pub status: u16,
    pub received_us: u64,
    pub dequeued_us: Option<u64>,
    pub done_us: u64,
}

/// Rows go to a thread of their own: a slow disk must not delay an answer.
pub(super) struct TruthLog(Mutex<Option<Writer>>);

struct Writer {
    rows: Sender<TruthEntry>,
    thread: JoinHandle<csv::Result<()>>,
}

impl TruthLog {
    /// Opens the file, or nothing if there is none to write.
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self(Mutex::new(None))) };
        let file = File::create(path).with_context(|| {
            format!(
                "--truth-log {}: cannot create the file; name one in an existing, writable directory",
                path.display()
            )
        })?;
        let (rows, received) = channel();
        let thread = std::thread::Builder::new()
            .name("truth-log".into())
            .spawn(move || write(csv::WriterBuilder::new().has_headers(false).from_writer(file), &received))
            .context("cannot start the thread of the truth log")?;
        Ok(Self(Mutex::new(Some(Writer { rows, thread }))))
    }

    pub(super) fn append(&self, row: TruthEntry) {
        if let Some(writer) = &*self.writer() {
            // fails only when the writer has stopped at an error, which close() reports
            let _ = writer.rows.send(row);
        }
    }

    /// Writes what is pending, and reports what could not be written. Rows that come later are dropped.
    pub(super) fn close(&self) -> anyhow::Result<()> {
        let Some(Writer { rows, thread }) = self.writer().take() else { return Ok(()) };
        drop(rows);
        let written = thread.join().map_err(|_| anyhow::anyhow!("the thread of the truth log panicked"))?;
        written.context("the truth log is incomplete: is the disk full?")
    }

    fn writer(&self) -> std::sync::MutexGuard<'_, Option<Writer>> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

/// Flushes in rounds, not at pauses: under steady load there may be none.
fn write(mut log: csv::Writer<File>, rows: &Receiver<TruthEntry>) -> csv::Result<()> {
    log.write_record(HEADER)?;
    loop {
        log.flush()?;
        std::thread::sleep(FLUSH_EVERY);
        loop {
            match rows.try_recv() {
                Ok(row) => log.serialize(row)?,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(log.flush()?),
            }
        }
    }
}
