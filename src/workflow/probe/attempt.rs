//! Sends the one request, over the transport that the load will use.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use super::probed::{Answered, Failed, Probed};
use crate::host::Clock;
use crate::model::{ErrorKind, Moment};
use crate::transport::{
    BodySink, Connection, ConnectionMarks, Endpoint, EndpointError, ExchangeMarks, Head, Request, Transport,
};

/// As much of an answer is looked at.
const OPENING: usize = 64 << 10;

/// What is sent, and how long an answer is waited for.
#[derive(Clone, Debug)]
pub(in crate::workflow) struct ProbeRequest {
    pub endpoint: Arc<Endpoint>,
    /// Which of its routes.
    pub route: usize,
    pub body: Bytes,
    pub traceparent: [u8; 55],
    pub within: Duration,
    /// The longest answer that is taken.
    pub most: u64,
}

/// Sends it on a thread of its own, as the engine does.
pub(in crate::workflow) async fn attempt<T: Transport + 'static>(
    attempt: ProbeRequest,
    transport: impl FnOnce() -> Result<T, EndpointError> + Send + 'static,
) -> anyhow::Result<Probed> {
    let (done, outcome) = oneshot::channel();
    std::thread::Builder::new().name("probe".into()).spawn(move || {
        let probed = run(&attempt, transport);
        // Who does not wait any more has been interrupted.
        let _ = done.send(probed);
    })?;
    outcome.await.map_err(|_| anyhow!("the probe's thread panicked"))?
}

fn run<T: Transport + 'static>(
    attempt: &ProbeRequest,
    transport: impl FnOnce() -> Result<T, EndpointError>,
) -> anyhow::Result<Probed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let probed = {
        let _inside = runtime.enter();
        let exchange = exchange(attempt, transport()?, Clock::start());
        LocalSet::new().block_on(&runtime, exchange)
    };
    // A name lookup cannot be cancelled; to wait for one that hangs would be to hang with it.
    runtime.shutdown_background();
    Ok(probed)
}

async fn exchange<T: Transport>(attempt: &ProbeRequest, transport: T, clock: Clock) -> Probed {
    let marks = ExchangeMarks::new(clock, transport.observes());
    let connection = ConnectionMarks::new(clock, 1, &Rc::default());
    let mut opening = AnswerOpening { most: attempt.most, ..AnswerOpening::default() };
    marks.begin(clock.now());
    marks.using(&connection, true);
    let exchanged = send(attempt, &transport, &marks, &connection, &mut opening);
    let outcome = tokio::time::timeout(attempt.within, exchanged).await.unwrap_or(Err(ErrorKind::Timeout));
    let end = outcome.as_ref().ok().and_then(|_| marks.last_read()).unwrap_or_else(|| clock.now());
    Probed {
        stages: marks.stages(Moment::START, end),
        connection: marks.connection(),
        outcome: outcome
            .map(|head| opening.of(head))
            .map_err(|kind| Failed { kind, problem: connection.problem() }),
    }
}

async fn send<T: Transport>(
    attempt: &ProbeRequest,
    transport: &T,
    marks: &Rc<ExchangeMarks>,
    connection: &Rc<ConnectionMarks>,
    opening: &mut AnswerOpening,
) -> Result<Head, ErrorKind> {
    let opened = transport.open(connection).await?;
    let request = Request {
        route: &attempt.endpoint.routes[attempt.route].single,
        body: attempt.body.clone(),
        traceparent: attempt.traceparent,
        keep: false,
    };
    opened.exchange(&request, marks, opening).await.map_err(|failure| {
        if let Some(reason) = marks.reason() {
            connection.failed(reason);
        }
        failure.kind
    })
}

/// The beginning of an answer.
#[derive(Default)]
struct AnswerOpening {
    kept: Vec<u8>,
    bytes: u64,
    most: u64,
}

impl AnswerOpening {
    fn of(self, head: Head) -> Answered {
        let location = head.aside.and_then(|aside| aside.location);
        Answered { status: head.status, location, opening: self.kept, bytes: self.bytes }
    }
}

impl BodySink for AnswerOpening {
    fn chunk(&mut self, _at: Moment, data: &[u8]) -> Result<(), ErrorKind> {
        self.bytes += data.len() as u64;
        if self.bytes > self.most {
            return Err(ErrorKind::TooLarge);
        }
        let room = OPENING - self.kept.len();
        self.kept.extend_from_slice(&data[..data.len().min(room)]);
        Ok(())
    }
}
