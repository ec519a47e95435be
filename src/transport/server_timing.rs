//! `Server-Timing` (W3C working draft, §3): what the server says of its own time.
//!
//! `#metric`, a metric is `token *( OWS ";" OWS name OWS "=" OWS ( token / quoted-string ) )`;
//! `dur` is in milliseconds; of duplicate parameters the first counts.

use crate::model::Micros;
use crate::model::ServerTimes;

/// Adds the queue, compute and total times, and the costs of the items in order, that one `Server-Timing` header says; of two that say
/// the same the first counts. What does not follow the grammar is skipped, never an error: a header of the server's must
/// not fail a request.
pub(super) fn add(value: &[u8], times: &mut ServerTimes, items: &mut Vec<Micros>) {
    let Ok(text) = std::str::from_utf8(value) else { return };
    for metric in split_unquoted(text, ',') {
        let mut parts = split_unquoted(metric, ';');
        let name = parts.next().unwrap_or_default().trim();
        let place = match name {
            "queue" => &mut times.queue,
            "compute" => &mut times.compute,
            "total" => &mut times.total,
            "item" => {
                items.extend(parts.find_map(duration).flatten());
                continue;
            }
            _ => continue,
        };
        if let Some(length) = parts.find_map(duration) {
            *place = place.or(length);
        }
    }
}

/// The value of a `dur` parameter; `Some(None)` if it is there but no usable number, `None` if it is another parameter or
/// does not follow the grammar.
fn duration(parameter: &str) -> Option<Option<Micros>> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("dur") {
        return None;
    }
    let millis: Option<f64> = text_of(value.trim())?.parse().ok();
    let micros = millis.map(|millis| (millis * 1e3).round()).filter(|micros| (0.0..1e15).contains(micros));
    Some(micros.map(|micros| Micros(micros as u64)))
}

/// What a token or a quoted string says (RFC 9110, §5.6); `None` of anything else.
fn text_of(value: &str) -> Option<String> {
    let is_token =
        |character: char| character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character);
    let Some(quoted) = value.strip_prefix('"') else {
        return (!value.is_empty() && value.chars().all(is_token)).then(|| value.to_string());
    };
    let (mut text, mut characters) = (String::new(), quoted.chars());
    loop {
        match characters.next()? {
            '"' => return characters.next().is_none().then_some(text),
            '\\' => text.push(characters.next()?),
            character => text.push(character),
        }
    }
}

/// Splits at a separator that stands outside quoted strings; these begin behind a `=` only.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped, mut last) = (false, false, ' ');
    text.split(move |character| {
        let splits = character == separator && !quoted;
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if quoted => quoted = false,
            '"' => quoted = last == '=',
            _ => {}
        }
        if !matches!(character, ' ' | '\t') {
            last = character;
        }
        splits
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> (ServerTimes, Vec<Micros>) {
        let (mut times, mut items) = Default::default();
        values.into_iter().for_each(|value| add(value, &mut times, &mut items));
        (times, items)
    }

    fn times(header: &str) -> (Option<u64>, Option<u64>) {
        let (times, _) = parse([header.as_bytes()]);
        (times.queue.map(|micros| micros.0), times.compute.map(|micros| micros.0))
    }

    #[test]
    fn the_grammar_is_read() {
        assert_eq!(times("queue;dur=1.234, compute;dur=150.3,item;dur=4"), (Some(1_234), Some(150_300)));
        assert_eq!(times("queue ; desc=\"a, b; dur=9\" ; dur = 2"), (Some(2_000), None));
        assert_eq!(times("compute;dur=1;dur=2, compute;dur=3"), (None, Some(1_000)));
        assert_eq!(times("compute;DUR=\"7\""), (None, Some(7_000)));
        assert_eq!(times("queue;dur=-1, compute;dur=NaN"), (None, None));
        assert_eq!(times("queue;desc=\"\\\"\";dur=5"), (Some(5_000), None));
    }

    #[test]
    fn what_does_not_follow_the_grammar_is_skipped() {
        assert_eq!(times("queue;dur=5\", compute;dur=\"7"), (None, None), "half a quoted string");
        assert_eq!(times("queue;dur=5\", compute;dur=7"), (None, Some(7_000)), "a token has no quotes");
        assert_eq!(times("queue;dur=\"5\"x, compute;dur=7 8"), (None, None));
        assert_eq!(
            times("queue;dur=\"\";dur=5\";dur=6"),
            (None, None),
            "an empty string is the first, and no number"
        );
        assert_eq!(
            times("queue;dur=5\";dur=6, compute;dur"),
            (Some(6_000), None),
            "the first that is one counts"
        );
        assert_eq!(times("queue;dur=\"\\1\\2\""), (Some(12_000), None), "escapes are undone");
    }

    #[test]
    fn items_keep_their_order() {
        let (_, items) =
            parse(["item;dur=4, compute;dur=9, item;dur=2.5".as_bytes(), b"item;dur=x, item;dur=1"]);
        assert_eq!(items, [Micros(4_000), Micros(2_500), Micros(1_000)]);
    }

    proptest! {
        #[test]
        fn what_follows_the_grammar_is_understood(
            (queue, compute) in (0..1_u64 << 40, 0..1_u64 << 40),
            items in prop::collection::vec(0..1_u64 << 40, 0..4),
            (space, other) in ("[ \t]{0,2}", "[a-z]{1,8}"),
            text in prop::sample::select(vec!["", "a,b", "x;dur=9", "\\\"", "=", "item;dur=3, queue"]),
            quoted in any::<bool>(),
        ) {
            prop_assume!(!["queue", "compute", "item", "total"].contains(&other.as_str()));
            let duration = |micros: u64| format!("{}.{:03}", micros / 1_000, micros % 1_000);
            let metric = |name: &str, micros: u64| {
                let mark = if quoted { "\"" } else { "" };
                format!("{name}{space};{space}desc{space}=\"{text}\";{space}dur={mark}{}{mark}", duration(micros))
            };
            let told = [metric(&other, 77), metric("queue", queue), metric("compute", compute)];
            let told: Vec<String> = told.into_iter().chain(items.iter().map(|item| metric("item", *item))).collect();
            let (times, found) = parse([told.join(&format!("{space},{space}")).as_bytes()]);
            prop_assert_eq!((times.queue, times.compute), (Some(Micros(queue)), Some(Micros(compute))));
            prop_assert_eq!(found, items.into_iter().map(Micros).collect::<Vec<_>>());
        }

        #[test]
        fn nothing_a_server_sends_can_panic(header in prop::collection::vec(any::<u8>(), 0..200)) {
            parse([header.as_slice()]);
        }
    }
}
