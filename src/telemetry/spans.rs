//! The spans of one request, made from its record after it ended: a CLIENT span and a child for each stage.
//!
//! Names and attributes are those of the OpenTelemetry conventions for HTTP client spans; what they have no
//! word for begins with `spanload.`. Every instant is a whole microsecond, so lengths are those of the log.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::ids::context;
use super::origin::{Origin, part_attributes};
use super::series::error_type;
use crate::model::{ConnectionUse, ErrorKind, HttpVersion, Peer, Sample, Stage, TraceId};

/// Who makes the spans.
pub(super) static SCOPE: LazyLock<InstrumentationScope> = LazyLock::new(|| {
    InstrumentationScope::builder("spanload").with_version(env!("CARGO_PKG_VERSION")).build()
});

/// How many spans a request has; none if it was never sent and never had a due time.
pub(super) fn count(sample: &Sample) -> usize {
    if sample.due.is_none() || sample.error == Some(ErrorKind::Unsent) {
        return 0;
    }
    1 + Stage::ALL.iter().filter(|stage| sample.stages.get(**stage).is_some()).count()
}

/// Adds the spans of a request. `leader` is the request whose context the exchange carried.
pub(super) fn make(origin: &Origin, sample: &Sample, leader: TraceId, slow: bool, into: &mut Vec<SpanData>) {
    let Some(due) = sample.due.filter(|_| count(sample) > 0) else { return };
    let start_us = origin.start_us() + due.as_micros();
    let root = sample.trace_id.root_span();
    into.push(SpanData {
        span_kind: SpanKind::Client,
        attributes: attributes(origin, sample, slow),
        events: events(sample, start_us),
        links: links(origin, sample, leader),
        status: sample.error.map_or(Status::Unset, |word| Status::error(word.name())),
        ..span(
            context(sample.trace_id.0, root),
            SpanId::INVALID,
            destination(origin, sample).0.to_string().into(),
            start_us,
            sample.stages.latency().0,
        )
    });
    let mut from = start_us;
    let last = Stage::ALL.into_iter().rfind(|stage| sample.stages.get(*stage).is_some());
    for stage in Stage::ALL {
        let Some(length) = sample.stages.get(stage) else { continue };
        let id = context(sample.trace_id.0, sample.trace_id.stage_span(stage));
        let failed = sample.error.filter(|_| last == Some(stage));
        into.push(SpanData {
            attributes: stage_attributes(sample, stage),
            status: failed.map_or(Status::Unset, |word| Status::error(word.name())),
            ..span(id, SpanId::from(root), stage.name().into(), from, length.0)
        });
        from += length.0;
    }
}

/// A span without anything that may be absent.
pub(super) fn span(
    span_context: SpanContext,
    parent_span_id: SpanId,
    name: Cow<'static, str>,
    start_us: u64,
    length_us: u64,
) -> SpanData {
    SpanData {
        span_context,
        parent_span_id,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name,
        start_time: instant(start_us),
        end_time: instant(start_us + length_us),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: SCOPE.clone(),
    }
}

fn instant(unix_us: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(unix_us)
}

/// Its method and its URL.
fn destination<'a>(origin: &'a Origin, sample: &Sample) -> (&'a str, &'a str) {
    let batched = sample.batch.is_some_and(|batch| batch.size > 1);
    origin.destination.of(sample.endpoint.as_deref(), batched)
}

