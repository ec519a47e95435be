//! One exchange: writes the request and reads the answer at the same time, because an answer may come before the request is
//! complete.

use std::cell::RefCell;
use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::Method;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::complaint::complaint;
use super::content::Framing;
use super::head::{self, AnswerHead};
use super::io::{Io, Scratch};
use super::surplus::is_surplus;
use crate::model::text::Text;
use crate::model::{ErrorKind, Moment};
use crate::transport::io_error::exchange_error;
use crate::transport::{BodySink, ExchangeMarks, Head, Request, ServerHeaders};

/// A body up to this long is copied behind its head: one write of one piece is cheaper than one of two.
const COPIED: usize = 4_096;

/// An answer that is complete.
pub(super) struct Done {
    pub head: Head,
    /// Whether the connection can carry another exchange: both sides want it, the request was written to its end, and nothing
    /// came that was not asked for.
    pub reusable: bool,
}

/// An exchange under way.
pub(super) struct Http1Exchange<'a, S> {
    io: &'a mut Io<S>,
    /// The body, where it was not copied behind the head.
    body: Bytes,
    names: &'a ServerHeaders,
    marks: &'a ExchangeMarks,
    to_head: bool,
    /// Whether it must still be looked for what came while the connection was idle.
    unchecked: bool,
    /// Whether the connection has carried an exchange before this one.
    used: bool,
    /// Whether bytes were there that nobody had asked for.
    pub found_surplus: bool,
    written: usize,
    flushed: bool,
    /// Whether the stream has taken bytes and not handed them on: TLS takes more than the kernel does.
    held_back: bool,
    /// Why nothing more can be written. What the server had to say before may still be read.
    write_error: Option<ErrorKind>,
    answer: Option<AnswerHead>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Http1Exchange<'a, S> {
    pub(super) fn new(
        io: &'a mut Io<S>,
        request: &Request<'_>,
        names: &'a ServerHeaders,
        marks: &'a ExchangeMarks,
        used: bool,
    ) -> Self {
        write_head(&mut io.output, request);
        let copied = request.body.len() <= COPIED;
        if copied {
            io.output.extend_from_slice(&request.body);
        }
        Http1Exchange {
            io,
            body: if copied { Bytes::new() } else { request.body.clone() },
            names,
            marks,
            to_head: request.route.method == Method::HEAD,
            unchecked: used,
            used,
            found_surplus: false,
            written: 0,
            flushed: false,
            held_back: false,
            write_error: None,
            answer: None,
        }
    }

    /// Goes on as far as it can.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &RefCell<Scratch>,
        sink: &mut dyn BodySink,
    ) -> Poll<Result<Done, ErrorKind>> {
        let mut scratch = scratch.borrow_mut();
        if std::mem::take(&mut self.unchecked) {
            // On a connection that was used, what is there before anything was asked is the end, or an answer to nothing. A
            // fresh one may be refused before the server has read a word, as by a proxy that is full.
            let mut read = ReadBuf::new(&mut scratch.0);
            if let Poll::Ready(outcome) = Pin::new(&mut self.io.stream).poll_read(cx, &mut read) {
                self.found_surplus = outcome.is_ok() && is_surplus(read.filled());
                if !self.found_surplus {
                    return Poll::Ready(Err(ErrorKind::Closed));
                }
                self.marks.because("bytes came on a kept connection before anything was asked");
                return Poll::Ready(Err(ErrorKind::Protocol));
            }
        }
        loop {
            self.write(cx);
            ready!(sink.poll_ready(cx));
            let mut read = ReadBuf::new(&mut scratch.0);
            if let Err(error) = ready!(Pin::new(&mut self.io.stream).poll_read(cx, &mut read)) {
                return Poll::Ready(Err(exchange_error(&error)));
            }
            let outcome = match read.filled() {
                [] => self.ended(),
                data => {
                    let at = self.marks.read(data.len());
                    self.take(at, data, sink)
                }
            };
            if let Some(outcome) = outcome.transpose() {
                return Poll::Ready(outcome);
            }
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) {
        let head = self.io.output.len();
        while self.written < head + self.body.len() && self.write_error.is_none() {
            let called = self.marks.now();
            let stream = Pin::new(&mut self.io.stream);
            let written = match self.written.checked_sub(head) {
                Some(of_body) => stream.poll_write(cx, &self.body[of_body..]),
                None if self.body.is_empty() => stream.poll_write(cx, &self.io.output[self.written..]),
                None => {
                    let pieces = [IoSlice::new(&self.io.output[self.written..]), IoSlice::new(&self.body)];
                    stream.poll_write_vectored(cx, &pieces)
                }
            };
            match written {
                Poll::Pending => return,
                Poll::Ready(Ok(0)) => self.write_error = Some(ErrorKind::Closed),
                Poll::Ready(Ok(bytes)) => {
                    self.marks.wrote(bytes, called);
                    self.written += bytes;
                }
                Poll::Ready(Err(error)) => self.write_error = Some(exchange_error(&error)),
            }
        }
        if !self.flushed && self.write_error.is_none() {
            self.flush(cx);
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>) {
        let called = self.held_back.then(|| self.marks.now());
        match Pin::new(&mut self.io.stream).poll_flush(cx) {
            Poll::Pending => self.held_back = true,
            Poll::Ready(Ok(())) => {
                self.flushed = true;
                called.into_iter().for_each(|called| self.marks.wrote(0, called));
                self.marks.wrote_all();
            }
            Poll::Ready(Err(error)) => self.write_error = Some(exchange_error(&error)),
        }
    }

    /// The server has closed.
    fn ended(&mut self) -> Result<Option<Done>, ErrorKind> {
        match self.answer.take() {
            Some(answer) if answer.content == Framing::UntilClose => {
                Ok(Some(Done { head: answer.head, reusable: false }))
            }
            Some(answer) => {
                self.marks.because(match answer.content {
                    Framing::Length(_) => "it ended before its Content-Length",
                    _ => "it ended before the last of its chunks",
                });
                Err(self.write_error.unwrap_or(ErrorKind::Closed))
            }
            None => Err(self.write_error.unwrap_or(ErrorKind::Closed)),
        }
    }

    /// Takes bytes of the answer that came at `at`.
    fn take(&mut self, at: Moment, data: &[u8], sink: &mut dyn BodySink) -> Result<Option<Done>, ErrorKind> {
        if self.answer.is_some() {
            return self.take_content(at, data, sink);
        }
        // Seldom anything but empty: a head comes in one piece.
        let mut joined = std::mem::take(&mut self.io.pending);
        let before = joined.len();
        let mut rest = data;
        if before > 0 {
            joined.extend_from_slice(data);
            rest = &joined;
            if !head::may_be_complete(rest, before) {
                return self.keep_pending(joined, 0);
            }
        }
        let whole = rest.len();
        while self.answer.is_none() {
            let parsed = head::parse(rest, self.names, self.to_head);
            let Some((length, found)) = parsed.inspect_err(|_| self.marks.because(complaint(rest)))? else {
                let taken = whole - rest.len();
                let joined = if before > 0 { joined } else { data.to_vec() };
                return self.keep_pending(joined, taken);
            };
            rest = &rest[length..];
            match found {
                Some(answer) => {
                    self.marks.answered(answer.head.status, answer.head.server);
                    sink.begins(&answer.head);
                    self.answer = Some(answer);
                }
                None if rest.is_empty() => {
                    self.marks.interim();
                    return Ok(None);
                }
                None => self.marks.no_longer_interim(),
            }
        }
        self.take_content(at, rest, sink)
    }

    /// The head is not complete: what there is of it waits for more.
    fn keep_pending(&mut self, mut joined: Vec<u8>, taken: usize) -> Result<Option<Done>, ErrorKind> {
        joined.drain(..taken);
        self.io.pending = joined;
        if self.io.pending.len() > head::LONGEST {
            self.marks.because("its head is longer than 256 KiB");
            return Err(ErrorKind::Protocol);
        }
        Ok(None)
    }

    fn take_content(
        &mut self,
        at: Moment,
        data: &[u8],
        sink: &mut dyn BodySink,
    ) -> Result<Option<Done>, ErrorKind> {
        let answer = self.answer.as_mut().expect("the head came before the content");
        let decoded = answer.content.decode(data, &mut |chunk| sink.chunk(at, chunk));
        let (taken, complete) = decoded.inspect_err(|kind| {
            if *kind == ErrorKind::Protocol {
                self.marks.because("the chunks of its content make no sense");
            }
        })?;
        if !complete {
            return Ok(None);
        }
        let mut answer = self.answer.take().expect("just used");
        if let Some(trailer) = answer.content.trailer() {
            head::add_trailer(trailer, self.names, &mut answer.head);
            self.marks.answered(answer.head.status, answer.head.server);
        }
        // On a connection that was used, an answer with something behind it may be the one of the request before.
        self.found_surplus = self.used && taken < data.len() && is_surplus(&data[taken..]);
        let reusable = answer.keep && self.flushed && taken == data.len();
        self.io.output.clear();
        Ok(Some(Done { head: answer.head, reusable }))
    }
}

/// The request line and all headers.
fn write_head(output: &mut Vec<u8>, request: &Request<'_>) {
    output.clear();
    output.extend_from_slice(&request.route.http1);
    output.extend_from_slice(b"traceparent: ");
    output.extend_from_slice(&request.traceparent);
    if !request.body.is_empty() || request.route.announces_empty {
        output.extend_from_slice(b"\r\ncontent-length: ");
        (request.body.len() as u64).put(output);
    }
    output.extend_from_slice(if request.keep { b"\r\n\r\n" } else { b"\r\nconnection: close\r\n\r\n" });
}
