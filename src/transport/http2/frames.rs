//! Heads of frames in a flow of bytes (RFC 9113 §4.1).

/// Bytes of a frame's head.
const HEAD: usize = 9;
/// Bytes of a payload that are kept: as many as say what GOAWAY means.
const KEPT: usize = 8;

/// Kinds of frames that mean something here (RFC 9113 §6).
pub(super) mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const GOAWAY: u8 = 7;
    pub const CONTINUATION: u8 = 9;
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameHead {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    length: usize,
}

impl FrameHead {
    fn of(head: [u8; HEAD]) -> Self {
        let [a, b, c, kind, flags, stream @ ..] = head;
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        FrameHead { kind, flags, stream: u32::from_be_bytes(stream) & 0x7fff_ffff, length }
    }

    /// Whether it is the last one of its direction on its stream.
    pub(super) fn ends_stream(&self) -> bool {
        matches!(self.kind, kind::DATA | kind::HEADERS) && self.flags & 1 == 1
    }

    /// Whether it acknowledges settings, and has none.
    pub(super) fn acknowledges(&self) -> bool {
        self.flags & 1 == 1
    }
}

/// A part of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FramePiece {
    pub frame: FrameHead,
    /// How many bytes of it, its head included.
    pub bytes: usize,
    /// Whether it is the first one.
    pub begins: bool,
    /// Whether the frame is complete.
    pub ends: bool,
    /// The beginning of the payload, once the frame is complete.
    pub payload: [u8; KEPT],
}

/// Finds frames in what goes one way, however it is cut.
#[derive(Debug, Default)]
pub(super) struct FrameScan {
    /// Bytes before the first frame that are still to come.
    preface: usize,
    head: [u8; HEAD],
    /// Bytes of the head that are there.
    known: usize,
    /// Bytes of the payload that have come.
    passed: usize,
    payload: [u8; KEPT],
}

impl FrameScan {
    /// A flow that begins with so many bytes that are no frame.
    pub(super) fn after(preface: usize) -> Self {
        FrameScan { preface, ..FrameScan::default() }
    }

    /// Looks at the next bytes.
    pub(super) fn feed(&mut self, data: &[u8], mut see: impl FnMut(FramePiece)) {
        let skipped = self.preface.min(data.len());
        self.preface -= skipped;
        let mut data = &data[skipped..];
        while !data.is_empty() {
            data = self.step(data, &mut see);
        }
    }

    /// The kind of a frame that has begun and is not complete.
    pub(super) fn kind_so_far(&self) -> Option<u8> {
        (self.known > 3).then_some(self.head[3])
    }

    fn step<'a>(&mut self, data: &'a [u8], see: &mut impl FnMut(FramePiece)) -> &'a [u8] {
        let missing = HEAD - self.known;
        if data.len() < missing {
            self.head[self.known..][..data.len()].copy_from_slice(data);
            self.known += data.len();
            return &[];
        }
        let (head, data) = data.split_at(missing);
        self.head[self.known..].copy_from_slice(head);
        self.known = HEAD;
        let frame = FrameHead::of(self.head);
        let (part, rest) = data.split_at(data.len().min(frame.length - self.passed));
        for (kept, byte) in self.payload.iter_mut().skip(self.passed).zip(part) {
            *kept = *byte;
        }
        let begins = missing > 0;
        self.passed += part.len();
        let ends = self.passed == frame.length;
        let bytes = part.len() + if begins { HEAD } else { 0 };
        see(FramePiece { frame, bytes, begins, ends, payload: self.payload });
        if ends {
            *self = FrameScan::default();
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wire(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    }

    fn seen(wire: &[u8], preface: usize, cuts: &[usize]) -> Vec<FramePiece> {
        let (mut scan, mut pieces, mut at) = (FrameScan::after(preface), Vec::new(), 0);
        for cut in cuts.iter().cycle() {
            let end = (at + cut).min(wire.len());
            scan.feed(&wire[at..end], |piece| pieces.push(piece));
            at = end;
            if at == wire.len() {
                break;
            }
        }
        pieces
    }

    proptest! {
        #[test]
        fn frames_are_found_however_they_are_cut(
            frames in prop::collection::vec((0_u8..10, any::<u8>(), 0_u32..1 << 31, prop::collection::vec(any::<u8>(), 0..40)), 1..8),
            cuts in prop::collection::vec(1_usize..30, 1..9),
        ) {
            let mut flow = vec![7; 24];
            for (kind, flags, stream, payload) in &frames {
                flow.extend(wire(*kind, *flags, *stream, payload));
            }
            let pieces = seen(&flow, 24, &cuts);
            prop_assert_eq!(pieces.iter().map(|piece| piece.bytes).sum::<usize>(), flow.len() - 24);
            let whole: Vec<_> = pieces.iter().filter(|piece| piece.ends).collect();
            prop_assert_eq!(whole.len(), frames.len());
            prop_assert_eq!(pieces.iter().filter(|piece| piece.begins).count(), frames.len());
            for (piece, (kind, flags, stream, payload)) in whole.into_iter().zip(&frames) {
                let known = (piece.frame.kind, piece.frame.flags, piece.frame.stream, piece.frame.length);
                prop_assert_eq!(known, (*kind, *flags, *stream, payload.len()));
                let kept = payload.len().min(KEPT);
                prop_assert_eq!(&piece.payload[..kept], &payload[..kept]);
            }
        }
    }

    #[test]
    fn flags_are_read_by_kind() {
        let frame = |kind, flags| FrameHead { kind, flags, ..FrameHead::default() };
        assert!(frame(kind::DATA, 1).ends_stream() && frame(kind::HEADERS, 5).ends_stream());
        assert!(!frame(kind::HEADERS, 4).ends_stream() && !frame(kind::SETTINGS, 1).ends_stream());
        assert!(frame(kind::SETTINGS, 1).acknowledges());
    }
}