fn attributes(origin: &Origin, sample: &Sample, slow: bool) -> Vec<KeyValue> {
    let (method, url) = destination(origin, sample);
    let mut all = Vec::with_capacity(20);
    all.extend([
        KeyValue::new("http.request.method", method.to_string()),
        KeyValue::new("server.address", origin.destination.host.clone()),
        KeyValue::new("server.port", i64::from(origin.destination.port)),
        KeyValue::new("url.full", url.to_string()),
        KeyValue::new("spanload.repetition", i64::from(origin.repetition)),
        KeyValue::new("spanload.seq", signed(sample.seq)),
        KeyValue::new("spanload.slow", slow),
    ]);
    all.extend(part_attributes(origin.part));
    all.extend(sample.endpoint.as_ref().map(|name| KeyValue::new("spanload.endpoint", name.to_string())));
    all.extend(sample.status.map(|status| KeyValue::new("http.response.status_code", i64::from(status))));
    all.extend(error_type(sample).map(|word| KeyValue::new("error.type", word)));
    all.extend(sample.error.map(|word| KeyValue::new("spanload.error", word.name())));
    all.extend(sample.stages.ttfb().map(|ttfb| KeyValue::new("spanload.ttfb_ms", ttfb.as_millis())));
    all.extend(
        (sample.attempts > 1)
            .then(|| KeyValue::new("http.request.resend_count", i64::from(sample.attempts) - 1)),
    );
    let spoken = sample.connection.and_then(|connection| connection.http).map(HttpVersion::name);
    let version = spoken.map_or_else(|| origin.destination.http_version.clone(), str::to_string);
    all.push(KeyValue::new("network.protocol.version", version));
    if let Some(connection) = sample.connection {
        all.extend(peer_attributes(&connection));
        all.push(KeyValue::new("spanload.connection.id", signed(connection.id)));
        all.push(KeyValue::new("spanload.connection.reused", connection.reused));
        let syn = connection.syn_retransmits;
        all.extend(syn.map(|count| KeyValue::new("spanload.connection.syn_retransmits", i64::from(count))));
    }
    all.extend(sample.retransmits.map(|count| KeyValue::new("spanload.retransmits", i64::from(count))));
    if let Some(batch) = sample.batch {
        all.push(KeyValue::new("spanload.batch.id", signed(batch.id)));
        all.push(KeyValue::new("spanload.batch.size", i64::from(batch.size)));
    }
    all
}

/// Who was at the other end, and how the connection was secured.
fn peer_attributes(connection: &ConnectionUse) -> impl Iterator<Item = KeyValue> {
    let (address, port) = match connection.peer {
        Some(Peer::Ip(address)) => (Some(address.ip().to_string()), Some(i64::from(address.port()))),
        _ => (None, None),
    };
    let tls = connection.tls.map(|tls| {
        [KeyValue::new("tls.protocol.version", tls.version.name()), KeyValue::new("tls.resumed", tls.resumed)]
    });
    let address = address.map(|address| KeyValue::new("network.peer.address", address));
    let port = port.map(|port| KeyValue::new("network.peer.port", port));
    address.into_iter().chain(port).chain(tls.into_iter().flatten())
}

/// What the server says of itself belongs to the wait.
fn stage_attributes(sample: &Sample, stage: Stage) -> Vec<KeyValue> {
    if stage != Stage::Wait {
        return Vec::new();
    }
    let times = [
        ("spanload.server.queue_ms", sample.server.queue),
        ("spanload.server.compute_ms", sample.server.compute),
    ];
    times.into_iter().filter_map(|(name, time)| Some(KeyValue::new(name, time?.as_millis()))).collect()
}

/// The first byte of the answer, as an instant of the whole request.
fn events(sample: &Sample, start_us: u64) -> SpanEvents {
    let mut events = SpanEvents::default();
    let first = sample.stages.ttfb().map(|ttfb| instant(start_us + ttfb.0));
    events.events.extend(first.map(|at| Event::new("first byte", at, Vec::new(), 0)));
    events
}

