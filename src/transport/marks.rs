//! The instants and counts that an exchange leaves behind, readable while it is still under way.

use std::cell::Cell;
use std::os::fd::RawFd;
use std::rc::Rc;

use super::tcp_info;
use crate::clock::{Clock, Moment};
use crate::sample::{ConnectionUse, Stage, Stages, Timeline};

/// The marks of the exchange that a lane carries now, or carried last.
///
/// Cells, because the lane, the IO wrapper under hyper and the engine's deadline sweep all live on
/// one thread and take turns.
#[derive(Debug)]
pub struct Marks {
    clock: Clock,
    taken: Cell<Moment>,
    attempts: Cell<u32>,
    retried: Cell<Option<Moment>>,
    /// The stage of connection set-up that is under way, if one is.
    opening: Cell<Option<Stage>>,
    dns: Cell<Option<Moment>>,
    connect: Cell<Option<Moment>>,
    tls: Cell<Option<Moment>>,
    last_write: Cell<Option<Moment>>,
    /// Whether everything that was written has left our buffers.
    flushed: Cell<bool>,
    first_read: Cell<Option<Moment>>,
    last_read: Cell<Option<Moment>>,
    bytes_sent: Cell<u64>,
    bytes_received: Cell<u64>,
    connection: Cell<Option<ConnectionUse>>,
    socket: Cell<Option<RawFd>>,
    /// The connection's retransmissions before this exchange.
    retransmits_before: Cell<Option<u32>>,
    retransmits: Cell<Option<u32>>,
}

impl Marks {
    /// Marks on a repetition's clock.
    pub fn new(clock: Clock) -> Rc<Self> {
        Rc::new(Marks {
            clock,
            taken: Cell::default(),
            attempts: Cell::default(),
            retried: Cell::default(),
            opening: Cell::default(),
            dns: Cell::default(),
            connect: Cell::default(),
            tls: Cell::default(),
            last_write: Cell::default(),
            flushed: Cell::default(),
            first_read: Cell::default(),
            last_read: Cell::default(),
            bytes_sent: Cell::default(),
            bytes_received: Cell::default(),
            connection: Cell::default(),
            socket: Cell::default(),
            retransmits_before: Cell::default(),
            retransmits: Cell::default(),
        })
    }

    /// The repetition's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A new exchange starts: its requests leave the queue at `taken`.
    pub fn begin(&self, taken: Moment) {
        self.taken.set(taken);
        self.attempts.set(1);
        self.retried.set(None);
        self.bytes_sent.set(0);
        self.bytes_received.set(0);
        self.connection.set(None);
        self.forget_attempt();
    }

    /// The attempt came to nothing; another one starts now.
    pub fn retry(&self) {
        self.attempts.set(self.attempts.get() + 1);
        self.retried.set(Some(self.clock.now()));
        self.forget_attempt();
    }

    fn forget_attempt(&self) {
        for cell in [&self.dns, &self.connect, &self.tls, &self.last_write, &self.first_read, &self.last_read]
        {
            cell.set(None);
        }
        self.opening.set(None);
        self.flushed.set(false);
        self.retransmits.set(None);
        self.retransmits_before.set(None);
    }

    /// A stage of connection set-up starts.
    pub fn opening(&self, stage: Stage) {
        self.opening.set(Some(stage));
    }

    /// The stage of connection set-up that was under way has ended.
    pub fn opened(&self) {
        let end = Some(self.clock.now());
        match self.opening.take() {
            Some(Stage::Dns) => self.dns.set(end),
            Some(Stage::Connect) => self.connect.set(end),
            Some(Stage::Tls) => self.tls.set(end),
            other => debug_assert!(false, "{other:?} is no stage of connection set-up"),
        }
    }

    /// This attempt uses `connection`, which so far had so many retransmissions (`None` while it
    /// is being opened).
    pub fn using(&self, connection: ConnectionUse, retransmits_before: Option<u32>) {
        self.connection.set(Some(connection));
        self.retransmits_before.set(retransmits_before);
    }

