//! The control server: health and metrics on a port of their own, so that neither takes a slot of the gate.
//!
//! A connection is closed after its answer: a limit on the time of a request's head is kept for the first request alone,
//! and one that never reads could ask for more and more. What it asks for once is small enough for the kernel to hold.
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::http::header::ACCEPT;
use actix_web::http::{KeepAlive, StatusCode};
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

use super::MockState;
use super::listening::{GRACE_SECONDS, Listening, cannot_bind};
use super::refusal::Refusal;
use crate::telemetry::ExpositionFormat;

/// Far more than the scrapers of a machine. One more waits in the kernel until another has had its time: health is to be
/// late rather than refused.
const MOST_CONNECTIONS: usize = 64;
/// A scraper sends its head at once and whole: this much is for a machine under load.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// For who has its answer, and does not close.
const GONE_WITHIN: Duration = Duration::from_secs(1);

pub(super) fn listen(mock: &Data<MockState>, address: SocketAddr) -> anyhow::Result<Listening> {
    let app = mock.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(app.clone())
            .route("/healthz", web::get().to(|| async { "ok" }))
            .route("/metrics", web::get().to(metrics))
            .default_service(web::to(not_found))
    })
    .workers(1) // the limit of connections counts per worker
    .max_connections(MOST_CONNECTIONS)
    .keep_alive(KeepAlive::Disabled)
    .client_request_timeout(HEAD_WITHIN)
    .client_disconnect_timeout(GONE_WITHIN)
    .disable_signals()
    .shutdown_timeout(GRACE_SECONDS)
    .bind(address)
    .map_err(|cause| cannot_bind("--control-port", address, cause))?;
    Ok(Listening::start(server.addrs()[0], server.run()))
}

async fn metrics(mock: Data<MockState>, request: HttpRequest) -> HttpResponse {
    let accept = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    let format = ExpositionFormat::asked(accept);
    let exposition = format.of_text(mock.exposition.render(&mock.replicas));
    HttpResponse::Ok().content_type(format.content_type()).body(exposition)
}

async fn not_found() -> HttpResponse {
    Refusal::new(StatusCode::NOT_FOUND, "not_found", "GET /healthz or /metrics").respond()
}
