//! The spans of the embedded server: it continues the trace of the request that it served.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanId, SpanKind, Status};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SpanData};

use super::env::process_env;
use super::exporter::{Exporter, SpanTotals};
use super::ids::context;
use super::otlp::{self, OtlpTarget};
use super::queue::{Counts, Queue};
use super::settings::TelemetrySettings;
use super::spans::span;

/// Name of the server in traces, if nobody gives another.
const SERVICE: &str = "spanload-mock";

/// The caller's context, as `traceparent` carries it (W3C Trace Context, level 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    trace: u128,
    span: u64,
    sampled: bool,
}

impl Caller {
    /// Reads the header; `None` if it is not one.
    pub fn parse(traceparent: &str) -> Option<Self> {
        let parts: Vec<&str> = traceparent.trim().split('-').collect();
        let [version, trace, span, flags, ..] = parts[..] else { return None };
        let number = |text: &str, length| {
            let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let valid = text.len() == length && text.bytes().all(lower);
            u128::from_str_radix(text, 16).ok().filter(|_| valid)
        };
        number(version, 2).filter(|version| *version != 0xff)?;
        let (trace, span) = (number(trace, 32)?, number(span, 16)?);
        let sampled = number(flags, 2)? & 1 == 1;
        (trace != 0 && span != 0).then_some(Caller { trace, span: span as u64, sampled })
    }
}

/// A request that was served. Instants are microseconds since the Unix epoch.
#[derive(Clone, Debug)]
pub struct Served {
    /// Who called.
    pub caller: Caller,
    /// Its method.
    pub method: String,
    /// The number of the version of HTTP in which it came.
    pub http_version: &'static str,
    /// Path of the endpoint.
    pub route: &'static str,
    /// HTTP status; 0 where the connection was reset on purpose.
    pub status: u16,
    /// Its items.
    pub batch_size: usize,
    /// The head of the request was read.
    pub received: u64,
    /// It began to wait for a replica; absent if it never did.
    pub queued: Option<u64>,
    /// A replica took it.
    pub dequeued: Option<u64>,
    /// The answer was handed over.
    pub done: u64,
}

/// Exports the spans of served requests, where the environment names a collector.
#[derive(Debug)]
pub struct ServerTracer {
    queue: Arc<Queue>,
    exporter: Mutex<Option<Exporter>>,
}

impl ServerTracer {
    /// Starts to export, or does nothing where no collector is named.
    ///
    /// # Errors
    /// A variable that cannot be used.
    pub fn from_environment() -> anyhow::Result<Option<Self>> {
        let settings = TelemetrySettings::default();
        let target = OtlpTarget::resolve(&settings, &process_env)?;
        let wanted = otlp::ratio(&settings, &process_env)?.is_some();
        let Some(target) = target.filter(|_| wanted) else { return Ok(None) };
        let resource = otlp::resource(&settings, SERVICE, &[], &process_env);
        let exporter = Exporter::start(target, resource, Counts::default())?;
        Ok(Some(ServerTracer { queue: exporter.queue(), exporter: Mutex::new(Some(exporter)) }))
    }

    /// Offers the spans of a request; they are lost, and counted, where there is no room.
    pub fn record(&self, served: Served) {
        if served.caller.sampled {
            self.queue.offer(count(&served), move |into| make(&served, into));
        }
    }

    /// Sends what waits, for at most `limit`, once. Blocks.
    pub fn finish(&self, limit: Duration) -> Option<SpanTotals> {
        let exporter = self.exporter.lock().unwrap_or_else(PoisonError::into_inner).take();
        exporter.map(|exporter| exporter.finish(limit))
    }
}

fn count(served: &Served) -> usize {
    1 + usize::from(served.queued.is_some()) + usize::from(served.dequeued.is_some())
}

