//! Where finished requests go: chunks on their way to the recorder's thread.

use std::cell::RefCell;
use std::sync::mpsc::Sender;

use crate::model::Completed;

/// Samples in one chunk at most.
const CHUNK: usize = 256;

/// Collects samples into chunks.
pub(super) struct Output {
    chunk: RefCell<Vec<Completed>>,
    sink: Sender<Vec<Completed>>,
}

impl Output {
    pub(super) fn new(sink: Sender<Vec<Completed>>) -> Self {
        Output { chunk: RefCell::new(Vec::with_capacity(CHUNK)), sink }
    }

    pub(super) fn push(&self, completed: Completed) {
        let mut chunk = self.chunk.borrow_mut();
        chunk.push(completed);
        if chunk.len() == CHUNK {
            self.send(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK)));
        }
    }

    pub(super) fn hand_on(&self) {
        let mut chunk = self.chunk.borrow_mut();
        if !chunk.is_empty() {
            self.send(std::mem::take(&mut chunk));
        }
    }

    fn send(&self, chunk: Vec<Completed>) {
        // The recorder is gone only after a failure to write, which it reports itself.
        let _ = self.sink.send(chunk);
    }
}
