//! Answers of known APIs, told by what they say, and what in them differs from one to the next whatever was asked.

use std::sync::LazyLock;

use memchr::memmem;

use super::parts::{JsonParts, whole};
use super::steps::PlaceSteps;

/// Whose answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KnownAnswer {
    /// A text of the OpenAI APIs: `"object": "chat.completion"`, `"text_completion"` and their chunks.
    Text,
    /// Their embeddings: `"object": "list"` with `data`.
    Embeddings,
    /// Of the Open Inference Protocol (KServe v2): `model_name` and `outputs`.
    Inference,
}

/// Ids, times and what the server says of its own work: OpenAI's, Groq's in `usage`, llama.cpp's `timings`, vLLM's `metrics`.
const OF_TEXT: [&str; 14] = [
    "/id",
    "/created",
    "/system_fingerprint",
    "/timings",
    "/metrics",
    "/x_groq",
    "/kv_transfer_params",
    "/usage/queue_time",
    "/usage/prompt_time",
    "/usage/completion_time",
    "/usage/total_time",
    "/usage/prompt_tokens_details",
    "/choices/*/message/tool_calls/*/id",
    "/choices/*/delta/tool_calls/*/id",
];
const OF_LIST: [&str; 2] = ["/id", "/created"];
const OF_INFERENCE: [&str; 1] = ["/id"];

static LEFT_OUT: LazyLock<[Vec<PlaceSteps>; 3]> = LazyLock::new(|| {
    let steps = |places: &[&str]| {
        places.iter().filter_map(|place| Some(PlaceSteps::new(&place.parse().ok()?))).collect()
    };
    [steps(&OF_TEXT), steps(&OF_LIST), steps(&OF_INFERENCE)]
});

impl KnownAnswer {
    /// Whose answer a canonical text is. Whatever has no such word in it is told in one look.
    pub(super) fn of(answer: &[u8]) -> Option<Self> {
        let has = |word: &str| memmem::find(answer, word.as_bytes()).is_some();
        if !has("\"object\":\"") && !has("\"outputs\":[") {
            return None;
        }
        let (mut object, mut model, mut lists) = (None, false, [false; 2]);
        for part in JsonParts::of(answer, &whole(answer)).filter(|_| answer.first() == Some(&b'{'))? {
            let value = &answer[part.value.clone()];
            match part.key(answer) {
                Some(b"\"object\"") => object = Some(value),
                Some(b"\"model_name\"") => model = true,
                Some(b"\"data\"") => lists[0] = value.first() == Some(&b'['),
                Some(b"\"outputs\"") => lists[1] = value.first() == Some(&b'['),
                _ => {}
            }
        }
        match object {
            Some(b"\"chat.completion\"" | b"\"chat.completion.chunk\"" | b"\"text_completion\"") => {
                Some(KnownAnswer::Text)
            }
            Some(b"\"list\"") if lists[0] => Some(KnownAnswer::Embeddings),
            _ => (model && lists[1]).then_some(KnownAnswer::Inference),
        }
    }

    /// In words.
    pub(super) fn api(self) -> &'static str {
        match self {
            KnownAnswer::Text => "OpenAI completions",
            KnownAnswer::Embeddings => "OpenAI embeddings",
            KnownAnswer::Inference => "Open Inference Protocol (KServe v2)",
        }
    }

    /// What is left out of it.
    pub(super) fn left_out(self) -> &'static [PlaceSteps] {
        &LEFT_OUT[self as usize]
    }
}
