//! A server with TLS that speaks what is agreed on by ALPN, on a thread of its own.
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::certificates::Identity;

/// How it is set.
pub struct TlsSettings<'a> {
    pub identity: &'a Identity,
    /// What it offers to speak, best first.
    pub alpn: &'a [&'a str],
    /// Whom a client must be vouched for by.
    pub clients_of: Option<&'a Path>,
    /// It says nothing for so long before the handshake.
    pub handshake_after: Duration,
}

impl<'a> TlsSettings<'a> {
    pub fn new(identity: &'a Identity, alpn: &'a [&'a str]) -> Self {
        TlsSettings { identity, alpn, clients_of: None, handshake_after: Duration::ZERO }
    }
}

/// Answers every request with its own body, until the test's process ends.
pub struct TlsServer {
    pub address: SocketAddr,
    names: Arc<Mutex<Vec<Option<String>>>>,
}

impl TlsServer {
    pub fn start(settings: &TlsSettings<'_>) -> Self {
        let listener = super::wire::listener();
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("bound");
        let (config, after) = (Arc::new(config(settings)), settings.handshake_after);
        let names = Arc::new(Mutex::new(Vec::new()));
        let asked = Arc::clone(&names);
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(
                        stream,
                        TlsAcceptor::from(Arc::clone(&config)),
                        after,
                        Arc::clone(&asked),
                    ));
                }
            });
        });
        TlsServer { address, names }
    }

    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The names that clients asked for (SNI), one a connection.
    pub fn names(&self) -> Vec<Option<String>> {
        self.names.lock().expect("no panic").clone()
    }
}

fn config(settings: &TlsSettings<'_>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the defaults");
    let builder = match settings.clients_of {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(CertificateDer::from_pem_file(path).expect("a certificate")).expect("valid");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("an authority"))
        }
    };
    let certificate = CertificateDer::from_pem_file(&settings.identity.certificate).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(&settings.identity.key).expect("a key");
    let mut config = builder.with_single_cert(vec![certificate], key).expect("they belong together");
    config.alpn_protocols = settings.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    after: Duration,
    names: Arc<Mutex<Vec<Option<String>>>>,
) {
    // Else an answer waits for the acknowledgement of the session tickets before it (Nagle).
    stream.set_nodelay(true).expect("a TCP socket");
    if !after.is_zero() {
        tokio::time::sleep(after).await;
    }
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let session = stream.get_ref().1;
    names.lock().expect("no panic").push(session.server_name().map(str::to_string));
    if session.alpn_protocol() == Some(b"h2") { http2(stream).await } else { http1(stream).await }
}

async fn http2(stream: TlsStream<TcpStream>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        tokio::spawn(async move {
            let (mut body, mut whole) = (request.into_body(), Vec::new());
            while let Some(Ok(data)) = body.data().await {
                let _ = body.flow_control().release_capacity(data.len());
                whole.extend_from_slice(&data);
            }
            let Ok(mut send) = respond.send_response(hyper::Response::new(()), false) else { return };
            let _ = send.send_data(whole.into(), true);
        });
    }
}

async fn http1(mut stream: TlsStream<TcpStream>) {
    let mut input = Vec::new();
    loop {
        let end = input.windows(4).position(|four| four == b"\r\n\r\n");
        let length = end.and_then(|end| content_length(&input[..end]).map(|length| (end + 4, length)));
        match length {
            Some((head, length)) if input.len() >= head + length => {
                let body: Vec<u8> = input.drain(..head + length).skip(head).collect();
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                if stream.write_all(&[answer.as_bytes(), &body].concat()).await.is_err()
                    || stream.flush().await.is_err()
                {
                    return;
                }
            }
            _ => match stream.read_buf(&mut input).await {
                Ok(bytes) if bytes > 0 => {}
                _ => return,
            },
        }
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?.to_ascii_lowercase();
    head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()
}
