//! The server's own times in the bodies of its answers, read from the copies before these are gone.
//!
//! Of an answer nothing is built but the numbers that are looked for.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::{AnswerBody, Micros, ServerTimes, TimePlace, TimeSource, TimeSources};

/// Places that can be looked for at the same time.
const MOST: usize = 32;

/// What is read of bodies, and what came of it so far.
#[derive(Debug)]
pub struct BodyTimes {
    /// In the order in which they count.
    sources: Vec<BodySource>,
    /// All places of all sources, each as its steps from the top.
    places: Vec<Vec<String>>,
    unread: u64,
}

#[derive(Debug)]
struct BodySource {
    source: TimeSource,
    /// Its places among all.
    places: std::ops::Range<usize>,
    used: bool,
}

impl BodyTimes {
    /// Reads those of the sources that are in the body.
    pub fn new(sources: &TimeSources) -> Self {
        let mut times = BodyTimes { sources: Vec::new(), places: Vec::new(), unread: 0 };
        for source in sources.all() {
            let TimePlace::Pointers(pointers) = &source.from else { continue };
            let first = times.places.len();
            if first + pointers.len() > MOST {
                break;
            }
            times.places.extend(pointers.iter().map(|pointer| steps(pointer)));
            let places = first..times.places.len();
            times.sources.push(BodySource { source: source.clone(), places, used: false });
        }
        times
    }

    /// Whether bodies are read at all.
    pub fn are_read(&self) -> bool {
        !self.sources.is_empty()
    }

    /// Adds what an answer says; it counts before what its headers said. An answer that is no JSON says nothing.
    pub(super) fn read(&mut self, answer: &AnswerBody, told: &mut ServerTimes) {
        if !self.are_read() {
            return;
        }
        let Some(bytes) = answer.bytes() else {
            self.unread += 1;
            return;
        };
        let found = self.find(bytes);
        // The first counts, so it comes last.
        for source in self.sources.iter_mut().rev() {
            let parts = found[source.places.clone()].iter();
            let sum: Option<Micros> = parts.map(|part| part.time(&source.source)).sum();
            if sum.is_some() {
                *told.of_mut(source.source.kind) = sum;
                source.used = true;
            }
        }
    }

    /// What stands at each place; nothing where the answer is no JSON from its first byte to its last.
    fn find(&self, answer: &[u8]) -> Vec<Found> {
        let mut found = vec![Found::Nothing; self.places.len()];
        let mut json = serde_json::Deserializer::from_slice(answer);
        let all = u32::MAX >> (MOST - self.places.len());
        let look = Look { places: &self.places, wanted: all, depth: 0, found: &mut found };
        let whole = look.deserialize(&mut json).and_then(|()| json.end());
        if whole.is_err() {
            found.fill(Found::Nothing);
        }
        found
    }

    /// The sources that have told something.
    pub fn used(&self) -> impl Iterator<Item = &TimeSource> {
        self.sources.iter().filter(|source| source.used).map(|source| &source.source)
    }

    /// Answers of which no copy was kept, so that nothing could be read of them.
    pub fn unread(&self) -> u64 {
        self.unread
    }
}

/// The steps of a JSON pointer (RFC 6901, §4).
fn steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq)]
enum Found {
    Nothing,
    Number(f64),
    Text(String),
}

impl Found {
    fn time(&self, source: &TimeSource) -> Option<Micros> {
        match self {
            Found::Nothing => None,
            Found::Number(number) => source.unit.micros(*number),
            Found::Text(text) => source.unit.read(text),
        }
    }
}

/// A look into a value that lies so many steps down, for the places whose bits are set.
struct Look<'a> {
    places: &'a [Vec<String>],
    wanted: u32,
    depth: usize,
    found: &'a mut [Found],
}

