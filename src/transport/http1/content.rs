//! Where an answer's content ends, and what of the bytes is content.

use crate::model::ErrorKind;

/// Bytes that the extensions of one chunk may have, and the trailer.
const AROUND: usize = 64 * 1024;
/// Hexadecimal digits of a chunk's size.
const DIGITS: u32 = 16;

/// How the content is framed, and what is still to come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes more.
    Length(u64),
    /// In chunks (RFC 9112 §7.1).
    Chunked(Chunked),
    /// All until the server closes.
    UntilClose,
}

/// Between chunks and in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chunked {
    at: At,
    /// Of the chunk's data, or so far of its size.
    size: u64,
    digits: u32,
    /// Bytes of the chunk's extensions so far, or of the trailer.
    around: usize,
    trailer: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Size,
    /// Behind the digits of a size.
    SizeEnd,
    Extension,
    Data,
    /// The line break after a chunk's data.
    DataEnd,
    Trailer,
}

impl Framing {
    pub(super) fn of_length(length: u64) -> Self {
        Framing::Length(length)
    }

    pub(super) fn chunked() -> Self {
        Framing::Chunked(Chunked::default())
    }

    /// The trailer of a complete content, where there was one.
    pub(super) fn trailer(&self) -> Option<&[u8]> {
        match self {
            // An empty one is its last line break alone.
            Framing::Chunked(chunked) if chunked.trailer.len() > 2 => Some(&chunked.trailer),
            _ => None,
        }
    }

    /// Gives the content in `input` to `sink`. Returns how many bytes belong to this answer, and whether it is complete.
    ///
    /// # Errors
    /// Chunks that make no sense, and what `sink` finds wrong.
    pub(super) fn decode(
        &mut self,
        input: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), ErrorKind>,
    ) -> Result<(usize, bool), ErrorKind> {
        match self {
            Framing::UntilClose => {
                give(input, sink)?;
                Ok((input.len(), false))
            }
            Framing::Length(left) => {
                let taken = input.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                give(&input[..taken], sink)?;
                *left -= taken as u64;
                Ok((taken, *left == 0))
            }
            Framing::Chunked(chunked) => chunked.decode(input, sink),
        }
    }
}

fn give(data: &[u8], sink: &mut dyn FnMut(&[u8]) -> Result<(), ErrorKind>) -> Result<(), ErrorKind> {
    if data.is_empty() { Ok(()) } else { sink(data) }
}

