//! A transport without bytes: exchanges take as long as a test says, and what happened is on record.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use spanload::model::{ErrorKind, Moment, Stage, StageSet};
use spanload::transport::{
    BodySink, Connection, ConnectionMarks, Counters, ExchangeMarks, Failure, Head, Reached, Request,
    Transport,
};

use super::net::pause;

/// What an exchange does, by the sequence number of its first request.
pub enum Act {
    Answer {
        after_ms: u64,
    },
    AnswerWith {
        after_ms: u64,
        status: u16,
        body: &'static str,
    },
    /// From now on each connection carries so many exchanges.
    Carry {
        capacity: usize,
        after_ms: u64,
    },
    /// No other exchange can follow on this connection; those that are on it go on.
    GoAway {
        after_ms: u64,
    },
    /// Keeps the engine's only thread from everything else.
    Block {
        ms: u64,
    },
    /// The connection ends before a byte was sent on it; others carry so many exchanges.
    EndUnsent {
        after_ms: u64,
        then: usize,
    },
    Never,
}

/// What happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An exchange with these requests starts; whether it goes to the batch path.
    Start(Vec<u64>, bool),
    /// Its last byte came.
    LastByte(Vec<u64>, Moment),
    /// A connection was given up.
    Gone,
}

/// The transport; clones are the same one.
#[derive(Clone)]
pub struct Scripted(Rc<Script>);

struct Script {
    act: Box<dyn Fn(u64) -> Act>,
    capacity: Cell<usize>,
    open_ms: u64,
    observes: StageSet,
    events: RefCell<Vec<Event>>,
    in_flight: Cell<usize>,
    most_in_flight: Cell<usize>,
    beyond_capacity: Cell<usize>,
    opened: Cell<usize>,
    asked: Cell<u64>,
}

impl Scripted {
    pub fn new(act: impl Fn(u64) -> Act + 'static) -> Self {
        Self::with(1, 0, StageSet::ALL, act)
    }

    /// Connections that carry `capacity` exchanges at once and take `open_ms` to open, seen as far as `observes` says.
    pub fn with(
        capacity: usize,
        open_ms: u64,
        observes: StageSet,
        act: impl Fn(u64) -> Act + 'static,
    ) -> Self {
        let events = RefCell::default();
        let (in_flight, most_in_flight, beyond_capacity, opened, asked) = Default::default();
        let act = Box::new(act);
        Scripted(Rc::new(Script {
            act,
            capacity: Cell::new(capacity),
            open_ms,
            observes,
            events,
            in_flight,
            most_in_flight,
            beyond_capacity,
            opened,
            asked,
        }))
    }

    pub fn events(&self) -> Vec<Event> {
        self.0.events.borrow().clone()
    }

    /// Which requests went together, in the order in which exchanges started.
    pub fn exchanges(&self) -> Vec<Vec<u64>> {
        let start = |event| if let Event::Start(requests, _) = event { Some(requests) } else { None };
        self.events().into_iter().filter_map(start).collect()
    }

    pub fn most_in_flight(&self) -> usize {
        self.0.most_in_flight.get()
    }

    /// Exchanges that were started on connections that carried all they could.
    pub fn beyond_capacity(&self) -> usize {
        self.0.beyond_capacity.get()
    }

    pub fn opened(&self) -> usize {
        self.0.opened.get()
    }

    /// How often a connection was asked what it carries.
    pub fn asked(&self) -> u64 {
        self.0.asked.get()
    }
}

pub struct ScriptedConnection {
    script: Rc<Script>,
    marks: Rc<ConnectionMarks>,
    open: Cell<bool>,
    carried: Cell<usize>,
}

struct NoKernel;

impl Counters for NoKernel {
    fn retransmits(&self) -> Option<u32> {
        None
    }
}

impl Transport for Scripted {
    type Connection = ScriptedConnection;

    fn observes(&self) -> StageSet {
        self.0.observes
    }

