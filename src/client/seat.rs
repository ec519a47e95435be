//! What an exchange has of a place: it is on its way to a connection, or on one.

use std::rc::Rc;

use super::place::{ConnectionPlace, Opened};
use crate::model::ErrorKind;
use crate::transport::{BodySink, Connection, ExchangeMarks, Failure, Head, Request, Transport};

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

    /// Sends a request and receives its answer. A connection that ends before anything of the request was sent on it is
    /// replaced once, for nothing has left this machine; one that was opened for the request is not. `next_id` names a new
    /// connection.
    pub async fn exchange(
        mut self,
        request: &Request<'_>,
        marks: &ExchangeMarks,
        body: &mut dyn BodySink,
        next_id: impl Fn() -> u64,
    ) -> Result<Head, ErrorKind> {
        let failure = match self.attempt(request, marks, body, &next_id).await {
            Ok(head) => return Ok(head),
            Err(failure) => failure,
        };
        let reused = marks.connection().is_some_and(|connection| connection.reused);
        if !(failure.unsent && reused) {
            return Err(failure.kind);
        }
        self.on.iter().for_each(|opened| self.place.ended_idle(opened));
        marks.retry();
        self.change();
        self.attempt(request, marks, body, &next_id).await.map_err(|failure| failure.kind)
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
        marks: &ExchangeMarks,
        body: &mut dyn BodySink,
        next_id: impl FnOnce() -> u64,
    ) -> Result<Head, Failure> {
        let linked = self.place.link(marks, next_id).await;
        let opened = linked.map_err(|kind| Failure { kind, unsent: false })?;
        let opened = self.on.insert(opened);
        let outcome = opened.connection.exchange(request, marks, body).await;
        self.place.settle(opened, outcome.is_ok());
        outcome
    }
}
