//! The gated server of the inference API. Its slowness to accept is real: past `max_connections` it accepts nothing, past `backlog`
//! the kernel drops handshakes, and the client retransmits after a second.
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::Service;
use actix_web::http::{StatusCode, header, header::HeaderValue};
use actix_web::web::{self, Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{App, Error, HttpMessage, HttpRequest, HttpResponse, HttpServer};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::MockState;
use super::exchange::{Received, Route, run};
use super::listening::{GRACE_SECONDS, Listening, cannot_bind};
use super::refusal::Refusal;
use super::reset::remember_socket;

const LARGEST_BODY: usize = 16 << 20;
const LARGEST_BATCH: usize = 1_024; // keeps the Server-Timing header below the limits of common clients

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    inputs: Vec<&'a RawValue>,
}

pub(super) fn listen(mock: &Data<MockState>, address: SocketAddr) -> anyhow::Result<Listening> {
    let settings = &mock.settings;
    let app = mock.clone();
    let server = HttpServer::new(move || {
        let uptime = app.uptime;
        App::new()
            .wrap_fn(move |request, service| {
                request.extensions_mut().insert(Received(uptime.micros()));
                service.call(request)
            })
            .app_data(app.clone())
            .app_data(PayloadConfig::new(LARGEST_BODY))
            .configure(routes)
    })
    .workers(1) // the limit of connections counts per worker
    .backlog(settings.backlog)
    .max_connections(settings.max_connections)
    .keep_alive(Duration::from_millis(settings.keep_alive_ms))
    .client_request_timeout(Duration::ZERO) // off: else connections that waited to be accepted are answered 408
    .tcp_nodelay(true)
    .on_connect(remember_socket)
    .disable_signals()
    .shutdown_timeout(GRACE_SECONDS)
    .bind(address)
    .map_err(|cause| cannot_bind("--port", address, cause))?;
    Ok(Listening::start(server.addrs()[0], server.run()))
}

fn routes(config: &mut ServiceConfig) {
    let single = web::resource(Route::Single.path()).route(web::post().to(infer));
    let batch = web::resource(Route::Batch.path()).route(web::post().to(infer_batch));
    config
        .service(single.default_service(web::to(method_not_allowed)))
        .service(batch.default_service(web::to(method_not_allowed)))
        .default_service(web::to(not_found));
}

async fn method_not_allowed() -> HttpResponse {
    let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "use POST");
    let mut response = refusal.respond();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

async fn not_found() -> HttpResponse {
    let remedy = "POST to /v1/infer or /v1/infer/batch";
    Refusal::new(StatusCode::NOT_FOUND, "not_found", remedy).respond()
}

async fn infer(mock: Data<MockState>, request: HttpRequest, body: Result<Bytes, Error>) -> HttpResponse {
    let input = match &body {
        Ok(body) => serde_json::from_slice::<&RawValue>(body).map(|input| vec![input]).map_err(bad_json),
        Err(cause) => Err(unreadable(cause)),
    };
    run(&mock, &request, Route::Single, input).await
}

async fn infer_batch(
    mock: Data<MockState>,
    request: HttpRequest,
    body: Result<Bytes, Error>,
) -> HttpResponse {
    let inputs = match &body {
        Ok(body) => serde_json::from_slice::<Batch>(body).map_err(bad_json).and_then(sized),
        Err(cause) => Err(unreadable(cause)),
    };
    run(&mock, &request, Route::Batch, inputs).await
}

fn sized(batch: Batch<'_>) -> Result<Vec<&RawValue>, Refusal> {
    match batch.inputs.len() {
        0 => Err(Refusal::bad_request("empty_batch", "inputs must hold at least one item")),
        1..=LARGEST_BATCH => Ok(batch.inputs),
        n => Err(Refusal::bad_request("large_batch", format!("{n} inputs: send at most {LARGEST_BATCH}"))),
    }
}

fn bad_json(cause: serde_json::Error) -> Refusal {
    Refusal::bad_request("bad_json", format!("the body is not the JSON that this endpoint takes: {cause}"))
}

fn unreadable(cause: &Error) -> Refusal {
    let status = cause.as_response_error().status_code();
    Refusal::new(status, "unreadable_body", format!("the body cannot be read: {cause}"))
}
