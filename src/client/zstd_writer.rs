//! Decodes zstd (RFC 8878) as it comes. The decoder is given whole blocks, one at a time: it would decode all that it is given into
//! memory, and a block of four bytes may stand for 128 KiB.

use std::io::{self, Read, Write};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// A frame that needs a longer window is none that HTTP allows (RFC 9659 §3).
const WINDOW: u64 = 8 << 20;
/// Bytes of a block's header.
const BLOCK_HEADER: usize = 3;
/// Bytes of a block at most.
const BLOCK: usize = 128 << 10;
/// Bytes of a frame's header at most, its magic number included.
const FRAME_HEADER: usize = 18;
/// Bytes of a checksum.
const CHECKSUM: usize = 4;
/// Bytes that are written at a time.
const PIECE: usize = 16 << 10;

/// Writes what is decoded to `W`.
pub(super) struct ZstdWriter<W> {
    inner: W,
    decoder: FrameDecoder,
    /// What came and is no whole block yet, from `used` on.
    pending: Vec<u8>,
    used: usize,
    at: ZstdState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ZstdState {
    /// Before a frame, or after the last one; whether there was one.
    Frame { one: bool },
    /// In a frame; whether it has a checksum.
    Block { checksum: bool },
    /// In a frame that holds no content: so many bytes of it are left.
    Skipped(u64),
}

impl<W: Write> ZstdWriter<W> {
    pub(super) fn new(inner: W) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        ZstdWriter { inner, decoder, pending: Vec::new(), used: 0, at: ZstdState::Frame { one: false } }
    }

    pub(super) fn get_ref(&self) -> &W {
        &self.inner
    }

    pub(super) fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    pub(super) fn into_inner(self) -> W {
        self.inner
    }

    /// Takes more of the content.
    pub(super) fn take(&mut self, data: &[u8]) -> io::Result<()> {
        self.pending.drain(..std::mem::take(&mut self.used));
        self.pending.extend_from_slice(data);
        while self.step()? {}
        Ok(())
    }

    /// Nothing more comes.
    pub(super) fn end(&mut self) -> io::Result<()> {
        let whole = self.at == ZstdState::Frame { one: true } && self.used == self.pending.len();
        if whole { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Goes on by one header or one block; whether there was a whole one.
    fn step(&mut self) -> io::Result<bool> {
        let rest = &self.pending[self.used..];
        match self.at {
            ZstdState::Frame { .. } => match frame_header(rest) {
                None => Ok(false),
                Some(Header::Skipped(length)) => {
                    self.used += 8;
                    self.at = ZstdState::Skipped(length);
                    Ok(true)
                }
                Some(Header::Frame { length, checksum }) => {
                    self.decoder.reset(&rest[..length]).map_err(io::Error::other)?;
                    self.used += length;
                    self.at = ZstdState::Block { checksum };
                    Ok(true)
                }
            },
            ZstdState::Skipped(left) => {
                let passed = left.min(rest.len() as u64);
                self.used += passed as usize;
                self.at = if passed == left {
                    ZstdState::Frame { one: true }
                } else {
                    ZstdState::Skipped(left - passed)
                };
                Ok(passed == left)
            }
            ZstdState::Block { checksum } => self.block(checksum),
        }
    }

    fn block(&mut self, checksum: bool) -> io::Result<bool> {
        let rest = &self.pending[self.used..];
        let Some(length) = block_length(rest, checksum)? else { return Ok(false) };
        let Some(block) = rest.get(..length) else { return Ok(false) };
        let strategy = BlockDecodingStrategy::UptoBlocks(1);
        let last = self.decoder.decode_blocks(block, strategy).map_err(io::Error::other)?;
        self.used += length;
        self.drain()?;
        if last {
            let said = self.decoder.get_checksum_from_data();
            if said.is_some() && said != self.decoder.get_calculated_checksum() {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.at = ZstdState::Frame { one: true };
        }
        Ok(true)
    }

    /// Hands on what is decoded and needed for nothing more.
    fn drain(&mut self) -> io::Result<()> {
        let mut piece = [0; PIECE];
        while self.decoder.can_collect() > 0 {
            let read = self.decoder.read(&mut piece)?;
            if read == 0 {
                break;
            }
            self.inner.write_all(&piece[..read])?;
        }
        Ok(())
    }
}

enum Header {
    Frame { length: usize, checksum: bool },
    Skipped(u64),
}

/// The header of a frame (§3.1.1.1), once it is whole. What is none is left to the decoder, which refuses it.
fn frame_header(input: &[u8]) -> Option<Header> {
    let magic = u32::from_le_bytes(*input.first_chunk()?);
    if magic & 0xffff_fff0 == 0x184d_2a50 {
        let length: [u8; 4] = *input[4..].first_chunk()?;
        return Some(Header::Skipped(u32::from_le_bytes(length).into()));
    }
    let descriptor = *input.get(4)?;
    let single = descriptor & 0x20 != 0;
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let content = [usize::from(single), 2, 4, 8][usize::from(descriptor >> 6)];
    let length = 5 + usize::from(!single) + dictionary + content;
    debug_assert!(length <= FRAME_HEADER);
    (input.len() >= length).then_some(Header::Frame { length, checksum: descriptor & 4 != 0 })
}

/// The length of a block with its header, and with the checksum after the last one (§3.1.1.2).
fn block_length(input: &[u8], checksum: bool) -> io::Result<Option<usize>> {
    let Some([low, middle, high]) = input.first_chunk::<BLOCK_HEADER>().copied() else { return Ok(None) };
    let header = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
    // A block of one byte over and over is no longer than that byte.
    let content = if header >> 1 & 3 == 1 { 1 } else { header >> 3 };
    if content > BLOCK {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let after = if checksum && header & 1 == 1 { CHECKSUM } else { 0 };
    Ok(Some(BLOCK_HEADER + content + after))
}
