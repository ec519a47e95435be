//! HTTP/2 by prior knowledge, on a server that echoes.
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use spanload::model::{HttpChoice, HttpVersion};
use spanload::transport::{ConnectSettings, PoolSettings};

use super::{Ledger, direct, pooled, samples};
use crate::common::load::Load;

/// Where it listens, and how many connections it has had.
struct EchoServer {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

impl EchoServer {
    fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("bound");
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    count.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(serve(stream));
                }
            });
        });
        EchoServer { address, accepted }
    }
}

async fn serve(stream: tokio::net::TcpStream) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(stream).await?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request?;
        tokio::spawn(echo(request, respond));
    }
    Ok(())
}

async fn echo(
    request: http::Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<Bytes>,
) -> Result<(), h2::Error> {
    let mut content = request.into_body();
    let mut body = Vec::new();
    while let Some(data) = content.data().await {
        body.extend_from_slice(&data?);
    }
    let mut stream = respond.send_response(http::Response::new(()), false)?;
    stream.send_data(body.into(), true)
}

#[test]
fn streams_share_the_one_connection_that_the_library_has() {
    let connect = ConnectSettings { http: HttpChoice::Http2, streams: 4, ..ConnectSettings::default() };
    let load = || {
        let mut load = Load::new(24, 8).pool(2);
        (load.strategy.http, load.strategy.streams) = (HttpChoice::Http2, 4);
        load
    };
    let server = EchoServer::start();
    let url = format!("http://{}", server.address);
    let direct = Ledger::of(&direct(load(), &url, connect.clone()));
    let before = server.accepted.load(Ordering::SeqCst);
    let completed = pooled(load(), &url, PoolSettings { connect, ..PoolSettings::default() });
    assert_eq!((Ledger::of(&completed), direct.succeeded), (direct, 24));
    assert_eq!((before, server.accepted.load(Ordering::SeqCst)), (2, 3));
    let used: Vec<_> =
        samples(&completed).into_iter().map(|sample| sample.connection.expect("known")).collect();
    assert!(used.iter().all(|one| (one.id, one.http) == (used[0].id, Some(HttpVersion::Http2))));
    assert_eq!(used.iter().filter(|used| !used.reused).count(), 1, "one has opened it for all");
}
