//! Delays in the client: no free connection, another attempt, a thread that stands still.
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Context;
use std::time::Duration;

use spanload::analyze::{ClientHealth, ClientStall};
use spanload::host::Clock;
use spanload::host::Interrupt;
use spanload::model::ErrorKind;
use spanload::transport::{Answer, Direct, Lane, Marks, Outgoing, SystemResolver, Transport};

use super::checks::{
    Expected, alone, always_20, analysed, analysed_with, at_server, before_server, check, chosen,
    injected_share, of_log,
};
use super::server;
use super::server::Injected;
use crate::common::load::{Load, endpoint};
use crate::common::wire::{Peer, Server, pause};

fn dearer_at_the_end(seq: u64) -> Injected {
    Injected { compute: if seq < 216 { 10 } else { 40 }, ..Injected::default() }
}

#[test]
fn too_few_connections_are_a_client_queue() {
    alone(|| {
        let (server, log) = server::start(dearer_at_the_end);
        let samples = Load::new(240, 12).pool(2).run(&server.url());
        let truth = of_log(&log, samples.len());
        let shares: &[(&[&str], f64)] = &[
            (&["client_queue"], before_server(&samples, &truth)),
            (&["compute"], at_server(&samples, &truth, |one| one.compute)),
        ];
        let found = analysed(&samples);
        check(&found, &Expected { first: "client_queue", shares, companions: &[] });
        // It does keep up, but with both connections in use nobody can wait for it, so that the phase alone does not show.
        let saturation = found.saturation.expect("a closed loop");
        assert_eq!(saturation.saturated, None, "{saturation:?}");
        assert!(saturation.explanation.contains("all 2 connections"), "{saturation:?}");
    });
}

/// The direct transport on a client that now and then does something else.
struct Busy {
    direct: Direct,
    clock: Clock,
    stalls: Rc<RefCell<Vec<ClientStall>>>,
    exchanges: Rc<Cell<u64>>,
}

struct BusyLane {
    lane: <Direct as Transport>::Lane,
    clock: Clock,
    stalls: Rc<RefCell<Vec<ClientStall>>>,
    exchanges: Rc<Cell<u64>>,
}

impl Transport for Busy {
    type Lane = BusyLane;

    fn lane(&self, marks: Rc<Marks>, keep: bool) -> BusyLane {
        let lane = self.direct.lane(marks, keep);
        let (stalls, exchanges) = (Rc::clone(&self.stalls), Rc::clone(&self.exchanges));
        BusyLane { lane, clock: self.clock, stalls, exchanges }
    }
}

impl Lane for BusyLane {
    async fn exchange(&mut self, outgoing: Outgoing) -> Result<Answer, ErrorKind> {
        self.exchanges.set(self.exchanges.get() + 1);
        if self.exchanges.get() % 40 == 20 {
            let from = self.clock.now();
            pause(300);
            let length = self.clock.now().since(from);
            self.stalls.borrow_mut().push(ClientStall { repetition: 1, from, length });
        }
        self.lane.exchange(outgoing).await
    }

    fn poll_idle(&mut self, cx: &mut Context<'_>) {
        self.lane.poll_idle(cx);
    }
}

#[test]
fn a_busy_client_is_found_where_its_stalls_were_measured() {
    alone(|| {
        let (server, log) = server::start(always_20);
        let (clock, stalls) = (Clock::start(), Rc::<RefCell<Vec<ClientStall>>>::default());
        let direct = Direct::new(endpoint(&server.url()), SystemResolver);
        let transport = Busy { direct, clock, stalls: Rc::clone(&stalls), exchanges: Rc::default() };
        let samples = Load::new(200, 4).pool(4).run_on(clock, transport, &Interrupt::never());
        let found = analysed_with(&samples, &ClientHealth::new(stalls.take()));
        let shares: &[(&[&str], f64)] =
            &[(&["client_overload"], before_server(&samples, &of_log(&log, samples.len())))];
        check(&found, &Expected { first: "client_overload", shares, companions: &[] });
        let unmeasured = analysed(&samples);
        assert!(unmeasured.causes.iter().all(|cause| cause.cause.name() != "client_overload"), "not guessed");
    });
}

/// The direct transport, but one exchange in ten starts late, when the server has closed its idle connection.
struct Hesitant(Direct);

struct HesitantLane {
    lane: <Direct as Transport>::Lane,
    exchanges: u64,
}

impl Transport for Hesitant {
    type Lane = HesitantLane;

    fn lane(&self, marks: Rc<Marks>, keep: bool) -> HesitantLane {
        HesitantLane { lane: self.0.lane(marks, keep), exchanges: 0 }
    }
}

impl Lane for HesitantLane {
    async fn exchange(&mut self, outgoing: Outgoing) -> Result<Answer, ErrorKind> {
        if chosen(self.exchanges) {
            tokio::time::sleep(Duration::from_millis(HESITATION)).await;
        }
        self.exchanges += 1;
        self.lane.exchange(outgoing).await
    }

    fn poll_idle(&mut self, cx: &mut Context<'_>) {
        self.lane.poll_idle(cx);
    }
}

const HESITATION: u64 = 200;

/// Closes a kept connection 50 ms after the answer, where the next request is one of the chosen.
fn closes_early(_: usize, mut peer: Peer) {
    while let Some(request) = peer.request() {
        pause(20);
        let head =
            "HTTP/1.1 200 OK\r\nServer-Timing: queue;dur=0, compute;dur=20\r\nContent-Length: 2\r\n\r\n{}";
        peer.write(head);
        if chosen(request.body.parse::<u64>().expect("a sequence number") + 1) {
            pause(50);
            return;
        }
    }
}

#[test]
fn an_attempt_on_a_connection_that_the_server_had_closed_is_a_retry() {
    alone(|| {
        let server = Server::start(closes_early);
        let transport = Hesitant(Direct::new(endpoint(&server.url()), SystemResolver));
        // One caller, one connection: the exchanges come in the order of the requests.
        let samples = Load::new(100, 1).pool(1).run_on(Clock::start(), transport, &Interrupt::never());
        let found = analysed(&samples);
        let shares: &[(&[&str], f64)] = &[(&["retries"], injected_share(&samples, HESITATION as f64))];
        check(&found, &Expected { first: "retries", shares, companions: &[] });
        let closed = server.accepted() as u64 - 1;
        let evidence = found.causes[0].evidence.get("retried").and_then(serde_json::Value::as_u64);
        assert_eq!((evidence, closed), (Some(10), 10), "each connection that was opened anew");
        assert!(
            found.causes[0].remedy.contains("keep connections for a shorter time"),
            "{:?}",
            found.causes[0]
        );
    });
}
