//! The parser against the standard's own steps on the whole text, and on its own edges.

use proptest::prelude::*;

use super::*;

/// One event as a client sees it, of its own memory.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    name: String,
    data: String,
    id: String,
}

/// What a parser makes of pieces, and whether it ends within an event.
fn parsed(pieces: &[&[u8]], limit: usize) -> (Vec<Seen>, Result<bool, SseTooLarge>, Option<u64>) {
    let (mut parser, mut seen, mut outcome) = (SseParser::new(limit), Vec::new(), Ok(()));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for piece in pieces {
        let each = |event: SseEvent| {
            seen.push(Seen { name: text(event.name), data: text(event.data), id: text(event.id) })
        };
        outcome = outcome.and(parser.feed(piece, each));
    }
    (seen, outcome.map(|()| parser.is_unfinished()), parser.retry())
}

/// The standard's steps: decode, split into lines, then field by field.
fn naive(bytes: &[u8]) -> (Vec<Seen>, Option<u64>) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n").replace('\r', "\n");
    let (mut events, mut name, mut data, mut id, mut retry) =
        (Vec::new(), String::new(), String::new(), String::new(), None);
    let Some((lines, _unfinished)) = text.rsplit_once('\n') else { return (events, retry) };
    for line in lines.split('\n') {
        if line.is_empty() {
            if let Some(data) = data.strip_suffix('\n') {
                events.push(Seen { name: name.clone(), data: data.to_owned(), id: id.clone() });
            }
            (name, data) = (String::new(), String::new());
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => name = value.to_owned(),
            "data" => data += &format!("{value}\n"),
            "id" if !value.contains('\0') => id = value.to_owned(),
            "retry" if value.chars().all(|digit| digit.is_ascii_digit()) => {
                retry = value.parse().ok().or(retry);
            }
            _ => {}
        }
    }
    (events, retry)
}

fn seen(name: &str, data: &str, id: &str) -> Seen {
    Seen { name: name.into(), data: data.into(), id: id.into() }
}

fn events(text: &str) -> Vec<Seen> {
    parsed(&[text.as_bytes()], 1_000).0
}

/// Bytes at their places.
fn split_at<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.sort_unstable();
    let starts = std::iter::once(0).chain(places.iter().copied());
    let ends = places.iter().copied().chain([bytes.len()]);
    starts.zip(ends).map(|(start, end)| &bytes[start..end]).collect()
}

/// Text that is nearly a stream, and now and then any bytes.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let words: [&[u8]; 22] = [
        b"data",
        b"event",
        b"id",
        b"retry",
        b"data: ",
        b"data:",
        b"event:",
        b"id:",
        b"retry:",
        b":",
        b": ",
        b" ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\r\n\r\n",
        b"\0",
        b"42",
        "\u{feff}".as_bytes(),
        "ü€🙂".as_bytes(),
        b"\xE2\x82",
    ];
    let word = prop_oneof![
        8 => prop::sample::select(words.to_vec()).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_split_anywhere_are_as_the_standard_has_them(
        bytes in stream(),
        places in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let (events, _, retry) = parsed(&split_at(&bytes, &places), usize::MAX);
        prop_assert_eq!((events, retry), naive(&bytes));
    }

    #[test]
    fn a_limit_is_met_at_the_same_event_however_it_is_split(
        bytes in stream(),
        places in prop::collection::vec(any::<usize>(), 0..12),
        limit in 1_usize..40,
    ) {
        prop_assert_eq!(parsed(&split_at(&bytes, &places), limit), parsed(&[&bytes], limit));
    }
}

#[test]
fn all_line_ends_are_one() {
    for end in ["\n", "\r", "\r\n"] {
        let text = ["event: a", "data: 1", "data: 2", "", "data: 3", "", ""].join(end);
        assert_eq!(events(&text), [seen("a", "1\n2", ""), seen("", "3", "")], "{end:?}");
    }
}

#[test]
fn a_cr_completes_its_event_before_the_lf_has_come() {
    let mut count = 0;
    let mut parser = SseParser::new(100);
    for (piece, so_far) in
        [("data: 1\r\n\r", 1), ("", 1), ("\ndata: 2\r", 1), ("\r", 2), ("\n", 2), ("\n", 2)]
    {
        parser.feed(piece.as_bytes(), |_| count += 1).expect("short");
        assert_eq!(count, so_far, "{piece:?}");
    }
}

