//! What an exchange has of a place: it is on its way to a connection, or on one.

use std::rc::Rc;

use super::place::{ConnectionPlace, Opened};
use crate::model::{ErrorKind, Micros};
use crate::transport::{BodySink, Connection, ExchangeMarks, Failure, Head, Reached, Request, Transport};

/// The status of a server that has waited for a request for too long.
const REQUEST_TIMEOUT: u16 = 408;
/// As often a request is sent at most, whatever servers say to it.
const ATTEMPTS: u32 = 3;
/// What crosses a request on its way comes within a round trip; there is hardly a longer one.
const CROSSED: Micros = Micros(300_000);

/// A seat for one exchange; it is free again when this is dropped.
pub struct Seat<T: Transport> {
    place: Rc<ConnectionPlace<T>>,
    on: Option<Rc<Opened<T::Connection>>>,
}

impl<T: Transport> Drop for Seat<T> {
    fn drop(&mut self) {
        match self.on.take() {
            Some(opened) => self.place.alight(&opened),
            None => self.place.go(),
        }
    }
}

impl<T: Transport> Seat<T> {
    /// Takes a seat where there is [room](ConnectionPlace::room).
    pub fn take(place: &Rc<ConnectionPlace<T>>) -> Self {
        place.come();
        Seat { place: Rc::clone(place), on: None }
    }

    /// Sends a request and receives its answer. It is sent again, a few times at most, where the server says that it has not looked
    /// at it. A connection that was used before is replaced: where it ends before anything of the request was sent on it, for
    /// nothing has left this machine, and where the server says that it was idle for too long, for it has not read the request. One
    /// that was opened for the request is not. `next_id` names a new connection.
    pub async fn exchange(
        mut self,
        request: &Request<'_>,
        marks: &Rc<ExchangeMarks>,
        body: &mut dyn BodySink,
        next_id: impl Fn() -> u64,
    ) -> Result<Head, ErrorKind> {
        loop {
            let outcome = self.attempt(request, marks, body, &next_id).await;
            let again = marks.attempts() < ATTEMPTS;
            let reused = marks.connection().is_some_and(|connection| connection.reused);
            match outcome {
                Ok(head) if again && reused && self.was_idle(&head, marks) => body.forget(),
                Ok(head) => return Ok(head),
                Err(Failure { kind, reached }) => {
                    let is_safe = is_safe(reached, reused);
                    self.on.iter().filter(|_| is_safe).for_each(|opened| self.place.ended_idle(opened));
                    if !again || !is_safe {
                        return Err(kind);
                    }
                }
            }
            marks.retry();
            self.change();
        }
    }

    /// Whether an answer is the server's farewell to an idle connection, which crossed the request on its way: a 408 on a connection
    /// that it closes (RFC 9110 §15.5.9). An application that gives a request up takes longer for it.
    fn was_idle(&self, head: &Head, marks: &ExchangeMarks) -> bool {
        let closed = self.on.as_ref().is_some_and(|opened| !opened.connection.is_open());
        head.status == REQUEST_TIMEOUT && closed && marks.waited().is_some_and(|waited| waited <= CROSSED)
    }

    /// Leaves its connection for another one.
    fn change(&mut self) {
        if let Some(opened) = self.on.take() {
            self.place.come();
            self.place.alight(&opened);
        }
    }

    async fn attempt(
        &mut self,
        request: &Request<'_>,
        marks: &Rc<ExchangeMarks>,
        body: &mut dyn BodySink,
        next_id: impl FnOnce() -> u64,
    ) -> Result<Head, Failure> {
        let linked = self.place.link(marks, next_id).await;
        let opened = linked.map_err(|kind| Failure { kind, reached: Reached::Perhaps })?;
        let opened = self.on.insert(opened);
        let outcome = opened.connection.exchange(request, marks, body).await;
        let answered = outcome.as_ref().ok().and_then(|_| marks.last_read());
        self.place.settle(opened, answered);
        outcome
    }
}

/// Whether a request can be sent again. A connection that was opened for it and ends at once will not fare better the next time.
fn is_safe(reached: Reached, reused: bool) -> bool {
    match reached {
        Reached::Nobody => reused,
        Reached::Refusal => true,
        Reached::Perhaps => false,
    }
}