impl Chunked {
    fn decode(
        &mut self,
        input: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), ErrorKind>,
    ) -> Result<(usize, bool), ErrorKind> {
        let mut at = 0;
        while at < input.len() {
            if self.at == At::Data {
                let most = usize::try_from(self.size).unwrap_or(usize::MAX);
                let data = &input[at..at.saturating_add(most).min(input.len())];
                give(data, sink)?;
                at += data.len();
                self.size -= data.len() as u64;
                if self.size == 0 {
                    self.at = At::DataEnd;
                }
                continue;
            }
            let complete = self.step(input[at])?;
            at += 1;
            if complete {
                return Ok((at, true));
            }
        }
        Ok((at, false))
    }

    /// One byte outside of data; whether it is the last one of all.
    fn step(&mut self, byte: u8) -> Result<bool, ErrorKind> {
        match (self.at, byte) {
            (At::Size | At::SizeEnd, b'\n') => return self.sized(),
            (At::Size | At::SizeEnd, b'\r' | b' ' | b'\t') => self.at = At::SizeEnd,
            (At::Size | At::SizeEnd, b';') => self.at = At::Extension,
            (At::SizeEnd, _) => return Err(ErrorKind::Protocol),
            (At::Size, digit) => self.digit(digit)?,
            (At::Extension, b'\n') => return self.sized(),
            (At::Extension, _) => self.count()?,
            (At::DataEnd, b'\r') => {}
            (At::DataEnd, b'\n') => self.at = At::Size,
            (At::DataEnd, _) => return Err(ErrorKind::Protocol),
            (At::Trailer, byte) => return self.trail(byte),
            (At::Data, _) => unreachable!("data is taken as a whole"),
        }
        Ok(false)
    }

    fn digit(&mut self, digit: u8) -> Result<(), ErrorKind> {
        let value =
            char::from(digit).to_digit(16).filter(|_| self.digits < DIGITS).ok_or(ErrorKind::Protocol)?;
        self.digits += 1;
        self.size = self.size << 4 | u64::from(value);
        Ok(())
    }

    /// A chunk's size is complete.
    fn sized(&mut self) -> Result<bool, ErrorKind> {
        if self.digits == 0 {
            return Err(ErrorKind::Protocol);
        }
        (self.digits, self.around) = (0, 0);
        self.at = if self.size == 0 { At::Trailer } else { At::Data };
        Ok(false)
    }

    fn count(&mut self) -> Result<(), ErrorKind> {
        self.around += 1;
        if self.around > AROUND { Err(ErrorKind::Protocol) } else { Ok(()) }
    }

    /// The trailer ends with an empty line.
    fn trail(&mut self, byte: u8) -> Result<bool, ErrorKind> {
        self.count()?;
        self.trailer.push(byte);
        let text = &self.trailer[..];
        Ok(matches!(text, b"\n" | b"\r\n") || text.ends_with(b"\n\r\n") || text.ends_with(b"\n\n"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The content in pieces of these lengths, what is left over, and whether it was complete.
    fn decoded(
        mut content: Framing,
        input: &[u8],
        pieces: &[usize],
    ) -> Result<(Vec<u8>, usize, bool), ErrorKind> {
        let (mut found, mut at, mut pieces) = (Vec::new(), 0, pieces.iter().cycle());
        while at < input.len() {
            let piece = &input[at..(at + pieces.next().copied().unwrap_or(1).max(1)).min(input.len())];
            let (taken, complete) = content.decode(piece, &mut |data| {
                found.extend_from_slice(data);
                Ok(())
            })?;
            at += taken;
            if complete {
                return Ok((found, input.len() - at, true));
            }
        }
        Ok((found, 0, false))
    }

    proptest! {
        #[test]
        fn chunks_are_read_however_they_are_cut(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..6),
            pieces in prop::collection::vec(1_usize..20, 1..9),
            extension in any::<bool>(),
        ) {
            let mut wire = Vec::new();
            for chunk in &chunks {
                let extension = if extension { " ;a=\"b\"" } else { "" };
                wire.extend_from_slice(format!("{:x}{extension}\r\n", chunk.len()).as_bytes());
                wire.extend_from_slice(chunk);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(b"0\r\n\r\nnext");
            let (found, left, complete) = decoded(Framing::chunked(), &wire, &pieces).expect("good chunks");
            prop_assert!(complete);
            prop_assert_eq!((found, left), (chunks.concat(), 4));
        }

        #[test]
        fn no_bytes_can_make_the_decoder_panic(wire in prop::collection::vec(any::<u8>(), 0..200), piece in 1_usize..9) {
            let _ = decoded(Framing::chunked(), &wire, &[piece]);
        }
    }

    #[test]
    fn a_trailer_is_kept_and_bounded() {
        let mut content = Framing::chunked();
        let wire = b"1\r\na\r\n0\r\nserver-timing: queue;dur=1\r\n\r\n";
        assert_eq!(content.decode(wire, &mut |_| Ok(())), Ok((wire.len(), true)));
        assert_eq!(content.trailer(), Some(&b"server-timing: queue;dur=1\r\n\r\n"[..]));
        let endless = [&b"0\r\n"[..], &[b'x'; AROUND + 1]].concat();
        assert_eq!(decoded(Framing::chunked(), &endless, &[1_000]), Err(ErrorKind::Protocol));
    }

    #[test]
    fn what_makes_no_sense_is_a_protocol_error() {
        for wire in [
            "x\r\n",
            "\r\n",
            "1\r\nab\r\n",
            "11111111111111111\r\n",
            "-1\r\n",
            "1\r\naX",
            "1 2\r\n",
            "1\r2\r\n",
        ] {
            assert_eq!(
                decoded(Framing::chunked(), wire.as_bytes(), &[3]),
                Err(ErrorKind::Protocol),
                "{wire:?}"
            );
        }
    }

    #[test]
    fn a_length_takes_no_more_than_its_own() {
        assert_eq!(decoded(Framing::of_length(3), b"abcd", &[2]), Ok((b"abc".to_vec(), 1, true)));
        assert_eq!(Framing::of_length(0).decode(b"x", &mut |_| Ok(())), Ok((0, true)));
        assert_eq!(decoded(Framing::UntilClose, b"abc", &[2]), Ok((b"abc".to_vec(), 0, false)));
    }
}
