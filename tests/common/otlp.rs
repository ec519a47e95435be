//! A collector of spans that tests can ask: OTLP over gRPC and over HTTP, on loopback, as slow as wanted.
use std::collections::HashMap;
use std::io::Read;
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
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message;
use tonic::codec::CompressionEncoding;
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
    /// Requests that a refusal is counted over.
    counted: usize,
}

/// Which batches are refused, and how.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// Those whose number it divides, counted over the requests of the service.
    pub every: usize,
    /// Those of this service alone, or those of all.
    pub service: Option<&'static str>,
    /// Over HTTP; over gRPC `UNAVAILABLE` in place of 503, and `INVALID_ARGUMENT` in place of another.
    pub status: u16,
}

fn service_name(of_resource: &ResourceSpans) -> String {
    let attributes = of_resource.resource.as_ref().map(|resource| words(&resource.attributes));
    attributes.unwrap_or_default().remove("service.name").unwrap_or_default()
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
        Self::start_with(delay, None, None)
    }

    /// One that refuses some batches.
    pub fn start_refusing(delay: Duration, refusal: Refusal) -> Self {
        Self::start_with(delay, Some(refusal), None)
    }

    /// One that speaks TLS over gRPC, with this certificate and key in PEM form.
    pub fn start_secure(certificate: &str, key: &str) -> Self {
        let identity = tonic::transport::Identity::from_pem(certificate, key);
        Self::start_with(Duration::ZERO, None, Some(identity))
    }

    fn start_with(
        delay: Duration,
        refusal: Option<Refusal>,
        identity: Option<tonic::transport::Identity>,
    ) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (at, addresses) = channel();
        let service = Service { seen: Arc::clone(&seen), delay, refusal };
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let grpc = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
                let http = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
                at.send([&grpc, &http].map(|listener| listener.local_addr().expect("an address")))
                    .expect("asked");
                tokio::join!(serve_grpc(grpc, service.clone(), identity), serve_http(http, service));
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
    refusal: Option<Refusal>,
}

impl Service {
    /// What the test wants of the batch that has come.
    fn refuses(&self, request: &ExportTraceServiceRequest) -> Option<Refusal> {
        let refusal = self.refusal?;
        let mut services = request.resource_spans.iter().map(service_name);
        if refusal.service.is_some_and(|name| services.all(|one| one != name)) {
            return None;
        }
        let mut seen = self.seen.lock().expect("nobody panics with it");
        seen.counted += 1;
        seen.counted.is_multiple_of(refusal.every).then_some(refusal)
    }

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
        let headers = header_words(&request.metadata().clone().into_headers());
        let request = request.into_inner();
        if let Some(refusal) = self.refuses(&request) {
            self.take(ExportTraceServiceRequest::default(), headers).await;
            let code = match refusal.status {
                503 => tonic::Code::Unavailable,
                _ => tonic::Code::InvalidArgument,
            };
            return Err(Status::new(code, "as the test wants it"));
        }
        self.take(request, headers).await;
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

async fn serve_grpc(
    listener: tokio::net::TcpListener,
    service: Service,
    identity: Option<tonic::transport::Identity>,
) {
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    let mut server = tonic::transport::Server::builder();
    if let Some(identity) = identity {
        let config = tonic::transport::ServerTlsConfig::new().identity(identity);
        server = server.tls_config(config).expect("a certificate and its key");
    }
    let service = TraceServiceServer::new(service).accept_compressed(CompressionEncoding::Gzip);
    let server = server.add_service(service);
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
                let bytes = plain(&head.headers, &body.collect().await?.to_bytes());
                match ExportTraceServiceRequest::decode(&bytes[..]) {
                    Ok(decoded) if right => {
                        let refusal = service.refuses(&decoded);
                        let taken = if refusal.is_some() { Default::default() } else { decoded };
                        service.take(taken, header_words(&head.headers)).await;
                        if let Some(refusal) = refusal {
                            let answer = hyper::Response::builder().status(refusal.status);
                            let answer = answer.body(Full::default());
                            return Ok(answer.expect("a response"));
                        }
                    }
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

/// The body without its compression.
fn plain(headers: &hyper::HeaderMap, body: &[u8]) -> Vec<u8> {
    if headers.get("content-encoding").is_none_or(|encoding| encoding != "gzip") {
        return body.to_vec();
    }
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(body).read_to_end(&mut bytes).expect("it is compressed as it says");
    bytes
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
