//! The seam between what sends and what moves the bytes.

use std::rc::Rc;
use std::task::{Context, Poll};

use super::{Aside, ConnectionMarks, ContentCoding, ExchangeMarks, Request, ToldBy};
use crate::model::{ErrorKind, Micros, Moment, ServerTimes, StageSet};

/// A way to move bytes.
pub trait Transport {
    /// What carries exchanges.
    type Connection: Connection;

    /// The stages that it can see. The time of any other is part of the next one that it sees.
    fn observes(&self) -> StageSet;

    /// Opens a connection. What it costs, and what the kernel says of it, stands in `marks`, also if the future is
    /// dropped on the way.
    fn open(&self, marks: &Rc<ConnectionMarks>) -> impl Future<Output = Result<Self::Connection, ErrorKind>>;
}

/// An open connection.
pub trait Connection {
    /// How many exchanges it carries at the same time, at least 1. Where that changes while it is open, its marks are told:
    /// [`ConnectionMarks::changed`].
    fn capacity(&self) -> usize;

    /// Whether another exchange can follow those that are on it. Where that ends while some are, its marks are told.
    fn is_open(&self) -> bool;

    /// Whether the server has said that it takes no other exchanges, so that its end is no surprise; what an answer says does not
    /// count.
    fn says_farewell(&self) -> bool {
        false
    }

    /// Whether it watches itself while nobody does: then it may have ended, and nobody else has noticed.
    fn watches_itself(&self) -> bool {
        false
    }

    /// Watches the connection for somebody who has nothing to send on it now; ready once it is of no more use.
    fn poll_idle(&self, cx: &mut Context<'_>) -> Poll<()>;

    /// Sends a request and receives its answer, whose content goes to `body` as it comes. A future that is dropped on the
    /// way leaves the connection closed, or the stream that it used.
    fn exchange(
        &self,
        request: &Request<'_>,
        marks: &Rc<ExchangeMarks>,
        body: &mut dyn BodySink,
    ) -> impl Future<Output = Result<Head, Failure>>;
}

/// Takes an answer's content as it arrives, before anybody has looked into it.
pub trait BodySink {
    /// The head has come, and the content will follow.
    fn begins(&mut self, _head: &Head) {}

    /// Ready once it has room for more: until then nothing is read, and what comes waits in the network.
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    /// The next bytes, which came at `at`.
    ///
    /// # Errors
    /// What is wrong with the answer; the exchange fails with it and the connection is closed.
    fn chunk(&mut self, at: Moment, data: &[u8]) -> Result<(), ErrorKind>;

    /// What has come was not the answer: it comes on another connection, from its start.
    fn forget(&mut self) {}
}

/// What came before and after an answer's content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// HTTP status; not necessarily a success.
    pub status: u16,
    /// How its content is encoded.
    pub coding: ContentCoding,
    /// What the server says of its own time.
    pub server: ServerTimes,
    /// Where it says it.
    pub told_by: ToldBy,
    /// What each item of the exchange cost, as the server says, in order; empty if it does not.
    pub items: Vec<Micros>,
    /// What it says beside; of answers that are no success.
    pub aside: Option<Box<Aside>>,
}

/// Why an exchange failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// In one word.
    pub kind: ErrorKind,
    /// Whom the request has reached: sending it again is safe where that is nobody.
    pub reached: Reached,
}

/// How far a request came that has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Nothing of it has left this machine.
    Nobody,
    /// The server has said that it has not looked at it (RFC 9113 §8.7).
    Refusal,
    /// Perhaps the server has acted on it.
    Perhaps,
}