impl Look<'_> {
    /// The places that go on with such a step.
    fn along(&self, goes: impl Fn(&str) -> bool) -> u32 {
        self.choose(|place| place.get(self.depth).is_some_and(|step| goes(step)))
    }

    /// The wanted places among which it is.
    fn choose(&self, chosen: impl Fn(&[String]) -> bool) -> u32 {
        let bits = (0..u32::BITS).zip(self.places).filter(|(bit, _)| self.wanted & (1 << bit) != 0);
        bits.filter(|(_, place)| chosen(place)).fold(0, |bits, (bit, _)| bits | 1 << bit)
    }

    fn deeper(&mut self, wanted: u32) -> Look<'_> {
        Look { places: self.places, wanted, depth: self.depth + 1, found: self.found }
    }

    /// The value itself is what some of the places name.
    fn take(self, value: impl Fn() -> Found) {
        let here = self.choose(|place| place.len() == self.depth);
        let named = (0..u32::BITS).zip(self.found).filter(|(bit, _)| here & (1 << bit) != 0);
        named.for_each(|(_, found)| *found = value());
    }
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some(wanted) = members.next_key_seed(Step(&self))? {
            if wanted == 0 {
                members.next_value::<IgnoredAny>()?;
            } else {
                members.next_value_seed(self.deeper(wanted))?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        for index in 0_u64.. {
            let wanted = self.along(|step| step.parse() == Ok(index));
            let more = match wanted {
                0 => list.next_element::<IgnoredAny>()?.is_some(),
                _ => list.next_element_seed(self.deeper(wanted))?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.take(|| Found::Number(number));
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.visit_f64(number as f64)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.visit_f64(number as f64)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.take(|| Found::Text(text.to_string()));
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key of an object: which places go on with it.
struct Step<'a, 'b>(&'a Look<'b>);

impl<'de> DeserializeSeed<'de> for Step<'_, '_> {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<u32, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for Step<'_, '_> {
    type Value = u32;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<u32, E> {
        Ok(self.0.along(|step| step == key))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Digest, KeptAnswer, TimeKind, TimeUnit};

    fn kept(answer: &[u8]) -> AnswerBody {
        AnswerBody::Kept(KeptAnswer::uncounted(Bytes::copy_from_slice(answer)))
    }

    fn of_server(name: &str) -> BodyTimes {
        BodyTimes::new(&TimeSources::with(TimeSources::of_server(name)))
    }

    fn named(kind: TimeKind, places: &[&str], unit: TimeUnit) -> BodyTimes {
        let from = TimePlace::Pointers(places.iter().map(ToString::to_string).collect());
        BodyTimes::new(&TimeSources::with(vec![TimeSource { kind, from, unit }]))
    }

    /// Queue and compute in microseconds.
    fn read(times: &mut BodyTimes, answer: &str) -> (Option<u64>, Option<u64>) {
        let mut told = ServerTimes::default();
        times.read(&kept(answer.as_bytes()), &mut told);
        (told.queue.map(|time| time.0), told.compute.map(|time| time.0))
    }

    #[test]
    fn servers_are_known_by_name() {
        let llama = r#"{"content": "x", "timings": {"prompt_n": 7, "prompt_ms": 12.5, "predicted_ms": 100}}"#;
        assert_eq!(read(&mut of_server("llama.cpp"), llama), (None, Some(112_500)));
        let vllm = r#"{"choices": [{"metrics": {"queue_time_ms": 1}}], "metrics":
            {"time_to_first_token_ms": 85.2, "generation_time_ms": 1240.5, "queue_time_ms": 12.3, "mean_itl_ms": null}}"#;
        let mut times = of_server("vllm");
        assert_eq!(read(&mut times, vllm), (Some(12_300), Some(1_325_700)));
        assert_eq!(times.used().count(), 2);
        let several = r#"{"metrics": {"time_to_first_token_ms": null, "generation_time_ms": null, "queue_time_ms": 3}}"#;
        assert_eq!(read(&mut times, several), (Some(3_000), None), "half a sum is none");
        assert_eq!(read(&mut of_server("vllm"), r#"{"metrics": null}"#), (None, None));
        assert!(!BodyTimes::new(&TimeSources::default()).are_read(), "only where a scenario asks for it");
    }

    #[test]
    fn a_pointer_is_followed_through_lists_and_odd_keys() {
        let mut times = named(TimeKind::Compute, &["/a~1b/1/m~0n"], TimeUnit::Seconds);
        assert_eq!(
            read(&mut times, r#"{"a/b": [{"m~n": 1}, {"m~n": "0.5"}], "x": 9}"#),
            (None, Some(500_000))
        );
        assert_eq!(read(&mut times, r#"{"a\u002fb": [0, {"m~n": "7ms"}, 3]}"#), (None, Some(7_000)));
        let mut whole = named(TimeKind::Queue, &["/q"], TimeUnit::Nanos);
        assert_eq!(read(&mut whole, r#"{"q": 1500}"#), (Some(2), None));
        for other in [r#"{"q": -1}"#, r#"{"q": {"q": 1}}"#, r#"{"q": true}"#, "[1]", "7", "null"] {
            assert_eq!(read(&mut whole, other), (None, None), "{other}");
        }
    }

    #[test]
    fn what_is_no_json_says_nothing_and_what_the_headers_said_stays() {
        let mut times = named(TimeKind::Compute, &["/c"], TimeUnit::Millis);
        for answer in ["", "<html>", r#"{"c": 1"#, r#"{"c": 1} {"c": 2}"#, "data: {\"c\": 1}"] {
            let mut told = ServerTimes { compute: Some(Micros(9)), ..ServerTimes::default() };
            times.read(&kept(answer.as_bytes()), &mut told);
            assert_eq!(told.compute, Some(Micros(9)), "{answer}");
        }
        assert_eq!((times.used().count(), times.unread()), (0, 0));
        let mut told = ServerTimes { compute: Some(Micros(9)), ..ServerTimes::default() };
        times.read(&kept(br#"{"c": 1}"#), &mut told);
        assert_eq!(told.compute, Some(Micros(1_000)), "what a scenario names counts first");
        times.read(&AnswerBody::Rolled(Digest::of(b"")), &mut told);
        assert_eq!(times.unread(), 1);
    }

    proptest! {
        #[test]
        fn nothing_a_server_sends_can_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..100),
            text in "[\\[{:}\\],\"a0-9.eE+-]{0,60}",
            pointer in "(/[a0-9~]{0,3}){0,4}",
        ) {
            let mut times = named(TimeKind::Compute, &[pointer.as_str(), "/a"], TimeUnit::Seconds);
            for answer in [bytes.as_slice(), text.as_bytes()] {
                times.read(&kept(answer), &mut ServerTimes::default());
            }
        }

        #[test]
        fn a_number_is_found_however_deep_it_lies(
            path in prop::collection::vec("[a-c/~]{1,3}", 1..6),
            number in 0..1_000_000_u32,
        ) {
            let answer = path.iter().rev().fold(number.to_string(), |inner, key| {
                format!("{{\"z\": [{{}}], {}: {inner}}}", serde_json::Value::from(key.as_str()))
            });
            let step = |key: &String| format!("/{}", key.replace('~', "~0").replace('/', "~1"));
            let pointer: String = path.iter().map(step).collect();
            let mut times = named(TimeKind::Queue, &[&pointer], TimeUnit::Micros);
            prop_assert_eq!(read(&mut times, &answer), (Some(u64::from(number)), None));
        }
    }
}
