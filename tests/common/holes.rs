//! Collectors that are none: one that swallows, one that is not there.

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