fn make(served: &Served, into: &mut Vec<SpanData>) {
    let ids = RandomIdGenerator::default();
    let trace = served.caller.trace;
    let root = u64::from_be_bytes(ids.new_span_id().to_bytes());
    let length = |from: u64, to: u64| to.saturating_sub(from);
    let mut attributes = vec![
        KeyValue::new("http.request.method", served.method.clone()),
        KeyValue::new("url.scheme", "http"),
        KeyValue::new("url.path", served.route),
        KeyValue::new("http.route", served.route),
        KeyValue::new("network.protocol.version", served.http_version),
        KeyValue::new("spanload.batch.size", i64::try_from(served.batch_size).unwrap_or(i64::MAX)),
    ];
    if served.status > 0 {
        attributes.push(KeyValue::new("http.response.status_code", i64::from(served.status)));
    }
    // By the conventions a server's 4xx is the client's fault and no error of the span.
    let failed = served.status == 0 || served.status >= 500;
    if failed {
        attributes.push(KeyValue::new("error.type", served.status.to_string()));
    }
    into.push(SpanData {
        span_kind: SpanKind::Server,
        parent_span_is_remote: true,
        attributes,
        status: if failed { Status::error("") } else { Status::Unset },
        ..span(
            context(trace, root),
            SpanId::from(served.caller.span),
            format!("{} {}", served.method, served.route).into(),
            served.received,
            length(served.received, served.done),
        )
    });
    let stages = [("queue", served.queued, served.dequeued), ("compute", served.dequeued, Some(served.done))];
    for (name, from, to) in stages {
        let Some(from) = from else { continue };
        let id = u64::from_be_bytes(ids.new_span_id().to_bytes());
        let to = to.unwrap_or(served.done);
        into.push(span(context(trace, id), SpanId::from(root), name.into(), from, length(from, to)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "00-0123456789abcdef0123456789abcdef-00000000000000ff-01";

    #[test]
    fn only_a_caller_in_the_form_of_the_standard_is_one() {
        let caller = Caller::parse(HEADER).expect("a caller");
        assert_eq!((caller.span, caller.sampled), (255, true));
        for bad in ["", "00-1-2-01", &HEADER.replace("abcdef", "ABCDEF"), &HEADER.replace("ff-01", "ff")] {
            assert_eq!(Caller::parse(bad), None, "{bad}");
        }
        assert_eq!(Caller::parse(&format!("00-{}-{}-01", "0".repeat(32), "1".repeat(16))), None);
        assert_eq!(Caller::parse(&HEADER.replace("-01", "-00")).map(|caller| caller.sampled), Some(false));
    }

    #[test]
    fn queue_and_compute_lie_in_the_server_span_of_the_callers_trace() {
        let caller = Caller::parse(HEADER).expect("a caller");
        let served = Served {
            caller,
            method: "PUT".into(),
            http_version: "1.0",
            route: "/v1/infer",
            status: 200,
            batch_size: 1,
            received: 10,
            queued: Some(20),
            dequeued: Some(50),
            done: 90,
        };
        let mut spans = Vec::new();
        make(&served, &mut spans);
        assert_eq!(spans.len(), count(&served));
        let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
        assert_eq!(names, ["PUT /v1/infer", "queue", "compute"]);
        for attribute in
            [KeyValue::new("http.request.method", "PUT"), KeyValue::new("network.protocol.version", "1.0")]
        {
            assert!(spans[0].attributes.contains(&attribute), "{attribute:?}");
        }
        assert_eq!(spans[0].parent_span_id, SpanId::from(255_u64));
        assert!(spans.iter().all(|span| span.span_context.trace_id() == spans[0].span_context.trace_id()));
        assert!(spans[1..].iter().all(|span| span.parent_span_id == spans[0].span_context.span_id()));
        assert_eq!((spans[1].end_time, spans[2].end_time), (spans[2].start_time, spans[0].end_time));
        let mut refused = Vec::new();
        make(&Served { status: 503, queued: None, dequeued: None, ..served }, &mut refused);
        assert!(refused.len() == 1 && matches!(refused[0].status, Status::Error { .. }));
    }
}
