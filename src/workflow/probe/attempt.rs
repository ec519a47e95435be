//! Sends the one request, over the transport that the load will use.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::LocalSet;

use super::probed::{Answered, Failed, Probed};
use crate::client::{AnswerCollector, AnswerLimits, BatchRoom, Collected};
use crate::host::{Clock, aside};
use crate::model::{ByteBudget, ErrorKind, Moment};
use crate::transport::{
    Connection, ConnectionMarks, Endpoint, EndpointError, ExchangeMarks, Head, Request, Transport,
};

/// An answer of so many bytes is looked at; a longer one only if there is something that it must say.
const LOOKED_AT: u64 = 4 << 20;

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
    /// Whether it must be looked at, however long it is.
    pub is_checked: bool,
}

/// Sends it on a thread of its own, as the engine does.
pub(in crate::workflow) async fn attempt<T: Transport + 'static>(
    attempt: ProbeRequest,
    transport: impl FnOnce() -> Result<T, EndpointError> + Send + 'static,
) -> anyhow::Result<Probed> {
    aside("probe", move || run(&attempt, transport)).await?
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
    let (budget, batches) = (ByteBudget::new(LOOKED_AT), BatchRoom::new(LOOKED_AT));
    let limits = AnswerLimits { most: attempt.most, budget, batches };
    let mut collector = AnswerCollector::new(&limits, attempt.is_checked);
    marks.begin(clock.now());
    marks.using(&connection, true);
    let exchanged = send(attempt, &transport, &marks, &connection, &mut collector);
    let outcome = tokio::time::timeout(attempt.within, exchanged).await.unwrap_or(Err(ErrorKind::Timeout));
    let end = outcome.as_ref().ok().and_then(|_| marks.last_read()).unwrap_or_else(|| clock.now());
    Probed {
        stages: marks.stages(Moment::START, end),
        connection: marks.connection(),
        outcome: outcome
            .and_then(|head| answered(head, collector))
            .map_err(|kind| Failed { kind, problem: connection.problem() }),
    }
}

async fn send<T: Transport>(
    attempt: &ProbeRequest,
    transport: &T,
    marks: &Rc<ExchangeMarks>,
    connection: &Rc<ConnectionMarks>,
    collector: &mut AnswerCollector,
) -> Result<Head, ErrorKind> {
    let opened = transport.open(connection).await?;
    let request = Request {
        route: &attempt.endpoint.routes[attempt.route].single,
        body: attempt.body.clone(),
        traceparent: attempt.traceparent,
        keep: false,
    };
    opened.exchange(&request, marks, collector).await.map_err(|failure| {
        if let Some(reason) = marks.reason() {
            connection.failed(reason);
        }
        failure.kind
    })
}

fn answered(head: Head, mut collector: AnswerCollector) -> Result<Answered, ErrorKind> {
    collector.end()?;
    let content = match collector.finish()? {
        Collected::Rolled(_) => None,
        content => Some(content.bytes()),
    };
    let location = head.aside.and_then(|aside| aside.location);
    Ok(Answered { status: head.status, location, content })
}
