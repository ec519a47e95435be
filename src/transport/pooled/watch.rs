//! What an exchange sees of the connecting that the client does for it.
//!
//! The client asks its pool for a connection and opens one at the same time, and takes what comes first. As long as both
//! are asked, the opening goes on in the exchange's own task; once the pool was faster, it is left to another task, and the
//! exchange goes on without it. So an opening that stands still while its exchange goes on was left behind.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Poll;

use super::known::KnownConnection;
use crate::host::Clock;
use crate::model::{HttpVersion, Peer, Stage};
use crate::transport::{ConnectionChanges, ConnectionMarks, ExchangeMarks};

tokio::task_local! {
    /// The exchange in whose name the client does what it does now.
    static ON_BEHALF_OF: Rc<ConnectWatch>;
}

/// Watches for one exchange. Of several connects, as after a redirect, it sees the first.
pub(super) struct ConnectWatch {
    exchange: Rc<ExchangeMarks>,
    clock: Clock,
    changes: Rc<ConnectionChanges>,
    opening: RefCell<Option<Opening>>,
    /// Whether its connecting went on while it was polled last.
    went_on: Cell<bool>,
}

struct Opening {
    id: u64,
    marks: Rc<ConnectionMarks>,
    state: Cell<OpeningState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpeningState {
    /// A name is looked up, or a connect is under way.
    Connecting,
    /// The handshake of TLS is under way.
    Handshaking,
    Open,
    /// The pool had another connection before this one was open.
    LeftBehind,
}

/// What the client says of the connection that an answer came on.
pub(super) struct Carried {
    /// Which one it is, where its addresses say it.
    pub connection: Option<KnownConnection>,
    /// What it speaks.
    pub http: HttpVersion,
    /// Whether the answer is that to another request than the first, so that little is known of the first one's connection.
    pub redirected: bool,
}

impl ConnectWatch {
    /// For an exchange on a connection, or on what stands for one, with these marks.
    pub(super) fn new(exchange: &Rc<ExchangeMarks>, lane: &ConnectionMarks) -> Rc<Self> {
        Rc::new(ConnectWatch {
            exchange: Rc::clone(exchange),
            clock: lane.clock(),
            changes: Rc::clone(lane.changes()),
            opening: RefCell::default(),
            went_on: Cell::default(),
        })
    }

    /// Polls the exchange under this watch.
    pub(super) fn poll<T>(self: &Rc<Self>, exchange: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let was_under_way = self.is_under_way();
        self.went_on.set(false);
        let polled = ON_BEHALF_OF.sync_scope(Rc::clone(self), exchange);
        if was_under_way && !self.went_on.get() {
            self.leave_behind();
        }
        polled
    }

    /// The client begins to open a connection.
    pub(super) fn begins(id: u64) {
        Self::current(|watch| {
            if watch.opening.borrow().is_some() {
                return;
            }
            let marks = ConnectionMarks::new(watch.clock, id, &watch.changes);
            marks.begin(Stage::Connect);
            watch.exchange.using(&marks, true);
            let state = Cell::new(OpeningState::Connecting);
            *watch.opening.borrow_mut() = Some(Opening { id, marks, state });
        });
    }

    /// The opening of a connection goes on.
    pub(super) fn goes_on(id: u64) {
        Self::current(|watch| {
            if watch.with(|opening| opening.id == id) {
                watch.went_on.set(true);
            }
        });
    }

    /// A name is looked up for the connection.
    pub(super) fn lookup_begins() {
        Self::current(|watch| watch.connecting(|opening| opening.marks.begin(Stage::Dns)));
    }

    /// It has addresses.
    pub(super) fn lookup_ends() {
        Self::current(|watch| {
            watch.connecting(|opening| {
                opening.marks.end();
                opening.marks.begin(Stage::Connect);
            });
        });
    }

    /// Whatever comes between, such as a proxy, is connected: TLS begins.
    pub(super) fn handshake_begins() {
        Self::current(|watch| {
            watch.connecting(|opening| {
                opening.marks.end();
                opening.marks.begin(Stage::Tls);
                opening.state.set(OpeningState::Handshaking);
            });
        });
    }

    /// The connection is open.
    pub(super) fn opened(id: u64, peer: Peer) {
        Self::current(|watch| {
            watch.with(|opening| {
                if opening.id == id && opening.is_under_way() {
                    opening.marks.end();
                    opening.marks.reached(peer);
                    opening.state.set(OpeningState::Open);
                }
                true
            });
        });
    }

    /// The answer has begun: which connection it came on is known now, if ever.
    pub(super) fn answered(&self, carried: &Carried) {
        let opening = self.opening.borrow();
        let own = opening.as_ref().filter(|opening| opening.state.get() == OpeningState::Open);
        let other = carried.connection.filter(|found| own.is_none_or(|own| own.id != found.id));
        match (other.filter(|_| !carried.redirected), own) {
            (Some(other), _) => {
                let peer = Peer::Ip(other.peer);
                let marks =
                    ConnectionMarks::of_known(self.clock, other.id, &self.changes, peer, Some(carried.http));
                self.exchange.queued_until(other.ready);
                self.exchange.using(&marks, false);
            }
            (None, Some(own)) => own.marks.speaks(carried.http),
            (None, None) => self.exchange.using_unknown(),
        }
    }

    /// Whether it is the handshake of TLS that has come to nothing, if something has.
    pub(super) fn is_handshaking(&self) -> bool {
        self.with(|opening| opening.state.get() == OpeningState::Handshaking)
    }

    /// Waiting for a connection of the pool's is waiting in a queue, also where another one is opened meanwhile.
    fn leave_behind(&self) {
        self.with(|opening| {
            opening.state.set(OpeningState::LeftBehind);
            true
        });
        self.exchange.using_unknown();
        self.exchange.queued_until(self.clock.now());
    }

    fn is_under_way(&self) -> bool {
        self.with(Opening::is_under_way)
    }

    fn current(see: impl FnOnce(&ConnectWatch)) {
        // Nobody's, where a connection is opened that was left behind.
        let _ = ON_BEHALF_OF.try_with(|watch| see(watch));
    }

    fn with(&self, ask: impl FnOnce(&Opening) -> bool) -> bool {
        self.opening.borrow().as_ref().is_some_and(ask)
    }

    fn connecting(&self, see: impl FnOnce(&Opening)) {
        let opening = self.opening.borrow();
        // What a later connect does, as after a redirect, is not of the one that is watched.
        let found = opening.as_ref().filter(|opening| opening.state.get() == OpeningState::Connecting);
        if let Some(found) = found {
            see(found);
        }
    }
}

impl Opening {
    fn is_under_way(&self) -> bool {
        matches!(self.state.get(), OpeningState::Connecting | OpeningState::Handshaking)
    }
}
