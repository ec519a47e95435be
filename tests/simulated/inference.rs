//! A server that computes: so many exchanges at a time, the others wait in line, each pays a fixed cost and one for each item.
//! It says of itself what a real one would, and logs the truth.
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use spanload::model::mix;

use super::net::{Net, Peer, pause};
use crate::common::latencies::Normals;

/// What an exchange costs, in whole milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    pub fixed_ms: u64,
    /// Of an item, on average.
    pub item_ms: f64,
    /// Spread of the logarithm of an item's cost, which follows from the item alone.
    pub sigma: f64,
}

impl Costs {
    pub fn of_item(&self, item: u64) -> u64 {
        let z = Normals::new(mix(item)).next();
        (self.item_ms * (self.sigma * z - self.sigma * self.sigma / 2.0).exp()).round() as u64
    }
}

/// What really happened to a request at the server, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    pub queue: u64,
    pub compute: u64,
    /// From the request's arrival to the answer handed over.
    pub handled: u64,
    pub status: u16,
}

/// The server; clones are the same one.
#[derive(Clone)]
pub struct Inference(Rc<Inner>);

struct Inner {
    costs: Costs,
    replicas: Arc<Semaphore>,
    /// Exchanges that may wait in line; one more is refused.
    queue_limit: usize,
    /// Whether it tells of its queue and its computing.
    reports: bool,
    waiting: Cell<usize>,
    log: RefCell<BTreeMap<u64, Served>>,
}

impl Inference {
    pub fn new(replicas: usize, costs: Costs) -> Self {
        Self::limited(replicas, usize::MAX, costs)
    }

    /// One that refuses what its line has no room for.
    pub fn limited(replicas: usize, queue_limit: usize, costs: Costs) -> Self {
        let replicas = Arc::new(Semaphore::new(replicas));
        let (waiting, log) = Default::default();
        Inference(Rc::new(Inner { costs, replicas, queue_limit, reports: true, waiting, log }))
    }

    /// One that says nothing of itself.
    pub fn silent(replicas: usize, costs: Costs) -> Self {
        let Inference(inner) = Self::new(replicas, costs);
        let inner = Rc::into_inner(inner).expect("nobody else has it yet");
        Inference(Rc::new(Inner { reports: false, ..inner }))
    }

    /// A network that leads to it.
    pub fn net(&self) -> Net {
        let server = self.clone();
        Net::new(move |_, peer| serve(server.clone(), peer))
    }

    /// What it did with each request, by its body.
    pub fn log(&self) -> BTreeMap<u64, Served> {
        self.0.log.borrow().clone()
    }

    async fn handle(&self, items: &[u64]) -> Served {
        let received = Instant::now();
        if self.0.waiting.get() >= self.0.queue_limit && self.0.replicas.available_permits() == 0 {
            return Served { status: 503, ..Served::default() };
        }
        self.0.waiting.set(self.0.waiting.get() + 1);
        let replica = self.0.replicas.acquire().await.expect("it is never closed");
        self.0.waiting.set(self.0.waiting.get() - 1);
        let queue = micros(received.elapsed());
        let costs = &self.0.costs;
        pause(costs.fixed_ms + items.iter().map(|item| costs.of_item(*item)).sum::<u64>()).await;
        drop(replica);
        let handled = micros(received.elapsed());
        Served { queue, compute: handled - queue, handled, status: 200 }
    }

    fn head(&self, served: &Served, items: &[u64]) -> String {
        if served.status != 200 {
            return format!("HTTP/1.1 {} Busy\r\n", served.status);
        }
        let ms = |micros: u64| format!("{}.{:03}", micros / 1_000, micros % 1_000);
        let item = |item: &u64| format!(", item;dur={}", self.0.costs.of_item(*item));
        let items: String = items.iter().map(item).collect();
        match self.0.reports {
            true => format!(
                "HTTP/1.1 200 OK\r\nServer-Timing: queue;dur={}, compute;dur={}{items}\r\n",
                ms(served.queue),
                ms(served.compute)
            ),
            false => "HTTP/1.1 200 OK\r\n".to_string(),
        }
    }
}

fn micros(length: Duration) -> u64 {
    u64::try_from(length.as_micros()).expect("short")
}

async fn serve(server: Inference, mut peer: Peer) {
    while let Some(request) = peer.request().await {
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        let batch = body.get("inputs").and_then(Value::as_array).cloned();
        let of_item = |item: &Value| item.as_u64().expect("a number");
        let items: Vec<u64> = batch.as_ref().unwrap_or(&vec![body]).iter().map(of_item).collect();
        let served = server.handle(&items).await;
        let answer =
            if batch.is_some() { format!("{{\"outputs\":{items:?}}}") } else { items[0].to_string() };
        let head = server.head(&served, &items);
        server.0.log.borrow_mut().extend(items.iter().map(|item| (*item, served)));
        peer.write(&format!("{head}Content-Length: {}\r\n\r\n{answer}", answer.len())).await;
    }
}
