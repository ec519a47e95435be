//! What it costs the recorder to digest an answer, on distinct documents of about 2 KB: text, and many keys and numbers.
//!
//! `cargo bench --bench answer_digest` prints nanoseconds a KB: of SHA-256 alone, of the canonical text, of both, and of
//! the same by way of a tree.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;

use serde_json::Value;
use spanload::host::Clock;
use spanload::model::{Canonical, Digest, mix};

const DOCUMENTS: u64 = 2_000;
const ROUNDS: usize = 15;
const KB: f64 = 1_024.0;

fn main() {
    for (name, document) in [("text", text as fn(u64) -> String), ("keys and numbers", figures)] {
        let documents: Vec<String> = (0..DOCUMENTS).map(document).collect();
        let bytes: usize = documents.iter().map(String::len).sum();
        println!("{name}: {DOCUMENTS} documents of {} bytes", bytes / documents.len());
        let mut canonical = Canonical::default();
        let cost = |what: &str, work: &mut dyn FnMut(&[u8]) -> usize| {
            let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| nanoseconds(&documents, work)).collect();
            rounds.sort_by(f64::total_cmp);
            let a_kb = |round: f64| round / (bytes as f64 / KB);
            println!("  {what:<24} {:>6.0} ns/KB, at best {:.0}", a_kb(rounds[ROUNDS / 2]), a_kb(rounds[0]));
        };
        let some = |digest: Digest| usize::from(digest.bytes()[0]);
        cost("SHA-256 alone", &mut |answer| some(Digest::of(answer)));
        cost("canonical text alone", &mut |answer| canonical.text(answer).map_or(0, <[u8]>::len));
        cost("digest of the answer", &mut |answer| some(Digest::of_answer(answer, &mut canonical)));
        cost("the same by a tree", &mut |answer| by_tree(answer).map_or(0, some));
    }
}

fn nanoseconds(documents: &[String], work: &mut dyn FnMut(&[u8]) -> usize) -> f64 {
    let clock = Clock::start();
    black_box(documents.iter().map(|document| work(black_box(document.as_bytes()))).sum::<usize>());
    clock.now().as_micros() as f64 * 1e3
}

/// The digest of the sorted value; numbers as they come.
fn by_tree(answer: &[u8]) -> Option<Digest> {
    let tree: BTreeMap<String, Value> = serde_json::from_slice(answer).ok()?;
    Some(Digest::of(serde_json::to_string(&tree).ok()?.as_bytes()))
}

/// As a model answers: few keys and a long text with an escape here and there.
fn text(seed: u64) -> String {
    let mut words = String::new();
    for at in 0..190 {
        let end = if at % 40 == 39 { "\\n" } else { " " };
        let _ = write!(words, "{:09x}{end}", mix(seed << 20 | at) & 0xf_ffff_ffff);
    }
    format!(r#"{{"model":"m","id":"{seed}","choices":[{{"text":"{words}","index":0}}],"created":{seed}}}"#)
}

/// As a classifier answers: scores by label, in no order.
fn figures(seed: u64) -> String {
    let member = |at: u64| {
        let draw = mix(seed << 20 | at);
        let label = draw & 0xffff_ffff;
        format!(r#""label_{label:08x}": {{"score": 0.{:06}, "rank": {}}}"#, draw % 1_000_000, draw >> 50)
    };
    format!("{{{}}}", (0..42).map(member).collect::<Vec<_>>().join(", "))
}
