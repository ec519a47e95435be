//! Where finished requests go: chunks on their way to the recorder's thread. Handing one on never waits; what is bounded is the
//! memory of the answers in them, by their budget.

use std::cell::RefCell;
use std::sync::mpsc::Sender;

use super::halt::Halt;
use crate::model::{Chunk, Completed, ErrorKind, Sample};

/// Samples in one chunk at most.
const CHUNK: usize = 256;

/// Collects samples into chunks.
pub(super) struct Output {
    chunk: RefCell<Vec<Completed>>,
    sink: Sender<Chunk>,
    halt: Halt,
}

impl Output {
    /// `halt` is called when nobody takes what is sent to `sink` any more.
    pub(super) fn new(sink: Sender<Chunk>, halt: Halt) -> Self {
        Output { chunk: RefCell::new(Vec::with_capacity(CHUNK)), sink, halt }
    }

    /// Adds one; whether that makes the chunk full, so that it is to be handed on.
    pub(super) fn push(&self, completed: Completed) -> bool {
        let mut chunk = self.chunk.borrow_mut();
        chunk.push(completed);
        chunk.len() >= CHUNK
    }

    /// Fails the answers that are still here and came from these connections, as far as they may be those of other requests: all
    /// but the first one of a connection.
    pub(super) fn condemn(&self, connections: &[u64]) {
        for Completed { sample, answer } in self.chunk.borrow_mut().iter_mut() {
            let taken = sample.connection.is_some_and(|used| used.reused && connections.contains(&used.id));
            if taken && sample.error.is_none() {
                sample.error = Some(ErrorKind::Protocol);
                *answer = None;
            }
        }
    }

    /// Hands on what there is. Nothing is handed on too: so it is known also of a load in which nothing ends that the recorder
    /// is gone.
    pub(super) fn hand_on(&self) {
        let mut chunk = self.chunk.borrow_mut();
        let full = chunk.len() >= CHUNK;
        // Else a copy that is no longer than it must be: a slow load hands on one sample at a time.
        let ended = if full {
            std::mem::replace(&mut *chunk, Vec::with_capacity(CHUNK))
        } else {
            chunk.drain(..).collect()
        };
        drop(chunk);
        self.send(Chunk::Ended(ended));
    }

    /// Hands on what there is, and then requests that were never issued.
    pub(super) fn hand_on_rest(&self, never_issued: impl Iterator<Item = Sample> + Send + 'static) {
        self.hand_on();
        self.send(Chunk::NeverIssued(Box::new(never_issued)));
    }

    fn send(&self, chunk: Chunk) {
        // The recorder is gone only after a failure to write, which it reports itself. What cannot be written need not be sent.
        if self.sink.send(chunk).is_err() {
            self.halt.call();
        }
    }
}
