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
    opening: RefCell<Option<WatchedConnect>>,
    /// Whether its connecting went on while it was polled last.
    went_on: Cell<bool>,
}

struct WatchedConnect {
    id: u64,
    marks: Rc<ConnectionMarks>,
    state: Cell<ConnectState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConnectState {
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
            let state = Cell::new(ConnectState::Connecting);
            *watch.opening.borrow_mut() = Some(WatchedConnect { id, marks, state });
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
                opening.state.set(ConnectState::Handshaking);
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
                    opening.state.set(ConnectState::Open);
                }
                true
            });
        });
    }

    /// The answer has begun: which connection it came on is known now, if ever.
    pub(super) fn answered(&self, carried: &Carried) {
        let opening = self.opening.borrow();
        let own = opening.as_ref().filter(|opening| opening.state.get() == ConnectState::Open);
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
        self.with(|opening| opening.state.get() == ConnectState::Handshaking)
    }

    /// Waiting for a connection of the pool's is waiting in a queue, also where another one is opened meanwhile.
    fn leave_behind(&self) {
        self.with(|opening| {
            opening.state.set(ConnectState::LeftBehind);
            true
        });
        self.exchange.using_unknown();
        self.exchange.queued_until(self.clock.now());
    }

    fn is_under_way(&self) -> bool {
        self.with(WatchedConnect::is_under_way)
    }

    fn current(see: impl FnOnce(&ConnectWatch)) {
        // Nobody's, where a connection is opened that was left behind.
        let _ = ON_BEHALF_OF.try_with(|watch| see(watch));
    }

    fn with(&self, ask: impl FnOnce(&WatchedConnect) -> bool) -> bool {
        self.opening.borrow().as_ref().is_some_and(ask)
    }

    fn connecting(&self, see: impl FnOnce(&WatchedConnect)) {
        let opening = self.opening.borrow();
        // What a later connect does, as after a redirect, is not of the one that is watched.
        let found = opening.as_ref().filter(|opening| opening.state.get() == ConnectState::Connecting);
        if let Some(found) = found {
            see(found);
        }
    }
}

impl WatchedConnect {
    fn is_under_way(&self) -> bool {
        matches!(self.state.get(), ConnectState::Connecting | ConnectState::Handshaking)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{ConnectionUse, Micros, Moment, Stages};
    use crate::transport::Pooled;

    /// An exchange under its watch, in time that stands still.
    struct WatchedExchange {
        exchange: Rc<ExchangeMarks>,
        watch: Rc<ConnectWatch>,
        clock: Clock,
    }

    impl WatchedExchange {
        fn start() -> Self {
            let clock = Clock::start();
            let exchange = ExchangeMarks::new(clock, Pooled::OBSERVES);
            exchange.begin(Moment::START);
            let lane = ConnectionMarks::new(clock, 0, &Rc::default());
            let watch = ConnectWatch::new(&exchange, &lane);
            WatchedExchange { exchange, watch, clock }
        }

        /// The client does something in the exchange's own task.
        fn does(&self, what: impl FnOnce()) {
            let _: Poll<()> = self.watch.poll(|| {
                what();
                Poll::Pending
            });
        }

        fn answered(&self, connection: Option<KnownConnection>, redirected: bool) {
            self.watch.answered(&Carried { connection, http: HttpVersion::Http1, redirected });
            self.exchange.read(1);
        }

        fn lengths(&self) -> Vec<(&'static str, u64)> {
            let stages: Stages = self.exchange.stages(Moment::START, self.clock.now());
            let length = |stage: Stage| Some((stage.name(), stages.get(stage)?.0 / 1_000));
            Stage::ALL.into_iter().filter_map(length).collect()
        }

        fn used(&self) -> Option<(u64, bool)> {
            self.exchange.connection().map(|ConnectionUse { id, reused, .. }| (id, reused))
        }
    }

    async fn pass(ms: u64) {
        tokio::time::advance(Duration::from_millis(ms)).await;
    }

    fn known(id: u64, ready_ms: u64) -> Option<KnownConnection> {
        let ready = Moment::START + Micros(ready_ms * 1_000);
        Some(KnownConnection { id, ready, peer: ([127, 0, 0, 1], 1).into() })
    }

    fn opened(id: u64) {
        ConnectWatch::goes_on(id);
        ConnectWatch::opened(id, Peer::Unix);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_connection_costs_is_seen_as_it_comes() {
        let request = WatchedExchange::start();
        request.does(|| {
            ConnectWatch::begins(7);
            ConnectWatch::lookup_begins();
        });
        pass(1).await;
        assert_eq!(request.lengths(), [("queue", 0), ("dns", 1)]);
        request.does(|| {
            ConnectWatch::goes_on(7);
            ConnectWatch::lookup_ends();
        });
        pass(2).await;
        request.does(|| {
            ConnectWatch::goes_on(7);
            // It is asked for a session more than once.
            ConnectWatch::handshake_begins();
            ConnectWatch::handshake_begins();
        });
        pass(4).await;
        assert!(request.watch.is_handshaking());
        request.does(|| opened(7));
        pass(8).await;
        request.answered(known(7, 7), false);
        let whole = [("queue", 0), ("dns", 1), ("connect", 2), ("tls", 4), ("wait", 8), ("receive", 0)];
        assert_eq!((request.lengths(), request.used()), (whole.to_vec(), Some((7, false))));
    }

    #[tokio::test(start_paused = true)]
    async fn who_gets_another_connection_has_waited_for_it_in_the_queue() {
        let request = WatchedExchange::start();
        request.does(|| ConnectWatch::begins(7));
        pass(3).await;
        assert_eq!(request.lengths(), [("queue", 0), ("connect", 3)]);
        // The pool was faster: the connect does not go on here …
        request.does(|| {});
        pass(5).await;
        assert_eq!((request.lengths(), request.used()), (vec![("queue", 3), ("wait", 5)], None));
        // … and whatever becomes of it elsewhere is not this exchange's.
        opened(7);
        request.answered(known(2, 0), false);
        let whole = [("queue", 3), ("wait", 5), ("receive", 0)];
        assert_eq!((request.lengths(), request.used()), (whole.to_vec(), Some((2, true))));
    }

    #[tokio::test(start_paused = true)]
    async fn no_exchange_uses_a_connection_before_it_is_there() {
        let request = WatchedExchange::start();
        pass(10).await;
        // Somebody else has opened it, which took until the sixth millisecond.
        request.answered(known(3, 6), false);
        let whole = [("queue", 6), ("wait", 4), ("receive", 0)];
        assert_eq!((request.lengths(), request.used()), (whole.to_vec(), Some((3, true))));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_redirect_the_first_connection_is_the_one_that_is_known() {
        let request = WatchedExchange::start();
        request.does(|| ConnectWatch::begins(7));
        pass(1).await;
        request.does(|| opened(7));
        request.does(|| ConnectWatch::begins(8));
        pass(2).await;
        request.does(|| opened(8));
        request.answered(known(8, 3), true);
        let whole = [("queue", 0), ("connect", 1), ("wait", 2), ("receive", 0)];
        assert_eq!((request.lengths(), request.used()), (whole.to_vec(), Some((7, false))));
        let unknown = WatchedExchange::start();
        unknown.answered(known(8, 0), true);
        assert_eq!(unknown.used(), None, "who opened none is redirected from one that nobody names");
    }
}