#[test]
fn fields_are_as_the_standard_has_them() {
    assert_eq!(events("data\n\n"), [seen("", "", "")]);
    assert_eq!(events("data:  two\n\n"), [seen("", " two", "")]);
    assert_eq!(events("data\ndata\n\n"), [seen("", "\n", "")]);
    assert_eq!(events("event: lost\n\ndata: x\n\n"), [seen("", "x", "")]);
    assert_eq!(events("Data: x\ndata : x\nfoo: x\n: x\n\n"), []);
    assert_eq!(events("id: 7\n\ndata: x\n\nid\ndata: y\n\n"), [seen("", "x", "7"), seen("", "y", "")]);
    assert_eq!(events("id: 7\nid: 8\0\ndata: x\n\n"), [seen("", "x", "7")]);
    assert_eq!(events("data: a:b\n\n"), [seen("", "a:b", "")]);
}

#[test]
fn one_byte_order_mark_is_dropped() {
    assert_eq!(events("\u{feff}data: x\n\n"), [seen("", "x", "")]);
    assert_eq!(events("\u{feff}\u{feff}data: x\n\n"), []);
    assert_eq!(parsed(&[b"\xEF", b"\xBB\xBFdata: x\n\n"], 100).0, [seen("", "x", "")]);
    assert_eq!(parsed(&[b"\xEF\xBB", b"data: x\n\ndata: y\n\n"], 100).0, [seen("", "y", "")]);
}

#[test]
fn an_event_within_one_read_is_not_copied() {
    let read = b"data: one\n\nevent: e\ndata: two\n\n";
    let (mut parser, mut inside) = (SseParser::new(100), 0);
    let within = |data: &[u8]| read.as_ptr_range().contains(&data.as_ptr());
    parser.feed(read, |event| inside += u32::from(within(event.data))).expect("short");
    assert_eq!(inside, 2);
}

#[test]
fn half_an_event_is_dropped_and_known() {
    for (text, half) in [
        ("data: x\n\n", false),
        ("data: x\n\n: comm", false),
        ("data: x\n\ndat", true),
        ("data: x\n", true),
        ("event: error\n", true),
        ("retry: 5\n", false),
        ("", false),
    ] {
        assert_eq!(parsed(&[text.as_bytes()], 100).1, Ok(half), "{text:?}");
    }
}

#[test]
fn retry_is_digits_alone() {
    let retry = |text: &str| parsed(&[text.as_bytes()], 100).2;
    assert_eq!(
        [retry("retry: 300\n"), retry("retry: 3s\n"), retry("retry: +3\n"), retry("retry\n")],
        [Some(300), None, None, None]
    );
}

/// 100 MB in one line, in many lines of one event, and in one read.
#[test]
fn an_event_past_the_limit_is_an_error_in_bounded_memory() {
    const LIMIT: usize = 1 << 20;
    for line in [&[b'x'; 65_536][..], &[b"data: ", &[b'y'; 65_529][..], b"\n"].concat()] {
        let mut parser = SseParser::new(LIMIT);
        parser.feed(b"data: before\n\ndata: ", |_| {}).expect("short");
        let mut refused = 0;
        for _ in 0..1_600 {
            refused += u32::from(parser.feed(line, |_| panic!("no event")) == Err(SseTooLarge(LIMIT)));
            assert!(parser.line.capacity() + parser.data.as_ref().map_or(0, Vec::capacity) <= 4 * LIMIT);
        }
        assert!(refused > 1_500 && parser.line.capacity() == 0, "{refused}");
    }
    let one = [b"data: before\n\ndata: ", &vec![b'x'; 100 << 20][..]].concat();
    let (events, outcome, _) = parsed(&[&one], LIMIT);
    assert_eq!((events.len(), outcome), (1, Err(SseTooLarge(LIMIT))));
}

#[test]
fn the_limit_is_of_one_event_and_comments_are_none() {
    let pings = ": ping\n".repeat(1_000);
    assert_eq!(parsed(&[pings.as_bytes(), b"data: x\n\n"], 20).0, [seen("", "x", "")]);
    let events = "data: x\n\n".repeat(1_000);
    assert_eq!(parsed(&[events.as_bytes()], 20).0.len(), 1_000);
}
