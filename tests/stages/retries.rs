//! What happens to a kept connection between two requests: noticed in time it costs nothing, as a surprise it is a retry.
use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use spanload::client::{AnswerCollector, Place};
use spanload::host::Clock;
use spanload::model::StageSet;
use spanload::transport::{
    BodySink, Connection, ConnectionMarks, Direct, ExchangeMarks, Failure, Head, Request, Transport,
};
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::*;
use crate::common::load::{endpoint, traces};

/// The direct transport, but each exchange after a connection's first starts late, and meanwhile nobody watches the connection.
struct Hesitant(Direct<Network>);

struct HesitantConnection {
    connection: <Direct<Network> as Transport>::Connection,
    exchanges: Cell<u32>,
}

const HESITATION_MS: u64 = 200;

impl Transport for Hesitant {
    type Connection = HesitantConnection;

    fn observes(&self) -> StageSet {
        self.0.observes()
    }

    async fn open(&self, marks: &Rc<ConnectionMarks>) -> Result<HesitantConnection, ErrorKind> {
        Ok(HesitantConnection { connection: self.0.open(marks).await?, exchanges: Default::default() })
    }
}

impl Connection for HesitantConnection {
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
        marks: &ExchangeMarks,
        body: &mut dyn BodySink,
    ) -> Result<Head, Failure> {
        if self.exchanges.replace(self.exchanges.get() + 1) > 0 {
            pause(HESITATION_MS).await;
        }
        self.connection.exchange(request, marks, body).await
    }
}

/// Two requests one after the other; the second hesitates.
fn hesitantly(network: &Network, names: Names) -> Vec<Sample> {
    Load::new(2, 1).pool(1).paused(Hesitant(network.resolving(names)))
}

/// Answers one request after 3 ms; 50 ms later `leave` decides how the connection goes.
fn leaving<F: Future<Output = ()> + 'static>(leave: fn(Peer) -> F) -> Network {
    Network::to(move |_, mut peer: Peer| async move {
        peer.request().await;
        pause(3).await;
        peer.answer("{}").await;
        pause(50).await;
        leave(peer).await;
    })
}

#[test]
fn a_kept_connection_that_turns_out_unusable_is_a_retry() {
    let closed = leaving(|peer| async { drop(peer) });
    let reset = leaving(|peer| async { peer.reset() });
    let farewell = leaving(|mut peer| async move {
        peer.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    });
    for network in [closed, reset, farewell] {
        let samples = hesitantly(&network, Names::new(|_| Ok(5)));
        let rest = [("dns", 5_000), ("connect", 0), ("send", 0), ("wait", 3_000), ("receive", 0)];
        took(&samples[1], &[&[("queue", 0), ("retry", 200_000)], &rest[..]].concat());
        let ids: Vec<_> = samples.iter().filter_map(|sample| sample.connection).map(|used| used.id).collect();
        assert_eq!((samples[0].attempts, samples[1].attempts, ids), (1, 2, vec![1, 2]));
        assert_eq!((network.dialled(), samples[1].status), (2, Some(200)), "a farewell is no answer");
    }
}

#[test]
fn a_retry_that_finds_no_address_had_no_connection() {
    let network = leaving(|peer| async { drop(peer) });
    let samples = hesitantly(&network, Names::new(|lookup| if lookup == 0 { Ok(0) } else { unknown() }));
    assert_eq!((samples[1].error, samples[1].attempts), (Some(ErrorKind::Dns), 2));
    assert_eq!(reached(&samples[1]), ["queue", "retry", "dns"]);
    assert_eq!(samples[1].connection, None);
}

/// Two exchanges in one place without the engine, with 100 ms between them in which the connection is idle, and watched.
fn idle_between(network: &Network) -> Rc<ExchangeMarks> {
    let runtime = Builder::new_current_thread().start_paused(true).enable_time().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let (clock, endpoint) = (Clock::start(), endpoint("http://10.0.0.1"));
        let place = Place::new(Rc::new(network.direct()), clock, true);
        let marks = ExchangeMarks::new(clock, StageSet::ALL);
        let mut ids = 0..9;
        for _ in 0..2 {
            let traceparent = traces().traceparent(0);
            let request = Request { route: &endpoint.single, body: "1".into(), traceparent, keep: true };
            let mut next_id = || ids.next().expect("there are enough");
            let mut body = AnswerCollector::new(&Load::new(0, 1).answers);
            marks.begin(clock.now());
            let link = place.link(&marks, &mut next_id).await.expect("a connection");
            place.exchange(link, &request, &marks, &mut body, &mut next_id).await.expect("an answer");
            let idle = poll_fn(|cx| {
                place.poll_idle(cx);
                Poll::<()>::Pending
            });
            let _ = tokio::time::timeout(Duration::from_millis(100), idle).await;
        }
        marks
    })
}

#[test]
fn a_connection_that_is_closed_while_idle_is_never_tried() {
    let marks = idle_between(&leaving(|peer| async { drop(peer) }));
    let used = marks.connection().expect("it had one");
    assert_eq!((marks.attempts(), used.id, used.reused), (1, 1, false));
    let used = idle_between(&Network::echo(0)).connection().expect("it had one");
    assert_eq!((used.id, used.reused), (0, true), "kept while nobody closes it");
}
