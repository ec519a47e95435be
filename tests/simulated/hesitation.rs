//! A kept connection of which the client learns too late that it is of no more use: the attempt on it is a retry.
use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};

use spanload::model::{ErrorKind, StageSet};
use spanload::transport::dial::{Lookup, Resolve};
use spanload::transport::{
    BodySink, Connection, ConnectionMarks, Direct, ExchangeMarks, Failure, Head, Request, Transport,
};

use super::load::{Load, Outcome, stages};
use super::net::{Net, Peer, pause};

/// The direct transport, but some requests are sent late at their first attempt, and meanwhile nobody watches the connection.
pub struct Hesitant {
    direct: Direct<Net>,
    /// How late, by the request's sequence number, which is its body.
    hesitates_ms: fn(u64) -> u64,
}

pub struct HesitantConnection {
    connection: <Direct<Net> as Transport>::Connection,
    hesitates_ms: fn(u64) -> u64,
}

impl Hesitant {
    /// Sends the load on the network, hesitantly.
    pub fn run(
        load: Load,
        net: &Net,
        names: impl Resolve + 'static,
        hesitates_ms: fn(u64) -> u64,
    ) -> Outcome {
        let direct = Direct::new(load.repetition.endpoint.clone(), names, net.clone());
        load.run_on(Hesitant { direct, hesitates_ms })
    }
}

impl Transport for Hesitant {
    type Connection = HesitantConnection;

    fn observes(&self) -> StageSet {
        self.direct.observes()
    }

    async fn open(&self, marks: &Rc<ConnectionMarks>) -> Result<HesitantConnection, ErrorKind> {
        let connection = self.direct.open(marks).await?;
        Ok(HesitantConnection { connection, hesitates_ms: self.hesitates_ms })
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
        marks: &Rc<ExchangeMarks>,
        body: &mut dyn BodySink,
    ) -> Result<Head, Failure> {
        if marks.attempts() == 1 {
            let seq = std::str::from_utf8(&request.body).expect("text").parse().expect("a sequence number");
            pause((self.hesitates_ms)(seq)).await;
        }
        self.connection.exchange(request, marks, body).await
    }
}

/// Finds a name after 5 ms, so many times.
struct Forgetful(Cell<u32>);

impl Resolve for Forgetful {
    fn resolve<'a>(&'a self, _host: &'a str, port: u16) -> Lookup<'a> {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        Box::pin(async move {
            pause(5).await;
            let address = SocketAddr::from(([10, 0, 0, 1], port));
            if left > 0 { Ok(vec![address]) } else { Err(io::ErrorKind::NotFound.into()) }
        })
    }
}

/// Two requests one after the other; the second hesitates for 200 ms.
fn hesitantly(net: &Net, lookups: u32) -> Outcome {
    let load = Load::new(2, 1).pool(1).url("http://a.test");
    Hesitant::run(load, net, Forgetful(Cell::new(lookups)), |seq| 200 * seq)
}

/// Answers one request after 3 ms; 50 ms later `leave` decides how the connection goes.
fn leaving<F: Future<Output = ()> + 'static>(leave: fn(Peer) -> F) -> Net {
    Net::new(move |_, mut peer: Peer| async move {
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
    for net in [closed, reset, farewell] {
        let outcome = hesitantly(&net, 9);
        let (first, again) = (outcome.sample(0), outcome.sample(1));
        let expected = [
            ("queue", 0),
            ("retry", 200_000),
            ("dns", 5_000),
            ("connect", 0),
            ("send", 0),
            ("wait", 3_000),
            ("receive", 0),
        ];
        assert_eq!((again.error, stages(again)), (None, expected.to_vec()));
        let ids = [first, again].map(|sample| sample.connection.map(|used| used.id));
        assert_eq!((first.attempts, again.attempts, ids), (1, 2, [Some(1), Some(2)]));
        assert_eq!((net.dialled(), again.status), (2, Some(200)), "a farewell is no answer");
    }
}

#[test]
fn a_retry_that_finds_no_address_had_no_connection() {
    let outcome = hesitantly(&leaving(|peer| async { drop(peer) }), 1);
    let again = outcome.sample(1);
    assert_eq!((again.error, again.attempts, again.connection), (Some(ErrorKind::Dns), 2, None));
    assert_eq!(stages(again), [("queue", 0), ("retry", 200_000), ("dns", 5_000)]);
}
