//! What a token of a stream costs the client between its read and its record: parsing alone, without the network.
//!
//! `cargo bench --bench token_cost` prints nanoseconds a token for chunks as servers send them, and fails above the aim.

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::ExitCode;

use spanload::host::cpu;
use spanload::model::{Moment, StreamEnd};
use spanload::stream::{StreamLimits, TokenStream};

const TOKENS: u64 = 500;
const STREAMS: u64 = 200;
const ROUNDS: usize = 15;
/// The aim, in nanoseconds a token.
const AIM: f64 = 3_000.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let count = arguments.iter().position(|argument| argument == "count");
    if let Some(streams) = count.and_then(|at| arguments.get(at + 1)?.parse().ok()) {
        read(&[reads(plain, 1)], streams);
        return ExitCode::SUCCESS;
    }
    let mut worst: f64 = 0.0;
    for (name, chunk, events) in [
        ("a chunk a read", plain as fn(u64) -> String, 1),
        ("eight chunks a read", plain, 8),
        ("usage in every chunk, escapes", full, 1),
        ("reads that end within events", plain, 0),
    ] {
        let stream = [reads(chunk, events)];
        let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| nanoseconds(&stream)).collect();
        rounds.sort_by(f64::total_cmp);
        println!("{name:<32} {:>6.0} ns/token, at best {:.0}", rounds[ROUNDS / 2], rounds[0]);
        worst = worst.max(rounds[ROUNDS / 2]);
    }
    println!("aim: at most {AIM} ns/token");
    if worst <= AIM { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Of processor time, which other work on the machine changes less than it does the wall's.
fn nanoseconds(stream: &[Vec<Vec<u8>>]) -> f64 {
    let taken = || cpu::of_thread().unwrap_or_default();
    let before = taken();
    read(stream, STREAMS);
    taken().0.saturating_sub(before.0) as f64 * 1e3 / (STREAMS * TOKENS) as f64
}

fn read(stream: &[Vec<Vec<u8>>], times: u64) {
    for reads in stream.iter().cycle().take(times as usize) {
        let mut tokens = TokenStream::new(Some("text/event-stream"), StreamLimits::default());
        for (at, read) in (1..).zip(reads) {
            tokens.chunk(Moment::from_micros(at * 20_000), black_box(read));
        }
        let streamed = black_box(tokens.finish());
        assert_eq!((streamed.record.end, streamed.record.chunks), (StreamEnd::Complete, TOKENS));
    }
}

/// A stream's reads, of so many events each; of none, pieces of a fixed length.
fn reads(chunk: fn(u64) -> String, events: usize) -> Vec<Vec<u8>> {
    let chunks: Vec<String> = (0..TOKENS).map(chunk).collect();
    let mut reads: Vec<Vec<u8>> = match events {
        0 => chunks.concat().into_bytes().chunks(100).map(<[u8]>::to_vec).collect(),
        events => chunks.chunks(events).map(|chunks| chunks.concat().into_bytes()).collect(),
    };
    reads.push(b"data: [DONE]\n\n".to_vec());
    reads
}

fn plain(token: u64) -> String {
    event(&format!(" word{token}"), "null")
}

fn full(token: u64) -> String {
    let usage = format!(
        "{{\"prompt_tokens\":120,\"completion_tokens\":{},\"total_tokens\":{},\"prompt_tokens_details\":\
         {{\"cached_tokens\":64}}}}",
        token + 1,
        token + 121
    );
    event(" \\\"q\\u00e9\\n", &usage)
}

fn event(text: &str, usage: &str) -> String {
    let mut event = String::new();
    let _ = write!(
        event,
        "data: {{\"id\":\"chatcmpl-0b5c1f0e9a2d4b7f\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\
         \"model\":\"meta/llama-3-8b-instruct\",\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":[{{\"index\":0,\
         \"delta\":{{\"content\":\"{text}\"}},\"logprobs\":null,\"finish_reason\":null}}],\"usage\":{usage}}}\n\n"
    );
    event
}
