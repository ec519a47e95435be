//! Which protocol a collector speaks, where nobody says so: a question that any HTTP server answers, and a gRPC server
//! answers in HTTP/2. Neither counts it as an export.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How long it may take to connect, and to answer: a collector that is not there is told of later.
const WITHIN: Duration = Duration::from_secs(1);
/// The header of a frame of HTTP/2 (RFC 9113, 4.1): length, type, flags, stream.
const FRAME: usize = 9;

/// What a collector speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    Grpc,
    Http,
}

/// Asks; `None` where there is no answer that tells. With TLS nobody is asked.
pub(super) fn ask(url: &http::Uri) -> Option<Spoken> {
    if url.scheme_str() != Some("http") {
        return None;
    }
    let host = url.host()?;
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let mut addresses = (name, url.port_u16().unwrap_or(80)).to_socket_addrs().ok()?;
    let mut stream = addresses.find_map(|address| TcpStream::connect_timeout(&address, WITHIN).ok())?;
    stream.set_read_timeout(Some(WITHIN)).ok()?;
    stream.set_write_timeout(Some(WITHIN)).ok()?;
    stream
        .write_all(format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
        .ok()?;
    let mut begin = [0; FRAME];
    stream.read_exact(&mut begin).ok()?;
    told(&begin)
}

/// What the first bytes of an answer tell: a status line, or a frame of the connection, SETTINGS or GOAWAY.
fn told(begin: &[u8; FRAME]) -> Option<Spoken> {
    match begin {
        [b'H', b'T', b'T', b'P', b'/', ..] => Some(Spoken::Http),
        [_, _, _, 4 | 7, _, 0, 0, 0, 0] => Some(Spoken::Grpc),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn answering(answer: &'static [u8]) -> http::Uri {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody asks");
            stream.write_all(answer).expect("it listens");
            let _ = stream.read(&mut [0; 1024]);
        });
        format!("http://{address}").parse().expect("a URL")
    }

    #[test]
    fn the_first_bytes_tell() {
        for (answer, spoken) in [
            (&b"HTTP/1.1 404 Not Found\r\n\r\n"[..], Some(Spoken::Http)),
            (b"\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0", Some(Spoken::Grpc)),
            (b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x01", Some(Spoken::Grpc)),
            (b"SSH-2.0-x\r\n", None),
            (b"HTTP", None),
            (b"", None),
        ] {
            assert_eq!(ask(&answering(answer)), spoken, "{answer:?}");
        }
    }

    #[test]
    fn who_is_not_there_tells_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        assert_eq!(ask(&format!("http://{address}").parse().expect("a URL")), None);
        assert_eq!(ask(&"https://127.0.0.1:1".parse().expect("a URL")), None);
    }
}
