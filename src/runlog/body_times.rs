//! The server's own times in the bodies of its answers, read from the copies before these are gone.

use super::json_places;
use crate::model::{AnswerBody, JsonPointer, Micros, ServerTimes, TimePlace, TimeSource, TimeSources};

/// What is read of bodies, and what came of it so far.
#[derive(Debug)]
pub struct BodyTimes {
    /// In the order in which they count.
    sources: Vec<BodySource>,
    /// All places of all sources, each as its steps from the top.
    places: Vec<JsonPointer>,
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
            let pointers = pointers.iter().map(|pointer| pointer.parse());
            let Ok(pointers) = pointers.collect::<Result<Vec<JsonPointer>, _>>() else { continue };
            let first = times.places.len();
            if first + pointers.len() > json_places::MOST {
                break;
            }
            times.places.extend(pointers);
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
        // Of what failed no copy was to be kept.
        if !self.are_read() || matches!(answer, AnswerBody::Failed(_)) {
            return;
        }
        let Some(bytes) = answer.bytes() else {
            self.unread += 1;
            return;
        };
        let found = json_places::find(bytes, &self.places);
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

    /// The sources that have told something.
    pub fn used(&self) -> impl Iterator<Item = &TimeSource> {
        self.sources.iter().filter(|source| source.used).map(|source| &source.source)
    }

    /// Answers of which no copy was kept, so that nothing could be read of them.
    pub fn unread(&self) -> u64 {
        self.unread
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
        for step in ["01", "+1", "-"] {
            let mut odd = named(TimeKind::Queue, &[&format!("/q/{step}")], TimeUnit::Nanos);
            assert_eq!(read(&mut odd, r#"{"q": [0, 1500]}"#), (None, None), "{step} is no number of an item");
        }
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
        times.read(&AnswerBody::Failed(Box::default()), &mut ServerTimes::default());
        assert_eq!(times.unread(), 1, "a failure was not to be copied");
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
