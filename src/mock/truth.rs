//! The truth log: what really happened to each item, by the server's own clock, to check a client's measurements against.
//!
//! CSV, a row an item. `received_us` is when the request's head was parsed, before its body is read; `dequeued_us` is when a
//! replica took it, empty if none did; `done_us` is when the answer was handed to the HTTP library. All three in whole
//! microseconds since the mock's start. `status` is the HTTP status, 0 where the connection was reset on purpose, 499 where the
//! caller went away before the answer. A request that is no valid JSON has no items, and so no row.
//!
//! Rows wait for the disk in a bounded line. When it is full a row is lost and counted, for there is no better place to
//! wait: the thread that would is the one that answers, so every request in flight would take longer by the disk's delay,
//! and the mock would be a model of its disk. A lost row distorts no measured time, and the count says that rows are lost.
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

const FLUSH_EVERY: Duration = Duration::from_millis(200);
/// Rows that may wait: 5 s of 50,000 rows a second, which is more than the one worker serves; some 60 MiB.
const MOST_WAITING: usize = 1 << 18;
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
pub(super) struct TruthLog {
    writer: Mutex<Option<Writer>>,
    lost: AtomicU64,
    /// Where it is, for who must be told.
    path: PathBuf,
}

struct Writer {
    rows: Sender<TruthEntry>,
    /// How many rows may still wait. A count beside a channel that grows: one of this size made in advance would cost each
    /// mock its memory and the time to fill it.
    room: Arc<AtomicUsize>,
    thread: JoinHandle<csv::Result<()>>,
}

impl TruthLog {
    /// Opens the file, or nothing if there is none to write.
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::with(None)) };
        let file = File::create(path).with_context(|| {
            format!(
                "--truth-log {}: cannot create the file; name one in an existing, writable directory",
                path.display()
            )
        })?;
        Ok(Self { path: path.to_path_buf(), ..Self::with(Some(Writer::start(file, MOST_WAITING)?)) })
    }

    fn with(writer: Option<Writer>) -> Self {
        Self { writer: Mutex::new(writer), lost: AtomicU64::new(0), path: PathBuf::new() }
    }

    /// Never waits for the disk.
    pub(super) fn append(&self, row: TruthEntry) {
        let writer = self.writer();
        if writer.as_ref().is_some_and(|writer| !writer.offer(row)) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes what is pending, and reports what could not be written. Rows that come later are dropped.
    pub(super) fn close(&self) -> anyhow::Result<()> {
        let Some(Writer { rows, thread, .. }) = self.writer().take() else { return Ok(()) };
        drop(rows);
        let written = thread.join().map_err(|_| anyhow::anyhow!("the thread of the truth log panicked"))?;
        written.with_context(|| {
            let path = self.path.display();
            format!("the truth log {path} is incomplete; check that the disk has room. The rows that are in it are usable")
        })
    }

    /// Rows that are not in the log, because too many waited for the disk or the writer has stopped at an error.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn writer(&self) -> std::sync::MutexGuard<'_, Option<Writer>> {
        self.writer.lock().expect("nothing panics while it holds the lock")
    }
}

impl Writer {
    fn start(log: impl Write + Send + 'static, most: usize) -> anyhow::Result<Self> {
        let (rows, received) = channel();
        let room = Arc::new(AtomicUsize::new(most));
        let log = csv::WriterBuilder::new().has_headers(false).from_writer(log);
        let freed = Arc::clone(&room);
        let thread = std::thread::Builder::new()
            .name("truth-log".into())
            .spawn(move || write(log, &received, &freed))
            .context("cannot start the thread of the truth log")?;
        Ok(Self { rows, room, thread })
    }

    /// Whether there was room for it, and somebody to write it.
    fn offer(&self, row: TruthEntry) -> bool {
        let taken = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(1));
        taken.is_ok() && self.rows.send(row).is_ok()
    }
}

/// Flushes in rounds, not at pauses: under steady load there may be none.
fn write(
    mut log: csv::Writer<impl Write>,
    rows: &Receiver<TruthEntry>,
    room: &AtomicUsize,
) -> csv::Result<()> {
    log.write_record(HEADER)?;
    loop {
        log.flush()?;
        std::thread::sleep(FLUSH_EVERY);
        loop {
            match rows.try_recv() {
                Ok(row) => {
                    room.fetch_add(1, Ordering::Relaxed);
                    log.serialize(row)?;
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(log.flush()?),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    const LIMIT: usize = 1_000;

    /// A disk that takes nothing until somebody lets it, and keeps what it took.
    struct Disk {
        ready: Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Once nobody can hold it back any more, it is a fast disk.
            let _ = self.ready.recv();
            self.written.lock().expect("nobody panics").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn row(exchange_id: u64) -> TruthEntry {
        TruthEntry {
            trace_id: String::new(),
            exchange_id,
            payload_digest: String::new(),
            item_ms: String::new(),
            batch_size: 1,
            status: 200,
            received_us: 0,
            dequeued_us: None,
            done_us: 0,
        }
    }

    /// For at most a minute, which only ends what hangs.
    fn wait_until(done: impl Fn() -> bool) {
        let moment = Duration::from_millis(1);
        assert!(
            (0..60_000).any(|_| done() || {
                std::thread::sleep(moment);
                false
            }),
            "waited in vain"
        );
    }

    fn exchanges(log: &[u8]) -> Vec<u64> {
        let rows = csv::Reader::from_reader(log).into_records();
        rows.map(|row| row.expect("a row")[1].parse().expect("a number")).collect()
    }

    #[test]
    fn a_disk_that_stands_still_delays_nobody_and_what_it_costs_is_counted() {
        let (let_go, ready) = channel();
        let written = Arc::default();
        let disk = Disk { ready, written: Arc::clone(&written) };
        let log = TruthLog::with(Some(Writer::start(disk, LIMIT).expect("a thread")));
        // The disk takes not even the header, so no row has left the line. If one waited for it, this would not end.
        (1..=LIMIT as u64 + 3).for_each(|id| log.append(row(id)));
        assert_eq!(log.lost(), 3);
        drop(let_go);
        log.close().expect("it is written");
        let expected: Vec<u64> = (1..=LIMIT as u64).collect();
        assert_eq!(exchanges(&written.lock().expect("nobody panics")), expected, "the first ones, in order");
    }

    #[test]
    fn what_is_written_makes_room() {
        let (let_go, ready) = channel();
        drop(let_go);
        let disk = Disk { ready, written: Arc::default() };
        let log = TruthLog::with(Some(Writer::start(disk, 1).expect("a thread")));
        log.append(row(1));
        let room = Arc::clone(&log.writer().as_ref().expect("it is open").room);
        wait_until(|| room.load(Ordering::Relaxed) > 0);
        log.append(row(2));
        assert_eq!(log.lost(), 0);
        log.close().expect("it is written");
    }

    #[test]
    fn rows_after_an_error_of_the_disk_are_lost_and_counted() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let log = TruthLog::with(Some(Writer::start(Full, LIMIT).expect("a thread")));
        wait_until(|| log.writer().as_ref().expect("it is open").thread.is_finished());
        log.append(row(1));
        assert_eq!(log.lost(), 1);
        let error = log.close().expect_err("nothing is written");
        assert!(format!("{error:#}").contains("incomplete"), "{error:#}");
    }
}
