//! Where finished requests go: chunks on their way to the recorder's thread. Handing one on never waits; what is bounded is the
//! memory of the answers in them, by their budget.

use std::cell::RefCell;
use std::sync::mpsc::Sender;

use super::halt::Halt;
use crate::model::{Chunk, Completed, Sample};

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

    pub(super) fn push(&self, completed: Completed) {
        let mut chunk = self.chunk.borrow_mut();
        chunk.push(completed);
        if chunk.len() == CHUNK {
            self.send(Chunk::Ended(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK))));
        }
    }

    /// Hands on what there is. Nothing is handed on too: so it is known also of a load in which nothing ends that the recorder
    /// is gone.
    pub(super) fn hand_on(&self) {
        // A copy that is no longer than it must be: a slow load hands on one sample at a time.
        self.send(Chunk::Ended(self.chunk.borrow_mut().drain(..).collect()));
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
