//! Collectors that are none: one that swallows, one that is not there, one that is a web page.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// Accepts connections and never says a word.
pub struct BlackHole {
    pub url: String,
}

impl BlackHole {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            let mut kept: Vec<TcpStream> = Vec::new();
            listener.incoming().for_each(|stream| kept.extend(stream));
        });
        BlackHole { url }
    }
}

/// Where nobody listens, as long as this is held: a port that is only let go is the next test's listener's.
pub struct Refusing {
    pub url: String,
    _held: tokio::net::TcpSocket,
}

impl Refusing {
    pub fn bind() -> Self {
        let (held, address) = super::wire::refusing();
        Refusing { url: format!("http://{address}"), _held: held }
    }
}

/// Answers 200 with a page to whatever is sent to it.
pub struct WebPage {
    pub url: String,
}

impl WebPage {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            listener.incoming().flatten().for_each(|stream| drop(std::thread::spawn(move || show(stream))));
        });
        WebPage { url }
    }
}

/// Until the visitor leaves.
fn show(stream: TcpStream) -> Option<()> {
    const PAGE: &str = "<html>log in first</html>";
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).ok()?;
        write!(reader.get_mut(), "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{PAGE}", PAGE.len()).ok()?;
    }
}
