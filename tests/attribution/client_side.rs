//! Delays in the client: no free connection, another attempt, a thread that stands still.
use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use spanload::analyze::{ClientHealth, ClientStall};
use spanload::model::{ErrorKind, StageSet};
use spanload::transport::{
    BodySink, Connection, ConnectionMarks, Direct, ExchangeMarks, Failure, Head, Request, Transport,
};

use super::checks::{
    Expected, always_20, analysed, analysed_with, at_server, check, chosen, injected_share, outside, samples,
};
use super::server;
use super::server::Injected;
use crate::simulated::hesitation::Hesitant;
use crate::simulated::load::Load;
use crate::simulated::net::{Names, Net, Peer, pause};

fn dearer_at_the_end(seq: u64) -> Injected {
    Injected { compute: if seq < 216 { 10 } else { 40 }, ..Injected::default() }
}

#[test]
fn too_few_connections_are_a_client_queue() {
    let (net, log) = server::start(dearer_at_the_end);
    let samples = samples(Load::new(240, 12).pool(2).run(&net));
    let compute = at_server(&samples, &log.borrow(), |one| one.compute);
    let shares: &[(&[&str], f64)] = &[(&["client_queue"], outside(&samples, &log)), (&["compute"], compute)];
    let found = analysed(&samples);
    check(&found, &Expected { first: "client_queue", shares, companions: &[] });
    // It does keep up, but with both connections in use nobody can wait for it, so that the phase alone does not show.
    let saturation = found.saturation.expect("a closed loop");
    assert_eq!(saturation.saturated, None, "{saturation:?}");
    assert!(saturation.explanation.contains("all 2 connections"), "{saturation:?}");
}

/// The direct transport on a client that now and then does something else: time passes, and the engine learns of it when it
/// is over.
struct Busy {
    direct: Direct<Net>,
    exchanges: Rc<Cell<u64>>,
}

struct BusyConnection {
    connection: <Direct<Net> as Transport>::Connection,
    exchanges: Rc<Cell<u64>>,
}

impl Transport for Busy {
    type Connection = BusyConnection;

    fn observes(&self) -> StageSet {
        self.direct.observes()
    }

    async fn open(&self, marks: &Rc<ConnectionMarks>) -> Result<BusyConnection, ErrorKind> {
        let connection = self.direct.open(marks).await?;
        Ok(BusyConnection { connection, exchanges: Rc::clone(&self.exchanges) })
    }
}

impl Connection for BusyConnection {
    fn capacity(&self) -> usize {
        self.connection.capacity()
    }

    fn is_open(&self) -> bool {
        self.connection.is_open()
    }

    fn poll_idle(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.connection.poll_idle(cx)
    }

    async fn exchange(
        &self,
        request: &Request<'_>,
        marks: &Rc<ExchangeMarks>,
        body: &mut dyn BodySink,
    ) -> Result<Head, Failure> {
        self.exchanges.set(self.exchanges.get() + 1);
        if self.exchanges.get() % 40 == 20 {
            tokio::time::advance(Duration::from_millis(300)).await;
        }
        self.connection.exchange(request, marks, body).await
    }
}

#[test]
fn a_busy_client_is_found_where_its_stalls_were_measured() {
    let (net, log) = server::start(always_20);
    let load = Load::new(200, 4).pool(4);
    let direct = Direct::new(load.repetition.endpoint.clone(), Names::default(), net);
    let outcome = load.run_on(Busy { direct, exchanges: Rc::default() });
    let stall = |(from, length): &_| ClientStall { repetition: 1, from: *from, length: *length };
    let stalls: Vec<ClientStall> = outcome.health.stalls.iter().map(stall).collect();
    let ends: BTreeSet<_> = stalls.iter().map(|stall| stall.from + stall.length).collect();
    assert_eq!(ends.len(), 5, "the engine's own watch has seen each: {:?}", outcome.health);
    let samples = samples(outcome);
    let found = analysed_with(&samples, &ClientHealth::new(stalls));
    let shares: &[(&[&str], f64)] = &[(&["client_overload"], outside(&samples, &log))];
    check(&found, &Expected { first: "client_overload", shares, companions: &[] });
    let unmeasured = analysed(&samples);
    assert!(unmeasured.causes.iter().all(|cause| cause.cause.name() != "client_overload"), "not guessed");
}

const HESITATION: u64 = 200;

/// Closes a kept connection 50 ms after the answer, where the next request is one of the chosen.
async fn closes_early(mut peer: Peer) {
    while let Some(request) = peer.request().await {
        pause(20).await;
        let head =
            "HTTP/1.1 200 OK\r\nServer-Timing: queue;dur=0, compute;dur=20\r\nContent-Length: 2\r\n\r\n{}";
        peer.write(head).await;
        if chosen(request.body.parse::<u64>().expect("a sequence number") + 1) {
            pause(50).await;
            return;
        }
    }
}

#[test]
fn an_attempt_on_a_connection_that_the_server_had_closed_is_a_retry() {
    let net = Net::new(|_, peer| closes_early(peer));
    let hesitates = |seq| if chosen(seq) { HESITATION } else { 0 };
    let samples = samples(Hesitant::run(Load::new(100, 1).pool(1), &net, Names::default(), hesitates));
    let found = analysed(&samples);
    let shares: &[(&[&str], f64)] = &[(&["retries"], injected_share(&samples, HESITATION as f64))];
    check(&found, &Expected { first: "retries", shares, companions: &[] });
    let closed = net.dialled() as u64 - 1;
    let evidence = found.causes[0].evidence.get("retried").and_then(serde_json::Value::as_u64);
    assert_eq!((evidence, closed), (Some(10), 10), "each connection that was opened anew");
    assert!(found.causes[0].remedy.contains("keep connections for a shorter time"), "{:?}", found.causes[0]);
}