    /// `bytes` were handed to the kernel.
    pub fn wrote(&self, bytes: usize) {
        self.bytes_sent.set(self.bytes_sent.get() + bytes as u64);
        self.flushed.set(false);
        // A response that comes before the request is complete ends `send`: later writes are not part of it.
        if self.first_read.get().is_none() {
            self.last_write.set(Some(self.clock.now()));
        }
    }

    /// Nothing is left to write.
    pub fn flushed(&self) {
        self.flushed.set(true);
    }

    /// `bytes` of the response have come.
    pub fn read(&self, bytes: usize) {
        let now = Some(self.clock.now());
        self.bytes_received.set(self.bytes_received.get() + bytes as u64);
        if self.first_read.get().is_none() {
            self.first_read.set(now);
        }
        self.last_read.set(now);
    }

    /// When the last response byte came.
    pub fn last_read(&self) -> Option<Moment> {
        self.last_read.get()
    }

    /// Whether a byte of this attempt was handed to the kernel.
    pub fn wrote_any(&self) -> bool {
        self.last_write.get().is_some()
    }

    /// The socket whose `TCP_INFO` is evidence; `None` when it is closed.
    pub fn set_socket(&self, socket: Option<RawFd>) {
        self.socket.set(socket);
    }

    /// Retransmissions that the kernel counts on the connection so far.
    pub fn total_retransmits(&self) -> Option<u32> {
        self.socket.get().and_then(tcp_info::total_retransmits)
    }

    /// Takes the kernel's evidence at the end of the exchange, complete or not; returns the
    /// connection's retransmissions so far.
    pub fn take_evidence(&self) -> Option<u32> {
        let total = self.total_retransmits();
        if self.opening.get() == Some(Stage::Connect) {
            // The connect did not end: what was retransmitted was its SYN.
            let unfinished = self.connection.get();
            self.connection
                .set(unfinished.map(|unfinished| ConnectionUse { syn_retransmits: total, ..unfinished }));
        }
        let before = self.retransmits_before.get();
        self.retransmits.set(total.zip(before).map(|(now, before)| now.saturating_sub(before)));
        total
    }

    /// Attempts, at least 1.
    pub fn attempts(&self) -> u32 {
        self.attempts.get()
    }

    /// The connection of the last attempt.
    pub fn connection(&self) -> Option<ConnectionUse> {
        self.connection.get()
    }

    /// Data retransmissions of the exchange, once the evidence is taken.
    pub fn retransmits(&self) -> Option<u32> {
        self.retransmits.get()
    }

    /// Bytes handed to the kernel, over all attempts.
    pub fn bytes_sent(&self) -> u64 {
        self.bytes_sent.get()
    }

    /// Bytes received, over all attempts.
    pub fn bytes_received(&self) -> u64 {
        self.bytes_received.get()
    }

    /// The stages of a request that was due at `due` and whose story ends at `end`, whatever was
    /// under way then. Marks later than `end` (of a batch that outlives a member) do not count.
    pub fn stages(&self, due: Moment, end: Moment) -> Stages {
        let reached = |mark: &Cell<Option<Moment>>| mark.get().filter(|at| *at <= end);
        let mut timeline = Timeline::from_due(due);
        timeline.end(Stage::Queue, self.taken.get().min(end));
        if let Some(at) = reached(&self.retried) {
            timeline.end(Stage::Retry, at);
        }
        for (stage, mark) in
            [(Stage::Dns, &self.dns), (Stage::Connect, &self.connect), (Stage::Tls, &self.tls)]
        {
            if let Some(at) = reached(mark) {
                timeline.end(stage, at);
            }
        }
        if let Some(stage) = self.opening.get() {
            timeline.end(stage, end);
            return timeline.finish();
        }
        let first_read = reached(&self.first_read);
        let sent = reached(&self.last_write).filter(|_| self.flushed.get() || first_read.is_some());
        let sent = [sent, first_read].into_iter().flatten().min();
        timeline.end(Stage::Send, sent.unwrap_or(end));
        if sent.is_some() {
            timeline.end(Stage::Wait, first_read.unwrap_or(end));
        }
        if first_read.is_some() {
            timeline.end(Stage::Receive, end);
        }
        timeline.finish()
    }
}
