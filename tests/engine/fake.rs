//! A transport without a network: exchanges take as long as the test says, in paused time.
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use serde_json::Value;
use spanload::model::{ErrorKind, Moment, Sample, ServerTimes, Stage, StageSet};
use spanload::transport::{
    BodySink, Connection, ConnectionMarks, ExchangeMarks, Failure, Head, Request, Transport,
};

use crate::common::load::Load;

/// What an exchange does, by the sequence number of its first request.
pub enum Act {
    Answer { after_ms: u64 },
    AnswerWith { after_ms: u64, status: u16, body: &'static str },
    /// Keeps the engine's only thread from everything else.
    Block { ms: u64 },
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

/// The transport; clones share what happened.
#[derive(Clone)]
pub struct Fake(pub Rc<Script>);

pub struct Script {
    act: Box<dyn Fn(u64) -> Act>,
    capacity: usize,
    opens_in: Duration,
    events: RefCell<Vec<Event>>,
    in_flight: Cell<usize>,
    pub most_in_flight: Cell<usize>,
    /// Connections that were opened.
    pub opened: Cell<usize>,
}

impl Fake {
    pub fn new(act: impl Fn(u64) -> Act + 'static) -> Self {
        Self::of(1, 0, act)
    }

    /// Connections that carry so many exchanges at the same time, and take so long to open.
    pub fn of(capacity: usize, opens_in_ms: u64, act: impl Fn(u64) -> Act + 'static) -> Self {
        Fake(Rc::new(Script {
            act: Box::new(act),
            capacity,
            opens_in: Duration::from_millis(opens_in_ms),
            events: RefCell::default(),
            in_flight: Cell::default(),
            most_in_flight: Cell::default(),
            opened: Cell::default(),
        }))
    }

    pub fn run(&self, load: Load) -> Vec<Sample> {
        load.paused(self.clone())
    }

    pub fn events(&self) -> Vec<Event> {
        self.0.events.borrow().clone()
    }

    /// Which requests went together, in the order in which exchanges started.
    pub fn exchanges(&self) -> Vec<Vec<u64>> {
        let start = |event| if let Event::Start(requests, _) = event { Some(requests) } else { None };
        self.events().into_iter().filter_map(start).collect()
    }
}

impl Transport for Fake {
    type Connection = FakeConnection;

    fn observes(&self) -> StageSet {
        StageSet::ALL
    }

    async fn open(&self, marks: &Rc<ConnectionMarks>) -> Result<FakeConnection, ErrorKind> {
        self.0.opened.set(self.0.opened.get() + 1);
        marks.begin(Stage::Connect);
        wait(self.0.opens_in).await;
        marks.end();
        Ok(FakeConnection { script: Rc::clone(&self.0), open: Cell::new(true) })
    }
}

/// What comes of it at the same instant needs no turn of anybody else's.
async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

pub struct FakeConnection {
    script: Rc<Script>,
    /// An exchange that is dropped on the way takes a connection with it that carries only one.
    open: Cell<bool>,
}

impl Drop for FakeConnection {
    fn drop(&mut self) {
        self.script.events.borrow_mut().push(Event::Gone);
    }
}

/// An exchange under way; one that is dropped is not any more.
struct UnderWay<'a>(&'a Script);

impl<'a> UnderWay<'a> {
    fn start(script: &'a Script) -> Self {
        script.in_flight.set(script.in_flight.get() + 1);
        script.most_in_flight.set(script.most_in_flight.get().max(script.in_flight.get()));
        UnderWay(script)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get() - 1);
    }
}

/// The bodies of the plan are the sequence numbers.
fn requests(request: &Request<'_>) -> (Vec<u64>, bool) {
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    let batched = request.route.path.path() == "/v1/infer/batch";
    let list = if batched { body["inputs"].as_array().expect("a list").clone() } else { vec![body] };
    (list.iter().map(|item| item.as_u64().expect("a sequence number")).collect(), batched)
}

impl Connection for FakeConnection {
    fn capacity(&self) -> usize {
        self.script.capacity
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
        marks: &ExchangeMarks,
        body: &mut dyn BodySink,
    ) -> Result<Head, Failure> {
        let script = &*self.script;
        self.open.set(script.capacity > 1);
        let (requests, batched) = requests(request);
        script.events.borrow_mut().push(Event::Start(requests.clone(), batched));
        let _under_way = UnderWay::start(script);
        marks.wrote(request.body.len(), marks.now());
        marks.wrote_all();
        let echo = match batched {
            true => format!("{{\"outputs\":{requests:?}}}"),
            false => requests[0].to_string(),
        };
        let (after_ms, status, answer) = match (script.act)(requests[0]) {
            Act::Answer { after_ms } => (after_ms, 200, echo),
            Act::AnswerWith { after_ms, status, body } => (after_ms, status, body.to_string()),
            Act::Block { ms } => {
                tokio::time::advance(Duration::from_millis(ms)).await;
                (0, 200, echo)
            }
            Act::Never => std::future::pending().await,
        };
        wait(Duration::from_millis(after_ms)).await;
        let last = marks.read(answer.len());
        let failed = |kind| Failure { kind, unsent: false };
        body.chunk(last, answer.as_bytes()).map_err(failed)?;
        script.events.borrow_mut().push(Event::LastByte(requests, last));
        self.open.set(true);
        Ok(Head { status, server: ServerTimes::default(), items: Vec::new() })
    }
}
