//! Every coding, however its bytes come, cut off, damaged, and far larger decoded than anybody would take.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::client::{AnswerCollector, AnswerLimits, BatchRoom};
use crate::model::{AnswerBody, AnswerChecks, ByteBudget, Digest, ErrorKind, Moment};
use crate::transport::{BodySink, ContentCoding, Head};

const TEXT: &[u8] =
    b"{\"result\":\"abababababababababababababababababababababababababababababababababababababababab\"}";
/// [`TEXT`], as the reference implementation encodes it.
const BROTLI: &str = "1b5c00f88dd462cd19eed42261627b4ba72f25a104b5326084ee080d01";
/// The same, with a checksum.
const ZSTD: &str = "28b52ffd245dad0000787b22726573756c74223a226162227d01001beabe59456458";
/// 64 MiB of zeros.
const BROTLI_BOMB: &str = "cbffff3ff82560e2b14020f7fe8fffff7ff04b00c4611180eefd1fffffffe0970088c30200ddfb3ffeffffc12f01108705\
    00baf77ffcffff835f02200e0b0074effff8ffff07bf04401c1600e8defff1ffff0f7e0980382c00d0bdffe3ffff1ffc1200715800a07bff37";

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("two digits");
    (0..text.len()).step_by(2).map(digit).collect()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn zstd(content: &[u8]) -> Vec<u8> {
    compress_to_vec(content, CompressionLevel::Fastest)
}

/// Blocks of four bytes that stand for 128 KiB each, in a frame with a window of 1 MiB.
fn zstd_bomb(blocks: usize) -> Vec<u8> {
    let mut frame = unhex("28b52ffd0050");
    let block = |last: u32| (last | 1 << 1 | (128 << 10) << 3).to_le_bytes();
    (1..=blocks).for_each(|number| frame.extend([&block(u32::from(number == blocks))[..3], &[0]].concat()));
    frame
}

fn encoded() -> [(ContentCoding, Vec<u8>); 4] {
    [
        (ContentCoding::Gzip, gzip(TEXT)),
        (ContentCoding::Brotli, unhex(BROTLI)),
        (ContentCoding::Zstd, unhex(ZSTD)),
        (ContentCoding::Zstd, zstd(TEXT)),
    ]
}

fn limits(most: u64, budget: u64) -> AnswerLimits {
    AnswerLimits { most, budget: ByteBudget::new(budget), batches: BatchRoom::new(most) }
}

struct Met {
    outcome: Result<AnswerBody, ErrorKind>,
    decoded: Option<u64>,
}

/// What becomes of a content that comes in pieces of these lengths.
fn met(limits: &AnswerLimits, coding: ContentCoding, content: &[u8], pieces: &[usize]) -> Met {
    let mut collector = AnswerCollector::new(limits, false);
    collector.begins(&Head { status: 200, coding, ..Head::default() });
    let mut rest = content;
    let mut taken = Ok(());
    for length in pieces.iter().cycle() {
        let (piece, after) = rest.split_at((*length).clamp(1, rest.len().max(1)).min(rest.len()));
        if piece.is_empty() || taken.is_err() {
            break;
        }
        taken = collector.chunk(Moment::START, piece);
        rest = after;
    }
    let ended = taken.and_then(|()| collector.end());
    let decoded = collector.decoded();
    let finished = ended.and_then(|()| collector.finish());
    Met { outcome: finished.and_then(|whole| whole.whole(&limits.budget, &AnswerChecks::default())), decoded }
}

fn bytes(outcome: &Result<AnswerBody, ErrorKind>) -> Option<&[u8]> {
    outcome.as_ref().ok()?.bytes()
}

#[test]
fn each_coding_gives_what_was_encoded_and_its_length() {
    for (coding, content) in encoded() {
        let Met { outcome, decoded } = met(&limits(1_000, 1_000), coding, &content, &[7]);
        assert_eq!((bytes(&outcome), decoded), (Some(TEXT), Some(TEXT.len() as u64)), "{coding:?}");
    }
    let plain = met(&limits(1_000, 1_000), ContentCoding::Identity, TEXT, &[7]);
    assert_eq!((bytes(&plain.outcome), plain.decoded), (Some(TEXT), None));
}

#[test]
fn where_no_copy_fits_the_digest_is_that_of_what_was_encoded() {
    for (coding, content) in encoded() {
        let Met { outcome, .. } = met(&limits(1_000, 10), coding, &content, &[1]);
        assert!(
            matches!(outcome, Ok(AnswerBody::Rolled(digest)) if digest == Digest::of(TEXT)),
            "{coding:?}"
        );
    }
}

