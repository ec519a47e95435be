//! Decodes an answer's content as it comes. What is decoded goes straight to where it is gathered, piece by piece, so that a
//! content that grows past its limit costs no memory beyond that.

use std::io::{self, Write};

use brotli_decompressor::{BrotliDecoderParameter, DecompressorWriter};
use flate2::write::MultiGzDecoder;

use super::gathered::Gathered;
use super::zstd_writer::ZstdWriter;
use crate::model::ErrorKind;
use crate::transport::ContentCoding;

/// Bytes that brotli writes at a time.
const PIECE: usize = 16 << 10;

/// A content and its decoder.
#[expect(
    clippy::large_enum_variant,
    reason = "the large one is the usual one: a box would be an allocation for each answer"
)]
pub(super) enum Decoding {
    Plain(Gathered),
    Gzip(Box<MultiGzDecoder<Gathered>>),
    Brotli(Box<DecompressorWriter<Gathered>>),
    Zstd(Box<ZstdWriter<Gathered>>),
    /// Between two of these.
    Moved,
}

impl Decoding {
    /// The content is encoded; nothing of it has come yet.
    ///
    /// # Errors
    /// Nobody knows this coding.
    pub(super) fn begin(&mut self, coding: ContentCoding) -> Result<(), ErrorKind> {
        let Decoding::Plain(gathered) = std::mem::replace(self, Decoding::Moved) else {
            unreachable!("it begins once");
        };
        *self = match coding {
            ContentCoding::Identity => Decoding::Plain(gathered),
            ContentCoding::Gzip => Decoding::Gzip(Box::new(MultiGzDecoder::new(gathered))),
            ContentCoding::Brotli => Decoding::Brotli(Box::new(brotli(gathered))),
            ContentCoding::Zstd => Decoding::Zstd(Box::new(ZstdWriter::new(gathered))),
            ContentCoding::Unknown => {
                *self = Decoding::Plain(gathered);
                return Err(ErrorKind::Protocol);
            }
        };
        Ok(())
    }

    /// Where the content is gathered.
    pub(super) fn gathered(&mut self) -> &mut Gathered {
        match self {
            Decoding::Plain(gathered) => gathered,
            Decoding::Gzip(decoder) => decoder.get_mut(),
            Decoding::Brotli(decoder) => decoder.get_mut(),
            Decoding::Zstd(decoder) => decoder.get_mut(),
            Decoding::Moved => unreachable!("{MOVED}"),
        }
    }

    /// Whether it is encoded and may only be decoded where there is room for it.
    pub(super) fn must_wait(&mut self) -> bool {
        !matches!(self, Decoding::Plain(_)) && self.gathered().waits_for_room()
    }

    /// Takes more of the content.
    ///
    /// # Errors
    /// It is too large, or makes no sense.
    pub(super) fn take(&mut self, data: &[u8]) -> Result<(), ErrorKind> {
        let written = match self {
            Decoding::Plain(gathered) => return gathered.take(data),
            Decoding::Gzip(decoder) => decoder.write_all(data),
            Decoding::Brotli(decoder) => decoder.write_all(data),
            Decoding::Zstd(decoder) => decoder.take(data),
            Decoding::Moved => unreachable!("{MOVED}"),
        };
        self.understood(written)
    }

    /// The bytes of the decoded content so far; `None` where it is not encoded.
    pub(super) fn decoded(&self) -> Option<u64> {
        match self {
            Decoding::Plain(_) => None,
            Decoding::Gzip(decoder) => Some(decoder.get_ref().bytes()),
            Decoding::Brotli(decoder) => Some(decoder.get_ref().bytes()),
            Decoding::Zstd(decoder) => Some(decoder.get_ref().bytes()),
            Decoding::Moved => unreachable!("{MOVED}"),
        }
    }

    /// Nothing more comes: decodes what is left.
    ///
    /// # Errors
    /// It is not whole, too large, or another one than was encoded.
    pub(super) fn end(&mut self) -> Result<(), ErrorKind> {
        let ended = match self {
            Decoding::Gzip(decoder) => decoder.try_finish(),
            Decoding::Brotli(decoder) => decoder.close(),
            Decoding::Zstd(decoder) => decoder.end(),
            Decoding::Plain(_) | Decoding::Moved => Ok(()),
        };
        self.understood(ended)
    }

    /// The whole content, after its end.
    ///
    /// # Errors
    /// It is not whole.
    pub(super) fn finish(self) -> Result<Gathered, ErrorKind> {
        match self {
            Decoding::Plain(gathered) => Ok(gathered),
            Decoding::Gzip(decoder) => decoder.finish().map_err(|_| ErrorKind::Protocol),
            Decoding::Brotli(decoder) => decoder.into_inner().map_err(|_| ErrorKind::Protocol),
            Decoding::Zstd(decoder) => Ok(decoder.into_inner()),
            Decoding::Moved => unreachable!("{MOVED}"),
        }
    }

    /// A decoder fails where the content makes no sense, or where what it writes is too large.
    fn understood(&mut self, outcome: io::Result<()>) -> Result<(), ErrorKind> {
        let too_large = self.gathered().is_too_large();
        outcome.map_err(|_| if too_large { ErrorKind::TooLarge } else { ErrorKind::Protocol })
    }
}

/// Without the windows that only a later version of it has, and HTTP does not: they would be memory for a server to ask for.
fn brotli(gathered: Gathered) -> DecompressorWriter<Gathered> {
    let mut decoder = DecompressorWriter::new(gathered, PIECE);
    decoder.set_parameter(BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW, 0);
    decoder
}

const MOVED: &str = "it is moved only while it begins";

#[cfg(test)]
#[path = "decoding_tests.rs"]
mod tests;
