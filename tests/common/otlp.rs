//! A collector of spans that tests can ask: OTLP over gRPC and over HTTP, on loopback, as slow as wanted.
#![allow(dead_code, reason = "each test binary uses its own part")]
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tonic::{Request, Response, Status};

/// A span as it came in.
#[derive(Clone, Debug)]
pub struct Received {
    pub service: String,
    pub resource: HashMap<String, String>,
    pub span: Span,
    pub attributes: HashMap<String, String>,
}

impl Received {
    pub fn trace(&self) -> String {
        hex(&self.span.trace_id)
    }

    pub fn id(&self) -> String {
        hex(&self.span.span_id)
    }

    pub fn parent(&self) -> String {
        hex(&self.span.parent_span_id)
    }

    /// Start and end in whole microseconds since the Unix epoch; nothing finer may be in them.
    pub fn micros(&self) -> (u64, u64) {
        let micros = |nanos: u64| {
            assert_eq!(nanos % 1_000, 0, "whole microseconds: {}", self.span.name);
            nanos / 1_000
        };
        (micros(self.span.start_time_unix_nano), micros(self.span.end_time_unix_nano))
    }

    pub fn length(&self) -> u64 {
        let (start, end) = self.micros();
        end - start
    }

    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.attributes))
    }

    /// Trace and span that a link of this kind leads to.
    pub fn link(&self, kind: &str) -> Option<(String, String)> {
        let is =
            |attributes: &[KeyValue]| words(attributes).get("spanload.link").is_some_and(|word| word == kind);
        let link = self.span.links.iter().find(|link| is(&link.attributes))?;
        Some((hex(&link.trace_id), hex(&link.span_id)))
    }
}

/// What came in so far.
#[derive(Default)]
pub struct Seen {
    pub spans: Vec<Received>,
    pub headers: Vec<HashMap<String, String>>,
}

/// A running collector. It ends with the process.
pub struct Collector {
    pub grpc: SocketAddr,
    pub http: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Collector {
    /// One that takes everything, each batch after `delay`.
    pub fn start(delay: Duration) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (at, addresses) = channel();
        let service = Service { seen: Arc::clone(&seen), delay };
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let grpc = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
                let http = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
                at.send([&grpc, &http].map(|listener| listener.local_addr().expect("an address")))
                    .expect("asked");
                tokio::join!(serve_grpc(grpc, service.clone()), serve_http(http, service));
            });
        });
        let [grpc, http] = addresses.recv().expect("it starts");
        Collector { grpc, http, seen }
    }

    pub fn grpc_url(&self) -> String {
        format!("http://{}", self.grpc)
    }

    pub fn http_url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// Everything so far.
    pub fn spans(&self) -> Vec<Received> {
        self.seen.lock().expect("nobody panics with it").spans.clone()
    }

    /// How many spans of a service so far.
    pub fn count(&self, service: &str) -> usize {
        self.seen
            .lock()
            .expect("nobody panics with it")
            .spans
            .iter()
            .filter(|one| one.service == service)
            .count()
    }

    /// Headers of every request so far.
    pub fn headers(&self) -> Vec<HashMap<String, String>> {
        self.seen.lock().expect("nobody panics with it").headers.clone()
    }
}

#[derive(Clone)]
struct Service {
    seen: Arc<Mutex<Seen>>,
    delay: Duration,
}

impl Service {
    async fn take(&self, request: ExportTraceServiceRequest, headers: HashMap<String, String>) {
        tokio::time::sleep(self.delay).await;
        let mut seen = self.seen.lock().expect("nobody panics with it");
        seen.headers.push(headers);
        for of_resource in request.resource_spans {
            let resource =
                words(&of_resource.resource.map(|resource| resource.attributes).unwrap_or_default());
            let service = resource.get("service.name").cloned().unwrap_or_default();
            for span in of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                let attributes = words(&span.attributes);
                seen.spans.push(Received {
                    service: service.clone(),
                    resource: resource.clone(),
                    span,
                    attributes,
                });
            }
        }
    }
}

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let headers = request.metadata().clone().into_headers();
        self.take(request.into_inner(), header_words(&headers)).await;
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

async fn serve_grpc(listener: tokio::net::TcpListener, service: Service) {
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    let server = tonic::transport::Server::builder().add_service(TraceServiceServer::new(service));
    server.serve_with_incoming(incoming).await.expect("it serves");
}

async fn serve_http(listener: tokio::net::TcpListener, service: Service) {
    while let Ok((stream, _)) = listener.accept().await {
        let service = service.clone();
        let handler = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let service = service.clone();
            async move {
                let (head, body) = request.into_parts();
                let right = head.uri.path() == "/v1/traces"
                    && head.headers["content-type"] == "application/x-protobuf";
                let bytes = body.collect().await?.to_bytes();
                match ExportTraceServiceRequest::decode(bytes) {
                    Ok(decoded) if right => service.take(decoded, header_words(&head.headers)).await,
                    _ => {
                        return Ok(hyper::Response::builder()
                            .status(400)
                            .body(Full::default())
                            .expect("a response"));
                    }
                }
                let answer = ExportTraceServiceResponse::default().encode_to_vec();
                let answer = hyper::Response::builder()
                    .header("content-type", "application/x-protobuf")
                    .body(answer.into());
                Ok::<hyper::Response<Full<bytes::Bytes>>, hyper::Error>(answer.expect("a response"))
            }
        });
        tokio::spawn(
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), handler),
        );
    }
}

fn header_words(headers: &hyper::HeaderMap) -> HashMap<String, String> {
    let word = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), word(value))).collect()
}

fn words(attributes: &[KeyValue]) -> HashMap<String, String> {
    attributes.iter().map(|one| (one.key.clone(), one.value.as_ref().map(word).unwrap_or_default())).collect()
}

fn word(value: &AnyValue) -> String {
    match &value.value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::BoolValue(yes)) => yes.to_string(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
