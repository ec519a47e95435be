//! A server that speaks HTTP/2 frame by frame, so that a test says when each one goes out.

use std::collections::HashMap;

use super::net::Peer;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

pub const MAX_CONCURRENT_STREAMS: u16 = 3;
pub const INITIAL_WINDOW_SIZE: u16 = 4;
pub const REFUSED_STREAM: u32 = 7;
pub const INTERNAL_ERROR: u32 = 2;

/// `:status: 200`, from HPACK's static table (RFC 7541, appendix A).
const STATUS_200: &[u8] = &[0x88];

/// The server's end of a connection.
pub struct Http2Peer {
    peer: Peer,
    bodies: HashMap<u32, Vec<u8>>,
}

impl Http2Peer {
    /// Reads the client's first words, and says what it allows.
    pub async fn hello(mut peer: Peer, settings: &[(u16, u32)]) -> Self {
        peer.bytes(24).await;
        let mut this = Http2Peer { peer, bodies: HashMap::new() };
        let payload: Vec<u8> = settings
            .iter()
            .flat_map(|(key, value)| [&key.to_be_bytes()[..], &value.to_be_bytes()].concat())
            .collect();
        this.frame(SETTINGS, 0, 0, &payload).await;
        this
    }

    /// The next request, whole: its stream and its body. `None` once the client has gone.
    pub async fn request(&mut self) -> Option<(u32, String)> {
        loop {
            let (kind, flags, stream, payload) = self.read().await?;
            match kind {
                SETTINGS if flags & ACK == 0 => self.frame(SETTINGS, ACK, 0, &[]).await,
                DATA => self.bodies.entry(stream).or_default().extend(payload),
                _ => {}
            }
            if matches!(kind, DATA | HEADERS) && flags & END_STREAM == END_STREAM {
                let body = self.bodies.remove(&stream).unwrap_or_default();
                return Some((stream, String::from_utf8(body).expect("text")));
            }
        }
    }

    /// Kind, flags, stream and payload of the next frame.
    pub async fn read(&mut self) -> Option<(u8, u8, u32, Vec<u8>)> {
        let head = self.peer.bytes(9).await?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Some((head[3], head[4], stream, self.peer.bytes(length).await?))
    }

    async fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = (payload.len() as u32).to_be_bytes();
        let frame = [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat();
        self.peer.write_bytes(&frame).await;
    }

    /// Settings that the server thinks of later.
    pub async fn settings(&mut self, key: u16, value: u32) {
        let payload = [&key.to_be_bytes()[..], &value.to_be_bytes()].concat();
        self.frame(SETTINGS, 0, 0, &payload).await;
    }

    /// The head of an answer with the status 200.
    pub async fn head(&mut self, stream: u32) {
        self.frame(HEADERS, END_HEADERS, stream, STATUS_200).await;
    }

    /// The head of an answer that is not the last one, such as 103.
    pub async fn interim(&mut self, status: &str) {
        // A literal without indexing, with the name of the static table's `:status`.
        let stream = 1;
        let payload = [&[0x08, status.len() as u8], status.as_bytes()].concat();
        self.frame(HEADERS, END_HEADERS, stream, &payload).await;
    }

    /// A header behind the content, with a name and a value of less than 127 bytes.
    pub async fn trailer(&mut self, stream: u32, name: &str, value: &str) {
        let text = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
        let payload = [vec![0], text(name), text(value)].concat();
        self.frame(HEADERS, END_HEADERS | END_STREAM, stream, &payload).await;
    }

    /// A piece of content.
    pub async fn data(&mut self, stream: u32, text: &str, last: bool) {
        self.frame(DATA, if last { END_STREAM } else { 0 }, stream, text.as_bytes()).await;
    }

    /// An answer in one go.
    pub async fn answer(&mut self, stream: u32, body: &str) {
        self.head(stream).await;
        self.data(stream, body, true).await;
    }

    pub async fn reset(&mut self, stream: u32, reason: u32) {
        self.frame(RST_STREAM, 0, stream, &reason.to_be_bytes()).await;
    }

    /// Takes no streams above `last`.
    pub async fn go_away(&mut self, last: u32) {
        self.go_away_because(last, 0).await;
    }

    pub async fn go_away_because(&mut self, last: u32, reason: u32) {
        self.frame(GOAWAY, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat()).await;
    }

    /// The kernel has sent so many segments of the client's again.
    pub fn retransmit(&self, segments: u32) {
        self.peer.retransmit(segments);
    }
}