#[test]
fn a_content_that_is_cut_off_or_followed_by_something_is_not_understood() {
    for (coding, content) in encoded() {
        for length in 1..content.len() {
            let Met { outcome, .. } = met(&limits(1_000, 1_000), coding, &content[..length], &[1_000]);
            assert_eq!(outcome.err(), Some(ErrorKind::Protocol), "{coding:?} after {length} bytes");
        }
        let followed = [&content[..], b"more of it"].concat();
        let Met { outcome, .. } = met(&limits(1_000, 1_000), coding, &followed, &[1_000]);
        assert_eq!(outcome.err(), Some(ErrorKind::Protocol), "{coding:?}");
    }
}

#[test]
fn damage_is_seen_by_the_checksum() {
    for (coding, mut content) in [(ContentCoding::Gzip, gzip(TEXT)), (ContentCoding::Zstd, unhex(ZSTD))] {
        let at = content.len() - if coding == ContentCoding::Gzip { 8 } else { 4 };
        content[at] ^= 1;
        let Met { outcome, .. } = met(&limits(1_000, 1_000), coding, &content, &[5]);
        assert_eq!(outcome.err(), Some(ErrorKind::Protocol), "{coding:?}");
    }
}

#[test]
fn a_bomb_is_too_large_and_holds_no_memory() {
    let gzip_bomb = gzip(&vec![0; 64 << 20]);
    for (coding, content) in [
        (ContentCoding::Gzip, gzip_bomb),
        (ContentCoding::Brotli, unhex(BROTLI_BOMB)),
        (ContentCoding::Zstd, zstd_bomb(512)),
    ] {
        let limits = limits(1 << 20, 1 << 20);
        let Met { outcome, decoded } = met(&limits, coding, &content, &[64 << 10]);
        assert_eq!(outcome.err(), Some(ErrorKind::TooLarge), "{coding:?}");
        assert!(decoded.is_some_and(|decoded| decoded < 2 << 20), "it stops there: {decoded:?}");
        assert_eq!(limits.budget.used(), 0, "{coding:?}");
    }
}

#[test]
fn what_is_no_success_or_empty_is_not_decoded() {
    let empty = met(&limits(10, 10), ContentCoding::Unknown, b"", &[1]);
    assert_eq!(bytes(&empty.outcome), Some(&b""[..]), "as an answer to HEAD has it");
    let unknown = met(&limits(10, 10), ContentCoding::Unknown, b"x", &[1]);
    assert_eq!(unknown.outcome.err(), Some(ErrorKind::Protocol));
    let mut collector = AnswerCollector::new(&limits(10, 10), false);
    collector.begins(&Head { status: 503, coding: ContentCoding::Unknown, ..Head::default() });
    assert_eq!(collector.chunk(Moment::START, b"x"), Ok(()), "it has failed by its status");
}

#[test]
fn frames_of_zstd_may_follow_each_other_and_hold_nothing() {
    let skipped = unhex("5a2a4d1803000000ffffff");
    let content = [&skipped[..], &zstd(b"one"), &skipped, &zstd(b"two"), &skipped].concat();
    for piece in [1, 5, 1_000] {
        let Met { outcome, .. } = met(&limits(1_000, 1_000), ContentCoding::Zstd, &content, &[piece]);
        assert_eq!(bytes(&outcome), Some(&b"onetwo"[..]));
    }
    let Met { outcome, .. } = met(&limits(1_000, 1_000), ContentCoding::Zstd, &zstd_bomb(1)[..6], &[9]);
    assert_eq!(outcome.err(), Some(ErrorKind::Protocol), "a frame without its blocks");
    let wide = unhex("28b52ffd0070010000");
    let Met { outcome, .. } = met(&limits(1_000, 1_000), ContentCoding::Zstd, &wide, &[9]);
    assert_eq!(outcome.err(), Some(ErrorKind::Protocol), "a window of 16 MiB is none that HTTP allows");
}

proptest! {
    #[test]
    fn a_content_is_decoded_however_it_is_cut(
        content in prop::collection::vec(prop::collection::vec(0_u8..4, 1..3_000), 1..4),
        pieces in prop::collection::vec(1_usize..300, 1..6),
    ) {
        let limits = limits(1 << 20, 1 << 20);
        for (coding, encode) in [(ContentCoding::Gzip, gzip as fn(&[u8]) -> Vec<u8>), (ContentCoding::Zstd, zstd)] {
            let wire: Vec<u8> = content.iter().flat_map(|part| encode(part)).collect();
            let Met { outcome, .. } = met(&limits, coding, &wire, &pieces);
            prop_assert_eq!(bytes(&outcome), Some(&content.concat()[..]), "{:?}", coding);
        }
    }

    #[test]
    fn no_bytes_can_make_a_decoder_panic(
        which in 0_usize..4,
        damage in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..6),
        piece in 1_usize..40,
    ) {
        let (coding, mut content) = encoded().into_iter().nth(which).expect("one of four");
        for (place, byte) in damage {
            let at = (content.len() as f64 * place) as usize;
            content[at] = byte;
        }
        let _ = met(&limits(1 << 20, 1 << 20), coding, &content, &[piece]);
    }
}
