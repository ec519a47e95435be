//! The control server: health and metrics on a port of their own, so that neither takes a slot of the gate.
use std::net::SocketAddr;

use actix_web::http::StatusCode;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};

use super::MockState;
use super::listening::{GRACE_SECONDS, Listening, cannot_bind};
use super::refusal::Refusal;

const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn listen(mock: &Data<MockState>, address: SocketAddr) -> anyhow::Result<Listening> {
    let app = mock.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(app.clone())
            .route("/healthz", web::get().to(|| async { "ok" }))
            .route("/metrics", web::get().to(metrics))
            .default_service(web::to(not_found))
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(GRACE_SECONDS)
    .bind(address)
    .map_err(|cause| cannot_bind("--control-port", address, cause))?;
    Ok(Listening::start(server.addrs()[0], server.run()))
}

async fn metrics(mock: Data<MockState>) -> HttpResponse {
    HttpResponse::Ok().content_type(TEXT_FORMAT).body(mock.exposition.render(&mock.replicas))
}

async fn not_found() -> HttpResponse {
    Refusal::new(StatusCode::NOT_FOUND, "not_found", "GET /healthz or /metrics").respond()
}
