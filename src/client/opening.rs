//! The beginning of what a server said in place of an answer, for people: decoded as far as it can be, whatever is wrong with the
//! rest.

use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use bytes::Bytes;
use flate2::write::MultiGzDecoder;

use super::zstd_writer::ZstdWriter;
use crate::model::FailedAnswer;
use crate::transport::ContentCoding;

/// Bytes that brotli writes at a time.
const PIECE: usize = 4 << 10;

/// Takes as much as is shown, and fails then: nobody decodes more than that.
#[derive(Default)]
struct Beginning(Vec<u8>);

impl Write for Beginning {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let room = FailedAnswer::OPENING - self.0.len();
        self.0.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(data.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The beginning of `content`, which is encoded like this. Where nothing can be decoded it is as it came.
pub fn opening(coding: ContentCoding, content: &[u8]) -> Bytes {
    let shown = match coding {
        ContentCoding::Identity | ContentCoding::Unknown => Vec::new(),
        ContentCoding::Gzip => {
            let mut decoder = MultiGzDecoder::new(Beginning::default());
            let _ = decoder.write_all(content).and_then(|()| decoder.try_finish());
            std::mem::take(&mut decoder.get_mut().0)
        }
        ContentCoding::Brotli => {
            let mut decoder = DecompressorWriter::new(Beginning::default(), PIECE);
            let _ = decoder.write_all(content).and_then(|()| decoder.close());
            std::mem::take(&mut decoder.get_mut().0)
        }
        ContentCoding::Zstd => {
            let mut decoder = ZstdWriter::new(Beginning::default());
            let _ = decoder.take(content);
            decoder.into_inner().0
        }
    };
    if shown.is_empty() { FailedAnswer::opening_of(content) } else { shown.into() }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn what_can_be_decoded_is_shown_and_no_more_than_that() {
        let encoded = gzip(b"the model is loading");
        assert_eq!(&opening(ContentCoding::Gzip, &encoded)[..], b"the model is loading");
        let long = gzip(&[b'x'; 100_000]);
        assert_eq!(opening(ContentCoding::Gzip, &long), vec![b'x'; FailedAnswer::OPENING]);
        for coding in
            [ContentCoding::Gzip, ContentCoding::Brotli, ContentCoding::Zstd, ContentCoding::Unknown]
        {
            assert_eq!(&opening(coding, b"\xffplain")[..], b"\xffplain", "{coding:?}");
        }
    }
}