    async fn open(&self, marks: &Rc<ConnectionMarks>) -> Result<ScriptedConnection, ErrorKind> {
        let marks = Rc::clone(marks);
        marks.begin(Stage::Connect);
        pause(self.0.open_ms).await;
        marks.end();
        marks.watch(Rc::new(NoKernel));
        self.0.opened.set(self.0.opened.get() + 1);
        Ok(ScriptedConnection {
            script: Rc::clone(&self.0),
            marks,
            open: Cell::new(true),
            carried: Cell::default(),
        })
    }
}

impl Drop for ScriptedConnection {
    fn drop(&mut self) {
        self.marks.unwatch();
        self.script.events.borrow_mut().push(Event::Gone);
    }
}

/// The bodies of the plan are the sequence numbers.
fn requests(request: &Request<'_>) -> (Vec<u64>, bool) {
    let body: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
    let batched = request.route.path == "/many";
    let list = if batched { body["inputs"].as_array().expect("a list").clone() } else { vec![body] };
    (list.iter().map(|item| item.as_u64().expect("a sequence number")).collect(), batched)
}

/// Ends an exchange, also one that is dropped on the way, which closes a connection that carries no other.
struct InFlight<'a>(&'a ScriptedConnection, Cell<bool>);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let in_flight = &self.0.script.in_flight;
        in_flight.set(in_flight.get() - 1);
        self.0.carried.set(self.0.carried.get() - 1);
        if !self.1.get() && self.0.script.capacity.get() == 1 {
            self.0.open.set(false);
        }
    }
}

impl Connection for ScriptedConnection {
    fn capacity(&self) -> usize {
        self.script.asked.set(self.script.asked.get() + 1);
        self.script.capacity.get()
    }

    fn is_open(&self) -> bool {
        self.open.get()
    }

    fn poll_idle(&self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    async fn exchange(
        &self,
        request: &Request<'_>,
        marks: &Rc<ExchangeMarks>,
        body: &mut dyn BodySink,
    ) -> Result<Head, Failure> {
        let script = Rc::clone(&self.script);
        let (requests, batched) = requests(request);
        script.events.borrow_mut().push(Event::Start(requests.clone(), batched));
        if self.carried.replace(self.carried.get() + 1) >= script.capacity.get() {
            script.beyond_capacity.set(script.beyond_capacity.get() + 1);
        }
        script.in_flight.set(script.in_flight.get() + 1);
        script.most_in_flight.set(script.most_in_flight.get().max(script.in_flight.get()));
        let in_flight = InFlight(self, Cell::new(false));
        let echo = match batched {
            true => format!("{{\"outputs\":{requests:?}}}"),
            false => requests[0].to_string(),
        };
        let act = (script.act)(requests[0]);
        if let Act::EndUnsent { after_ms, then } = act {
            pause(after_ms).await;
            script.capacity.set(then);
            self.open.set(false);
            return Err(Failure { kind: ErrorKind::Closed, reached: Reached::Nobody });
        }
        marks.wrote(request.body.len(), marks.now());
        marks.wrote_all();
        let (after_ms, status, text) = match act {
            Act::Answer { after_ms } => (after_ms, 200, echo),
            Act::AnswerWith { after_ms, status, body } => (after_ms, status, body.to_string()),
            Act::Carry { capacity, after_ms } => {
                script.capacity.set(capacity);
                self.marks.changed();
                (after_ms, 200, echo)
            }
            Act::GoAway { after_ms } => {
                self.open.set(false);
                self.marks.changed();
                (after_ms, 200, echo)
            }
            Act::Block { ms } => {
                tokio::time::advance(Duration::from_millis(ms)).await;
                (0, 200, echo)
            }
            Act::EndUnsent { .. } | Act::Never => std::future::pending().await,
        };
        pause(after_ms).await;
        let last = marks.read(1);
        body.chunk(last, text.as_bytes()).expect("it is short");
        script.events.borrow_mut().push(Event::LastByte(requests, last));
        in_flight.1.set(true);
        Ok(Head { status, ..Head::default() })
    }
}
