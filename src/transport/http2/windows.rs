//! How much a server may send before anybody has looked at it.

/// On one stream: enough for no answer to wait for a word from here on any usual path.
const STREAM: usize = 2 << 20;
/// On a connection with many streams, of which each then gets a smaller share …
const CONNECTION: usize = 32 << 20;
/// … but no less than where nobody has said anything (RFC 9113 §6.9.2).
const LEAST: usize = 65_535;
/// No window is larger (RFC 9113 §6.9.1).
const LARGEST: usize = (1 << 31) - 1;

/// The windows of a connection and of each of its streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport) struct Windows {
    pub stream: u32,
    pub connection: u32,
}

impl Windows {
    /// For so many streams. An answer for which there is no room is not read and keeps the window of its stream, which is part of
    /// the connection's: only where that has room for all streams can those go on that are read.
    pub(in crate::transport) fn of(streams: usize) -> Self {
        let streams = streams.clamp(1, LARGEST);
        let stream = (CONNECTION / streams).clamp(LEAST, STREAM).min(LARGEST / streams);
        Windows { stream: stream as u32, connection: (stream * streams) as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_has_room_for_all_its_streams() {
        for streams in [0, 1, 2, 16, 100, 1_000, 10_000, 40_000, usize::MAX] {
            let windows = Windows::of(streams);
            let all = u64::from(windows.stream) * streams.clamp(1, LARGEST) as u64;
            assert!(windows.stream > 0 && u64::from(windows.connection) >= all, "{streams}: {windows:?}");
        }
        assert_eq!(Windows::of(1), Windows { stream: 2 << 20, connection: 2 << 20 });
        assert_eq!(Windows::of(100).stream, 335_544);
        assert_eq!(Windows::of(10_000).stream, 65_535);
    }
}
