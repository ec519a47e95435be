//! A kept connection that the server has ended, of which the client learns only as it wants to use it.
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use spanload::model::{ErrorKind, StageSet};
use spanload::transport::dial::{SystemDialer, SystemResolver};
use spanload::transport::{
    BodySink, Connection, ConnectionMarks, Direct, ExchangeMarks, Failure, Head, Request, Transport,
};

use super::*;
use crate::common::load::endpoint;

/// The direct transport, but the second request is sent only when the server has left, and nobody has looked since.
struct Hesitant {
    direct: Direct,
    left: Arc<AtomicBool>,
}

struct HesitantConnection {
    connection: <Direct as Transport>::Connection,
    left: Arc<AtomicBool>,
}

impl Transport for Hesitant {
    type Connection = HesitantConnection;

    fn observes(&self) -> StageSet {
        self.direct.observes()
    }

    async fn open(&self, marks: &Rc<ConnectionMarks>) -> Result<HesitantConnection, ErrorKind> {
        Ok(HesitantConnection { connection: self.direct.open(marks).await?, left: Arc::clone(&self.left) })
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
        while &request.body[..] == b"1" && !self.left.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.connection.exchange(request, marks, body).await
    }
}

#[test]
fn what_was_ended_before_a_byte_was_sent_on_it_is_sent_again_on_another() {
    for leave in [Peer::reset, drop] {
        let left = Arc::new(AtomicBool::new(false));
        let has_left = Arc::clone(&left);
        let server = Server::start(move |_, mut peer| {
            peer.request();
            peer.answer("{}");
            leave(peer);
            has_left.store(true, Ordering::SeqCst);
        });
        let endpoint = Arc::new(endpoint(&server.url()));
        let direct = Direct::new(Arc::clone(&endpoint), SystemResolver, SystemDialer);
        let (samples, _) = Load::new(2, 1).pool(1).run_on(endpoint, Hesitant { direct, left });
        let again = &samples[1];
        assert_eq!((again.error, again.attempts, server.accepted()), (None, 2, 2));
        assert_eq!(reached(again), ["queue", "retry", "connect", "send", "wait", "receive"]);
    }
}
