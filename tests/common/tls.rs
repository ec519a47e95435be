//! A server that speaks TLS with a certificate of its own.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A certificate for 127.0.0.1 and localhost that vouches for itself, and its key; `None` where there is nobody to make it.
pub fn certificate(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let [own, key] = ["own.pem", "own.key"].map(|name| folder.join(name));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=tests", "-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-out"])
        .args([own.as_os_str(), "-keyout".as_ref(), key.as_os_str()])
        .output()
        .ok()?;
    assert!(made.status.success(), "{made:?}");
    Some((own, key))
}

/// Answers every request with its own body, on kept connections.
pub struct SecureEcho {
    pub address: SocketAddr,
}

impl SecureEcho {
    pub fn start((own, key): &(PathBuf, PathBuf)) -> Self {
        let chain = vec![CertificateDer::from_pem_file(own).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_file(key).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_no_client_auth().with_single_cert(chain, key);
        let config = Arc::new(config.expect("they belong together"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, config) = (stream.expect("a connection"), Arc::clone(&config));
                std::thread::spawn(move || serve(stream, config));
            }
        });
        SecureEcho { address }
    }

    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}

/// Until the client has gone.
fn serve(stream: TcpStream, config: Arc<ServerConfig>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut secured = BufReader::new(StreamOwned::new(ServerConnection::new(config).ok()?, stream));
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if secured.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        let mut body = vec![0; length.parse().ok()?];
        secured.read_exact(&mut body).ok()?;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        secured.get_mut().write_all(&[answer.as_bytes(), &body].concat()).ok()?;
    }
}
