//! One exchange, from the request's head to the answer: validate, meet faults, wait, compute, answer, record.
use std::sync::atomic::Ordering;

use actix_web::http::{Method, StatusCode, Version};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::value::RawValue;

use super::MockState;
use super::faults::{Fault, fault_of};
use super::item::Item;
use super::model;
use super::refusal::Refusal;
use super::reset::reset;
use super::truth::TruthEntry;
use crate::telemetry::{Caller, Served};

const ANSWERED: u16 = 200;
const RESET: u16 = 0;
const CALLER_GONE: u16 = 499;

/// When the request's head was parsed, set by the gate before the body is read.
pub(super) struct Received(pub u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Single,
    Batch,
}

/// Records its end exactly once: when it is closed, or when the caller goes away and it is dropped.
struct Exchange<'a> {
    mock: &'a MockState,
    endpoint: Route,
    method: Method,
    version: Version,
    caller: Option<Caller>,
    trace_id: String,
    received: u64,
    queued: Option<u64>,
    dequeued: Option<u64>,
    items: Vec<Item>,
    open: bool,
}

/// Runs one exchange to its end.
///
/// `inputs` are the raw items, or what is wrong with the body.
pub(super) async fn run(
    mock: &MockState,
    request: &HttpRequest,
    endpoint: Route,
    inputs: Result<Vec<&RawValue>, Refusal>,
) -> HttpResponse {
    let mut exchange = Exchange::open(mock, request, endpoint);
    let items = inputs.and_then(|inputs| Item::parse_all(&inputs, &mock.settings));
    match items {
        Ok(items) => exchange.items = items,
        Err(refusal) => return exchange.refuse(&refusal),
    }
    let first = exchange.items.first();
    match first.and_then(|first| fault_of(&mock.settings, &first.digest)) {
        Some(Fault::Reset) => exchange.reset(request),
        Some(Fault::Error) => {
            exchange.refuse(&Refusal::unavailable("injected", "on request: mock.error_rate"))
        }
        None => exchange.compute().await,
    }
}

impl<'a> Exchange<'a> {
    fn open(mock: &'a MockState, request: &HttpRequest, endpoint: Route) -> Self {
        let received = request.extensions().get::<Received>().map(|received| received.0);
        mock.open.fetch_add(1, Ordering::AcqRel);
        Self {
            mock,
            endpoint,
            method: request.method().clone(),
            version: request.version(),
            caller: traceparent(request).and_then(Caller::parse),
            trace_id: trace_id(request).unwrap_or_default(),
            received: received.unwrap_or_else(|| mock.uptime.micros()),
            queued: None,
            dequeued: None,
            items: Vec::new(),
            open: true,
        }
    }

    /// Waits for a replica, holds it for the cost of the exchange, and answers.
    async fn compute(mut self) -> HttpResponse {
        let queued = self.mock.uptime.micros();
        self.queued = Some(queued);
        let Ok(_replica) = self.mock.replicas.take().await else {
            let refusal = Refusal::unavailable("queue_full", "as many requests wait as may: try again later");
            return self.refuse(&refusal.retry_after(1));
        };
        let dequeued = self.mock.uptime.micros();
        self.dequeued = Some(dequeued);
        let costs = self.items.iter().map(|item| item.cost_ms);
        // asleep, not busy: the replica stands for an accelerator, not for a core of this machine
        tokio::time::sleep(model::exchange_cost(&self.mock.settings, costs)).await;
        let body = self.answers();
        let done = self.close(ANSWERED);
        HttpResponse::Ok()
            .content_type("application/json")
            .insert_header(("server-timing", self.server_timing(dequeued - queued, done - dequeued)))
            .body(body)
    }

    fn answers(&self) -> String {
        match self.endpoint {
            Route::Single => self.items.iter().map(Item::answer).collect(),
            Route::Batch => {
                let answers = self.items.iter().map(|item| item.batch_answer(&self.mock.settings));
                format!(r#"{{"outputs":[{}]}}"#, answers.collect::<Vec<_>>().join(","))
            }
        }
    }

    /// Queue and compute as measured, then the cost of each item, in milliseconds (W3C Server Timing).
    fn server_timing(&self, queue_us: u64, compute_us: u64) -> String {
        let millis = |us: u64| format!("{}.{:03}", us / 1000, us % 1000);
        let mut value = format!("queue;dur={}, compute;dur={}", millis(queue_us), millis(compute_us));
        for item in &self.items {
            value.push_str(&format!(", item;dur={:.3}", item.cost_ms));
        }
        value
    }

    fn refuse(mut self, refusal: &Refusal) -> HttpResponse {
        self.close(refusal.status.as_u16());
        refusal.respond()
    }

    fn reset(mut self, request: &HttpRequest) -> HttpResponse {
        match reset(request) {
            Ok(broken) => {
                self.close(RESET);
                broken
            }
            Err(cause) => {
                let message = format!("the connection cannot be reset: {cause}");
                self.refuse(&Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "no_reset", message))
            }
        }
    }

    /// Records the end, and tells when it was.
    fn close(&mut self, status: u16) -> u64 {
        let done = self.mock.uptime.micros();
        self.open = false;
        let times = self.queued.zip(self.dequeued).filter(|_| status == ANSWERED);
        let times = times.map(|(queued, dequeued)| (dequeued - queued, done - dequeued));
        let exchange_id = self.mock.exposition.count(self.endpoint.path(), status, times);
        for item in &self.items {
            self.mock.truth.append(TruthEntry {
                trace_id: self.trace_id.clone(),
                exchange_id,
                payload_digest: item.digest.short_hex(),
                item_ms: format!("{:.3}", item.cost_ms),
                batch_size: self.items.len(),
                status,
                received_us: self.received,
                dequeued_us: self.dequeued,
                done_us: done,
            });
        }
        self.trace(status, done);
        done
    }

    /// Continues the caller's trace, where spans go anywhere.
    fn trace(&self, status: u16, done: u64) {
        let Some((tracer, caller)) = self.mock.tracer.as_ref().zip(self.caller) else { return };
        let unix = |micros: u64| self.mock.uptime.started_unix_us() + micros;
        tracer.record(Served {
            caller,
            method: self.method.to_string(),
            http_version: number(self.version),
            route: self.endpoint.path(),
            status,
            batch_size: self.items.len(),
            received: unix(self.received),
            queued: self.queued.map(unix),
            dequeued: self.dequeued.map(unix),
            done: unix(done),
        });
    }
}

/// A version of HTTP without the letters.
fn number(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        if self.open {
            self.close(CALLER_GONE);
        }
        self.mock.open.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Route {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Single => "/v1/infer",
            Self::Batch => "/v1/infer/batch",
        }
    }
}

fn traceparent(request: &HttpRequest) -> Option<&str> {
    request.headers().get("traceparent")?.to_str().ok()
}

/// The trace id of a `traceparent` header (W3C Trace Context, level 1), if it is one.
fn trace_id(request: &HttpRequest) -> Option<String> {
    let id = traceparent(request)?.split('-').nth(1)?;
    let valid = id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    valid.then(|| id.to_owned())
}
