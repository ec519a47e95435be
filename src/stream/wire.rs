//! What servers of the OpenAI APIs send, as far as it is read: chunks of a stream, and whole answers. Texts are borrowed.
//!
//! Chat completions and completions differ in where the text is, and each has its own place; so one type reads both.

use serde::Deserialize;

use super::few::Few;
use super::lenient::{Lenient, says_something, text};
use crate::model::{Micros, TokenCounts, TokenTimes};

/// A chunk, or an answer that is one document.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct WireChunk<'a> {
    /// `"error"` where an old vLLM reports one.
    object: Lenient<'a>,
    error: Lenient<'a>,
    choices: Option<Few<WireChoice<'a>>>,
    usage: Option<WireUsage>,
    timings: Option<WireTimings>,
    metrics: Option<WireMetrics>,
}

/// One of the answers to a request.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct WireChoice<'a> {
    pub index: Option<u64>,
    pub finish_reason: Lenient<'a>,
    /// Of a completion.
    pub text: Lenient<'a>,
    /// Of a chat's chunk.
    delta: Option<WireDelta<'a>>,
    /// Of a chat's whole answer.
    message: Option<WireDelta<'a>>,
}

/// What a chat says.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct WireDelta<'a> {
    pub content: Lenient<'a>,
    pub refusal: Lenient<'a>,
    /// Some servers send the same under both names.
    reasoning_content: Lenient<'a>,
    reasoning: Lenient<'a>,
    tool_calls: Option<Few<WireCall<'a>>>,
    /// What tool calls were called before.
    function_call: Option<WireFunction<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct WireCall<'a> {
    function: Option<WireFunction<'a>>,
}

/// A call's name comes first, then its arguments piece by piece.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct WireFunction<'a> {
    pub name: Lenient<'a>,
    pub arguments: Lenient<'a>,
}

/// Counts are read as any number, so that `-1` for *unknown* is no error.
#[derive(Debug, Deserialize)]
struct WireUsage {
    prompt_tokens: Option<f64>,
    completion_tokens: Option<f64>,
    prompt_tokens_details: Option<WireDetails>,
    completion_tokens_details: Option<WireDetails>,
    /// DeepSeek's place.
    prompt_cache_hit_tokens: Option<f64>,
    /// SGLang's place.
    reasoning_tokens: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct WireDetails {
    cached_tokens: Option<f64>,
    reasoning_tokens: Option<f64>,
}

/// llama.cpp's; `prompt_n` are the tokens that were processed, and those that were cached come on top.
#[derive(Debug, Deserialize)]
struct WireTimings {
    cache_n: Option<f64>,
    prompt_n: Option<f64>,
    prompt_ms: Option<f64>,
    predicted_n: Option<f64>,
    predicted_ms: Option<f64>,
}

/// vLLM's; the time to first token counts from when the request was scheduled.
#[derive(Debug, Deserialize)]
struct WireMetrics {
    queue_time_ms: Option<f64>,
    time_to_first_token_ms: Option<f64>,
    generation_time_ms: Option<f64>,
}

impl<'a> WireChoice<'a> {
    /// What a chat says.
    pub fn said(&self) -> Option<&WireDelta<'a>> {
        self.delta.as_ref().or(self.message.as_ref())
    }
}

impl<'a> WireDelta<'a> {
    /// Whether it has a part of the answer; the role alone is none.
    pub fn answers(&self) -> bool {
        let said = says_something(self.content) || says_something(self.refusal);
        said || self.calls().any(|call| says_something(call.name) || says_something(call.arguments))
    }

    /// Whether it has something that the model thinks before it answers.
    pub fn reasons(&self) -> bool {
        says_something(self.reasoning_content) || says_something(self.reasoning)
    }

    /// What it calls.
    pub fn calls(&self) -> impl Iterator<Item = &WireFunction<'a>> {
        let calls =
            self.tool_calls.iter().flat_map(|calls| &calls.0).filter_map(|call| call.function.as_ref());
        calls.chain(&self.function_call)
    }
}

impl WireUsage {
    fn counts(&self) -> TokenCounts {
        let [prompt, answer] = [&self.prompt_tokens_details, &self.completion_tokens_details];
        let cached = prompt.as_ref().and_then(|details| details.cached_tokens);
        let reasoning = answer.as_ref().and_then(|details| details.reasoning_tokens);
        TokenCounts {
            input: count(self.prompt_tokens),
            output: count(self.completion_tokens),
            cached: count(cached.or(self.prompt_cache_hit_tokens)),
            reasoning: count(reasoning.or(self.reasoning_tokens)),
        }
    }
}

impl WireTimings {
    fn counts(&self) -> TokenCounts {
        let cached = count(self.cache_n);
        let input = count(self.prompt_n).map(|processed| processed + cached.unwrap_or(0));
        TokenCounts { input, output: count(self.predicted_n), cached, reasoning: None }
    }
}

impl<'a> WireChunk<'a> {
    /// What each of the answers brings.
    pub fn choices(&self) -> impl Iterator<Item = &WireChoice<'a>> {
        self.choices.iter().flat_map(|choices| &choices.0)
    }

    /// Whether it says that the request failed.
    pub fn is_error(&self) -> bool {
        self.error.is_some() || text(self.object).is_some_and(|object| object == "error")
    }

    /// The tokens that it counts: by usage; what that leaves out, by llama.cpp's timings.
    pub fn counts(&self) -> TokenCounts {
        let mut counts = self.timings.as_ref().map(WireTimings::counts).unwrap_or_default();
        counts.update(self.usage.as_ref().map(WireUsage::counts).unwrap_or_default());
        counts
    }

    /// What the server says of its time.
    pub fn times(&self) -> Option<TokenTimes> {
        let times = |[queue, prefill, decode]: [Option<f64>; 3]| TokenTimes {
            queue: millis(queue),
            prefill: millis(prefill),
            decode: millis(decode),
        };
        let timings = self.timings.as_ref().map(|said| [None, said.prompt_ms, said.predicted_ms]);
        let metrics =
            |said: &WireMetrics| [said.queue_time_ms, said.time_to_first_token_ms, said.generation_time_ms];
        self.metrics.as_ref().map(metrics).or(timings).map(times)
    }
}

fn count(number: Option<f64>) -> Option<u64> {
    number.filter(|number| *number >= 0.0).map(|number| number as u64)
}

fn millis(number: Option<f64>) -> Option<Micros> {
    count(number.map(|number| (number * 1e3).round())).map(Micros)
}
