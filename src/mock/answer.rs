//! The answer to an item: a function of its bytes alone, so a client-side optimisation that changes one is caught.
use serde::Serialize;
use serde_json::{Map, Value};

use super::digest::ItemDigest;

const SHORTEST_TEXT: u64 = 1_000;
const LONGEST_TEXT: u64 = 3_000;
const LONGEST_ECHO: usize = 64; // keeps an answer below 4 KB whatever the caller sends as its id
const DEGRADED_SHARE: usize = 3;

#[rustfmt::skip] // a word a line would bury the code
const WORDS: [&str; 64] = [
    "account", "address", "agent", "already", "amount", "answer", "arrives", "because", "before",
    "billing", "button", "cable", "cancel", "carrier", "change", "check", "claim", "confirm", "contract",
    "customer", "date", "delivery", "device", "email", "error", "evening", "export", "further",
    "invoice", "letter", "light", "line", "log", "March", "message", "monthly", "never", "number",
    "office", "order", "outage", "parcel", "password", "payment", "phone", "plan", "please", "policy",
    "receipt", "refund", "replace", "request", "restart", "return", "router", "second", "shows",
    "signal", "step", "support", "ticket", "update", "warehouse", "within",
];

#[derive(Serialize)]
struct ItemAnswer {
    id: Value,
    object: &'static str,
    model: Value,
    output: AnswerOutput,
    prompt_words: usize,
    usage: Usage,
}

#[derive(Serialize)]
struct AnswerOutput {
    text: String,
    finish_reason: &'static str,
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: usize,
    completion_tokens: usize,
    total_tokens: usize,
}

/// The answer as a JSON object of 1 to 4 KB; a degraded one stops after a third of its text.
pub(super) fn answer(item: &Map<String, Value>, digest: &ItemDigest, degraded: bool) -> String {
    let mut text = text(digest);
    if degraded {
        text.truncate(text.len() / DEGRADED_SHARE); // the words are ASCII: every index is a boundary
    }
    let prompt_words =
        item.get("prompt").and_then(Value::as_str).map_or(0, |prompt| prompt.split_whitespace().count());
    let completion_words = text.split_whitespace().count();
    let answer = ItemAnswer {
        id: echo(item.get("id")),
        object: "inference",
        model: echo(item.get("model")),
        output: AnswerOutput { text, finish_reason: if degraded { "length" } else { "stop" } },
        prompt_words,
        usage: Usage {
            prompt_tokens: prompt_words,
            completion_tokens: completion_words,
            total_tokens: prompt_words + completion_words,
        },
    };
    serde_json::to_string(&answer).expect("strings and numbers are always JSON")
}

/// A caller's own word, cut to a bounded length; anything but text or a number is not echoed.
fn echo(value: Option<&Value>) -> Value {
    match value {
        Some(Value::String(word)) => Value::String(word.chars().take(LONGEST_ECHO).collect()),
        Some(Value::Number(number)) => Value::Number(number.clone()),
        _ => Value::Null,
    }
}

/// Sentences of 6 to 13 words until the length that the digest asks for is reached.
fn text(digest: &ItemDigest) -> String {
    let length = SHORTEST_TEXT + digest.draw("answer.length") % (LONGEST_TEXT - SHORTEST_TEXT);
    let mut random = SplitMix(digest.draw("answer.text"));
    let mut text = String::with_capacity(length as usize + 160);
    while (text.len() as u64) < length {
        let words = 6 + random.below(8);
        for position in 0..words {
            let word = WORDS[random.below(WORDS.len() as u64) as usize];
            text.push_str(if position == 0 { "The " } else { " " });
            text.push_str(word);
        }
        text.push_str(". ");
    }
    text.truncate(text.trim_end().len());
    text
}

/// SplitMix64 (Steele, Lea and Flood 2014): the answers must not change with a dependency's generator.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_to(body: &str, degraded: bool) -> String {
        let item = serde_json::from_str(body).expect("an object");
        answer(&item, &ItemDigest::of(body.as_bytes()), degraded)
    }

    fn body(index: usize) -> String {
        format!(r#"{{"id":"req-{index}","model":"m","prompt":"{}"}}"#, "word ".repeat(index))
    }

    #[test]
    fn the_same_bytes_get_the_same_answer_and_other_bytes_another() {
        assert_eq!(answer_to(&body(1), false), answer_to(&body(1), false));
        let text = |body: &str| {
            let answer: Value = serde_json::from_str(&answer_to(body, false)).expect("JSON");
            answer["output"]["text"].clone()
        };
        // a byte that no echoed field shows
        assert_ne!(text(r#"{"id":1,"temperature":0.0}"#), text(r#"{"id":1,"temperature":0.1}"#));
    }

    #[test]
    fn answers_take_1_to_4_kb_and_vary() {
        let mut lengths: Vec<usize> = (0..500).map(|index| answer_to(&body(index), false).len()).collect();
        let hostile = format!(r#"{{"id":"{}","model":"{0}"}}"#, "\\u0001".repeat(5_000));
        lengths.push(answer_to(&hostile, false).len());
        assert!(lengths.iter().all(|length| (1_024..=4_096).contains(length)), "{lengths:?}");
        lengths.sort_unstable();
        lengths.dedup();
        assert!(lengths.len() > 300, "{} distinct lengths", lengths.len());
    }

    #[test]
    fn the_answer_tells_what_it_answers() {
        let answer: Value = serde_json::from_str(&answer_to(&body(3), false)).expect("JSON");
        assert_eq!(answer["id"], "req-3");
        assert_eq!(answer["model"], "m");
        assert_eq!(answer["prompt_words"], 3);
        let usage = &answer["usage"];
        assert_eq!(
            usage["total_tokens"].as_u64(),
            Some(3 + usage["completion_tokens"].as_u64().expect("a count"))
        );
    }

    #[test]
    fn a_degraded_answer_is_the_start_of_the_full_one() {
        let text = |degraded| -> String {
            let answer: Value = serde_json::from_str(&answer_to(&body(1), degraded)).expect("JSON");
            answer["output"]["text"].as_str().expect("text").to_owned()
        };
        assert!(text(false).starts_with(&text(true)));
        assert!(text(true).len() < text(false).len() / 2);
    }
}