/// To the repetition, and from a member of a batch to the exchange that carried it.
fn links(origin: &Origin, sample: &Sample, leader: TraceId) -> SpanLinks {
    let link = |context, to: &'static str| Link::new(context, vec![KeyValue::new("spanload.link", to)], 0);
    let mut links = SpanLinks::default();
    links.links.push(link(origin.span.context(), "repetition"));
    if leader != sample.trace_id {
        links.links.push(link(context(leader.0, leader.root_span()), "exchange"));
    }
    links
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::option::of;
    use proptest::prelude::*;

    use super::*;
    use crate::model::manifest::{Destination, EndpointUrls};
    use crate::model::{BatchUse, Phase, Stages};
    use crate::model::{Micros, Moment};

    fn origin() -> Origin {
        let origin = Origin::new("run", Phase::Before.into(), 2, Destination::default());
        origin.started(1_700_000_000_000_000);
        origin
    }

    fn micros(span: &SpanData) -> u128 {
        span.end_time.duration_since(span.start_time).expect("not negative").as_micros()
    }

    proptest! {
        #[test]
        fn the_children_fill_the_root_and_are_as_long_as_the_stages(
            lengths in prop::array::uniform8(of(0..1_u64 << 40)),
            due in 0..1_u64 << 40,
        ) {
            let stages = Stages::from_lengths(lengths.map(|length| length.map(Micros)));
            let sample = Sample {
                stages: stages.clone(),
                error: None,
                ..Sample::unsent(3, TraceId(7), Some(Moment::from_micros(due)))
            };
            let mut spans = Vec::new();
            make(&origin(), &sample, sample.trace_id, false, &mut spans);
            prop_assert_eq!(spans.len(), count(&sample));
            let (root, children) = spans.split_first().expect("a root");
            prop_assert_eq!(micros(root), u128::from(stages.latency().0));
            let mut at = root.start_time;
            for child in children {
                let stage = Stage::ALL.into_iter().find(|stage| stage.name() == child.name).expect("a stage");
                prop_assert_eq!(micros(child), u128::from(stages.get(stage).expect("present").0));
                prop_assert_eq!(child.start_time, at);
                prop_assert_eq!(child.parent_span_id, root.span_context.span_id());
                at = child.end_time;
            }
            prop_assert_eq!(at, root.end_time);
        }
    }

    #[test]
    fn a_request_tells_where_its_own_endpoint_is() {
        let b = EndpointUrls {
            name: "/b".into(),
            method: "GET".into(),
            url: "http://h/b".into(),
            batch_url: Some("http://h/many".into()),
        };
        let a = Destination { url: "http://h/a".into(), endpoints: vec![b], ..Destination::default() };
        let origin = Origin::new("run", Phase::Before.into(), 1, a);
        let told = |endpoint: Option<&str>, size| {
            let (endpoint, batch) = (endpoint.map(Into::into), Some(BatchUse { id: 1, size }));
            let due = Some(Moment::START);
            let sample = Sample { endpoint, batch, error: None, ..Sample::unsent(0, TraceId(1), due) };
            let mut spans = Vec::new();
            make(&origin, &sample, TraceId(1), false, &mut spans);
            let of = |name: &str| spans[0].attributes.iter().find(|one| one.key.as_str() == name);
            let of = |name| of(name).map_or(String::new(), |one| one.value.to_string());
            [spans[0].name.to_string(), of("url.full"), of("spanload.endpoint")]
        };
        assert_eq!(told(Some("/b"), 1), ["GET", "http://h/b", "/b"]);
        assert_eq!(told(Some("/b"), 2), ["GET", "http://h/many", "/b"]);
        assert_eq!(told(None, 1), ["POST", "http://h/a", ""]);
    }

    #[test]
    fn a_member_links_to_the_exchange_and_its_leader_does_not() {
        let batch = Some(BatchUse { id: 1, size: 2 });
        let due = Some(Moment::START);
        let mut spans = Vec::new();
        for trace in [1, 2] {
            let sample = Sample { batch, error: None, ..Sample::unsent(0, TraceId(trace), due) };
            make(&origin(), &sample, TraceId(1), false, &mut spans);
        }
        let links =
            |span: &SpanData| span.links.iter().map(|link| link.span_context.clone()).collect::<Vec<_>>();
        assert_eq!(links(&spans[0]), [origin().span.context()]);
        assert_eq!(links(&spans[1]), [origin().span.context(), spans[0].span_context.clone()]);
    }

    #[test]
    fn a_request_that_was_never_sent_has_no_span() {
        let sample = Sample::unsent(0, TraceId(1), Some(Moment::START));
        let mut spans = Vec::new();
        make(&origin(), &sample, TraceId(1), false, &mut spans);
        assert!(spans.is_empty() && count(&sample) == 0);
    }
}
