//! Any bytes as a stream of tokens: nothing panics, and however they are split the record is the same.
//!
//! `cargo +nightly fuzz run token_stream`. The first byte is the length of the pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spanload::model::Moment;
use spanload::stream::{StreamLimits, Streamed, TokenStream};

/// Small, so that they are met.
const LIMITS: StreamLimits = StreamLimits { event: 200, text: 50 };

fuzz_target!(|bytes: &[u8]| {
    let Some((length, bytes)) = bytes.split_first() else { return };
    let pieces = bytes.chunks(usize::from(*length).max(1));
    assert_eq!(read(pieces), read([bytes].into_iter()));
});

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Streamed {
    let mut stream = TokenStream::new(None, LIMITS);
    pieces.for_each(|piece| stream.chunk(Moment::START, piece));
    stream.finish()
}
