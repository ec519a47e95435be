//! What the frames of a connection say of its exchanges, and of itself.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::frames::{FramePiece, kind};
use crate::model::Moment;
use crate::transport::ExchangeMarks;

/// One exchange.
pub(super) struct StreamWatch {
    marks: Rc<ExchangeMarks>,
    /// When each head of an answer began: interim ones first.
    heads: RefCell<Vec<Moment>>,
}

/// All exchanges of a connection.
#[derive(Default)]
pub(super) struct Traffic {
    streams: RefCell<HashMap<u32, Rc<StreamWatch>>>,
    /// Whether the server has said what it allows.
    settled: Cell<bool>,
    /// The last stream that the server has looked at, once it takes no others (RFC 9113 §6.8).
    last: Cell<Option<u32>>,
}

impl Traffic {
    /// From now on frames of `stream` are those of an exchange.
    pub(super) fn watch(self: &Rc<Self>, stream: u32, marks: &Rc<ExchangeMarks>) -> WatchedStream {
        let watch = Rc::new(StreamWatch { marks: Rc::clone(marks), heads: RefCell::default() });
        self.streams.borrow_mut().insert(stream, Rc::clone(&watch));
        WatchedStream { traffic: Rc::clone(self), stream, watch }
    }

    /// Whether the server has said how many streams it allows.
    pub(super) fn is_settled(&self) -> bool {
        self.settled.get()
    }

    /// Whether the server takes no other streams.
    pub(super) fn goes_away(&self) -> bool {
        self.last.get().is_some()
    }

    /// Whether the server has said that it will not look at a stream (RFC 9113 §6.8).
    pub(super) fn is_refused(&self, stream: u32) -> bool {
        self.last.get().is_some_and(|last| stream > last)
    }

    /// A part of a frame was handed on by a call made at `called`.
    pub(super) fn wrote(&self, piece: FramePiece, called: Moment) {
        if !matches!(piece.frame.kind, kind::DATA | kind::HEADERS | kind::CONTINUATION) {
            return;
        }
        let streams = self.streams.borrow();
        let Some(watch) = streams.get(&piece.frame.stream) else { return };
        watch.marks.wrote(piece.bytes, called);
        if piece.ends && piece.frame.ends_stream() {
            watch.marks.wrote_all();
        }
    }

    /// A part of a frame came at `at`.
    pub(super) fn read(&self, piece: FramePiece, at: Moment) {
        match piece.frame.kind {
            kind::SETTINGS if piece.ends && !piece.frame.acknowledges() => self.settled.set(true),
            kind::GOAWAY if piece.ends => {
                let [a, b, c, d, ..] = piece.payload;
                self.last.set(Some(u32::from_be_bytes([a, b, c, d]) & 0x7fff_ffff));
            }
            kind::DATA | kind::HEADERS | kind::CONTINUATION | kind::RST_STREAM => {
                self.read_of_stream(piece, at)
            }
            _ => {}
        }
    }

    fn read_of_stream(&self, piece: FramePiece, at: Moment) {
        let streams = self.streams.borrow();
        let Some(watch) = streams.get(&piece.frame.stream) else { return };
        watch.marks.read_at(piece.bytes, at);
        if piece.begins && piece.frame.kind == kind::HEADERS {
            watch.heads.borrow_mut().push(at);
        }
    }
}

/// A stream that is watched, as long as this lives.
pub(super) struct WatchedStream {
    traffic: Rc<Traffic>,
    pub(super) stream: u32,
    watch: Rc<StreamWatch>,
}

impl WatchedStream {
    /// So many interim answers came before the one that counts: its first byte is that of the next head.
    pub(super) fn passed_over(&self, interim: usize) {
        if interim > 0
            && let Some(at) = self.watch.heads.borrow().get(interim)
        {
            self.watch.marks.began(*at);
        }
    }
}

impl Drop for WatchedStream {
    fn drop(&mut self) {
        self.traffic.streams.borrow_mut().remove(&self.stream);
    }
}
