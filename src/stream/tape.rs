//! Streams as servers send them, written anew: reads with their instants in milliseconds, and what they must give.

use super::*;
use crate::model::{Finish, StreamRecord, TokenCounts, TokenTimes};

/// Reads, each with its instant.
pub type Reads = Vec<(u64, String)>;

/// A chat's chunk with one choice.
pub fn chat(delta: &str) -> String {
    format!(
        "data: {{\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":\
         [{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":null}}],\"usage\":null}}\n\n"
    )
}

/// A chat's chunk with a content.
pub fn content(text: &str) -> String {
    chat(&format!(r#"{{"content":"{text}"}}"#))
}

/// Its last chunk.
pub fn finish(reason: &str) -> String {
    format!(
        "data: {{\"object\":\"chat.completion.chunk\",\"choices\":[{{\"index\":0,\"delta\":{{}},\
         \"finish_reason\":\"{reason}\"}}]}}\n\n"
    )
}

/// The chunk of `stream_options.include_usage`.
pub fn usage(input: u64, output: u64) -> String {
    format!(
        "data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":{input},\"completion_tokens\":{output},\
         \"total_tokens\":{},\"prompt_tokens_details\":{{\"cached_tokens\":4}}}}}}\n\n",
        input + output
    )
}

pub const DONE: &str = "data: [DONE]\n\n";

/// A stream and its record.
pub struct Take {
    pub name: &'static str,
    pub reads: Reads,
    pub record: StreamRecord,
    pub text: &'static str,
}

fn at(ms: u64) -> Option<Moment> {
    Some(Moment::from_micros(ms * 1_000))
}

fn millis(ms: f64) -> Option<crate::model::Micros> {
    Some(crate::model::Micros((ms * 1e3) as u64))
}

fn complete(gaps: &[u64]) -> StreamRecord {
    let mut record = StreamRecord { choices: 1, finish: Some(Finish::Stop), ..StreamRecord::default() };
    gaps.iter().for_each(|gap| record.gaps.record(crate::model::Micros(gap * 1_000)));
    (record.end, record.chunks) = (StreamEnd::Complete, gaps.len() as u64 + 1);
    record.instants = gaps.iter().filter(|gap| **gap > 0).count() as u64 + 1;
    record
}

/// The issue's own: 12 tokens in 4 chunks, 30 ms apart.
pub fn twelve_in_four() -> Take {
    let role = chat(r#"{"role":"assistant","content":""}"#);
    let mut reads: Reads = vec![(5, role)];
    reads.extend((0..4).map(|chunk| (100 + 30 * chunk, content("one two three "))));
    reads.push((191, [finish("stop"), usage(9, 12), DONE.into()].concat()));
    let record = StreamRecord {
        first_event: at(5),
        first_token: at(100),
        first_content: at(100),
        last_token: at(190),
        ended: at(191),
        events: 8,
        tokens: TokenCounts { input: Some(9), output: Some(12), cached: Some(4), reasoning: None },
        ..complete(&[30, 30, 30])
    };
    let text = "one two three one two three one two three one two three ";
    Take { name: "twelve tokens in four chunks", reads, record, text }
}

/// Azure: the filter's verdict on the prompt first, in a chunk whose choices are empty; no usage.
pub fn azure() -> Take {
    let filter = "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\
        \"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{\"hate\":{\"filtered\":false,\
        \"severity\":\"safe\"}}}]}\n\n";
    let text = |text: &str| {
        format!(
            "data: {{\"choices\":[{{\"content_filter_offsets\":{{\"check_offset\":1}},\"content_filter_results\":{{}},\
             \"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":null,\"index\":0,\"logprobs\":null}}],\
             \"object\":\"chat.completion.chunk\",\"obfuscation\":\"xx\"}}\n\n"
        )
    };
    let role = chat(r#"{"content":"","refusal":null,"role":"assistant"}"#);
    let reads = vec![
        (40, filter.into()),
        (210, role),
        (214, text("Gr\\u00fc")),
        (250, text("ße")),
        (260, finish("stop") + DONE),
    ];
    let record = StreamRecord {
        first_event: at(40),
        first_token: at(214),
        first_content: at(214),
        last_token: at(250),
        ended: at(260),
        events: 6,
        ..complete(&[36])
    };
    Take { name: "Azure with empty first choices", reads, record, text: "Grüße" }
}

/// DeepSeek: reasoning first, comments while it queues, usage in the last chunk.
pub fn deepseek() -> Take {
    let think = |text: &str| chat(&format!(r#"{{"content":null,"reasoning_content":"{text}"}}"#));
    let last = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\",\"reasoning_content\":null},\
        \"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":5,\"total_tokens\":25,\
        \"prompt_cache_hit_tokens\":16,\"prompt_cache_miss_tokens\":4,\"completion_tokens_details\":\
        {\"reasoning_tokens\":3}}}\n\n";
    let role = chat(r#"{"role":"assistant","content":null,"reasoning_content":""}"#);
    let reads = vec![
        (100, ": keep-alive\n\n".into()),
        (200, ": keep-alive\n\n".into()),
        (300, role),
        (310, think("hm")),
        (330, think(" so")),
        (350, content("4") + &content("2")),
        (360, [last, DONE].concat()),
    ];
    let record = StreamRecord {
        first_event: at(300),
        first_token: at(310),
        first_content: at(350),
        last_token: at(350),
        ended: at(360),
        events: 7,
        tokens: TokenCounts { input: Some(20), output: Some(5), cached: Some(16), reasoning: Some(3) },
        reasoned: true,
        ..complete(&[20, 20, 0])
    };
    Take { name: "DeepSeek with reasoning", reads, record, text: "42" }
}

/// llama.cpp's chat: the first read holds two events, the finish and the usage share one, the last comes in small pieces.
pub fn llama() -> Take {
    let last = "data: {\"choices\":[],\"created\":1,\"object\":\"chat.completion.chunk\",\"usage\":\
        {\"completion_tokens\":4,\"prompt_tokens\":11,\"total_tokens\":15,\"prompt_tokens_details\":\
        {\"cached_tokens\":3}},\"timings\":{\"cache_n\":3,\"prompt_n\":8,\"prompt_ms\":6.125,\"prompt_per_token_ms\":0.7,\
        \"predicted_n\":4,\"predicted_ms\":182.25,\"predicted_per_second\":21.9}}\n\n";
    let role = chat(r#"{"role":"assistant","content":null}"#);
    let reads = vec![
        (467, role + &content("Hi")),
        (490, content(" the")),
        (520, content("re")),
        (530, finish("length") + last),
        (531, "data: [DONE]".into()),
        (532, "\n".into()),
        (533, "\n".into()),
    ];
    let record = StreamRecord {
        first_event: at(467),
        first_token: at(467),
        first_content: at(467),
        last_token: at(520),
        ended: at(533),
        events: 7,
        tokens: TokenCounts { input: Some(11), output: Some(4), cached: Some(3), reasoning: None },
        finish: Some(Finish::Length),
        server: TokenTimes { queue: None, prefill: millis(6.125), decode: millis(182.25) },
        ..complete(&[23, 30])
    };
    Take { name: "llama.cpp with timings", reads, record, text: "Hi there" }
}

/// llama.cpp's completions: the finish event itself has usage and timings; nothing follows but `[DONE]`.
pub fn completions() -> Take {
    let text = |text: &str| {
        format!(
            "data: {{\"choices\":[{{\"text\":\"{text}\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}}],\
             \"object\":\"text_completion\"}}\r\n\r\n"
        )
    };
    let last = "data: {\"choices\":[{\"text\":\"\",\"index\":0,\"finish_reason\":\"stop\"}],\"usage\":\
        {\"completion_tokens\":3,\"prompt_tokens\":2},\"timings\":{\"prompt_ms\":1,\"predicted_ms\":2}}\r\n\r\n";
    let reads =
        vec![(10, text("a")), (20, text("b")), (30, last.into()), (31, "data: [DONE]\r\n\r\n".into())];
    let record = StreamRecord {
        first_event: at(10),
        first_token: at(10),
        first_content: at(10),
        last_token: at(20),
        ended: at(31),
        events: 4,
        tokens: TokenCounts { input: Some(2), output: Some(3), ..TokenCounts::default() },
        server: TokenTimes { queue: None, prefill: millis(1.0), decode: millis(2.0) },
        ..complete(&[10])
    };
    Take { name: "llama.cpp's completions", reads, record, text: "ab" }
}

/// vLLM: usage in every chunk, both names of reasoning, its metrics at the end; a character split over two reads.
pub fn vllm() -> Take {
    let chunk = |delta: &str, tokens: u64| {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":null}}],\"usage\":\
             {{\"prompt_tokens\":7,\"completion_tokens\":{tokens},\"total_tokens\":0}}}}\n\n"
        )
    };
    let last = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3},\"metrics\":\
        {\"time_to_first_token_ms\":20.5,\"generation_time_ms\":30,\"queue_time_ms\":50,\"mean_itl_ms\":15,\
        \"tokens_per_second\":60}}\n\n";
    let reads = vec![
        (70, chunk(r#"{"role":"assistant","content":""}"#, 0)),
        (71, chunk(r#"{"reasoning":"hm","reasoning_content":"hm"}"#, 1)),
        (91, chunk(r#"{"content":"🙂"}"#, 2)),
        (101, chunk(r#"{"content":"!"}"#, 3)),
        (102, [&finish("stop"), last, DONE].concat()),
    ];
    let record = StreamRecord {
        first_event: at(70),
        first_token: at(71),
        first_content: at(91),
        last_token: at(101),
        ended: at(102),
        events: 7,
        tokens: TokenCounts { input: Some(7), output: Some(3), ..TokenCounts::default() },
        reasoned: true,
        server: TokenTimes { queue: millis(50.0), prefill: millis(20.5), decode: millis(30.0) },
        ..complete(&[20, 10])
    };
    Take { name: "vLLM with usage in every chunk", reads, record, text: "🙂!" }
}

/// Tool calls: the name is the first token; arguments come piece by piece.
pub fn tools() -> Take {
    let call = |function: &str| chat(&format!(r#"{{"tool_calls":[{{"index":0,"function":{function}}}]}}"#));
    let reads = vec![
        (10, chat(r#"{"role":"assistant","content":null,"tool_calls":[]}"#)),
        (20, call(r#"{"name":"weather","arguments":""}"#)),
        (30, call(r#"{"arguments":""}"#)),
        (40, call(r#"{"arguments":"{\"at\":\"Ulm\"}"}"#)),
        (50, finish("tool_calls") + DONE),
    ];
    let record = StreamRecord {
        first_event: at(10),
        first_token: at(20),
        first_content: at(20),
        last_token: at(40),
        ended: at(50),
        events: 6,
        finish: Some(Finish::ToolCalls),
        ..complete(&[20])
    };
    Take { name: "tool calls", reads, record, text: "\nweather{\"at\":\"Ulm\"}" }
}

/// All of them.
pub fn all() -> [Take; 7] {
    [twelve_in_four(), azure(), deepseek(), llama(), completions(), vllm(), tools()]
}
