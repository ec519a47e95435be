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
    /// Streams whose requests are complete but perhaps not with the kernel yet: TLS takes more than that does.
    complete: RefCell<Vec<u32>>,
    /// Whether the server has said what it allows.
    settled: Cell<bool>,
    /// Whether it began with something that is no frame of a server's.
    foreign: Cell<bool>,
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

    /// The server has begun with something else than it must (RFC 9113 §3.4).
    pub(super) fn begins_otherwise(&self) {
        self.foreign.set(true);
    }

    /// Whether what the server says is not HTTP/2.
    pub(super) fn is_foreign(&self) -> bool {
        self.foreign.get()
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
            self.complete.borrow_mut().push(piece.frame.stream);
        }
    }

    /// All that was written is with the kernel; where that had to be waited for, since a call made at `called`.
    pub(super) fn flushed(&self, called: Option<Moment>) {
        let streams = self.streams.borrow();
        for stream in self.complete.borrow_mut().drain(..) {
            if let (Some(called), Some(watch)) = (called, streams.get(&stream)) {
                watch.marks.wrote(0, called);
                watch.marks.wrote_all();
            }
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
        if piece.frame.kind == kind::RST_STREAM {
            return watch.marks.received_beside(piece.bytes);
        }
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
    /// So many interim answers have come: the first byte of the one that counts is that of the next head, once there is one.
    pub(super) fn passed_over(&self, interim: usize) {
        match self.watch.heads.borrow().get(interim) {
            Some(at) => self.watch.marks.began(*at),
            None => self.watch.marks.interim(),
        }
    }
}

impl Drop for WatchedStream {
    fn drop(&mut self) {
        self.traffic.streams.borrow_mut().remove(&self.stream);
    }
}
