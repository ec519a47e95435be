//! Whether answers got worse, told fairly: of servers with ids, with texts that vary, with numbers that are rounded otherwise.

use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::common;
use crate::common::page::Page;
use crate::common::run::Run;
use crate::common::wire::Server;

/// A server that answers as it is told: whether it is the after phase that asks, which keeps connections, the prompt, and a number
/// that counts the answers of each phase.
fn server(answer: impl Fn(bool, &str, u64) -> String + Send + Sync + 'static) -> Server {
    let counts = [AtomicU64::new(0), AtomicU64::new(0)];
    Server::start(move |_, mut peer| {
        while let Some(request) = peer.request() {
            let after = !request.has_header("connection: close");
            let nth = counts[usize::from(after)].fetch_add(1, Ordering::SeqCst);
            let prompt: Value = serde_json::from_str(&request.body).unwrap_or_default();
            peer.answer(&answer(after, &prompt.to_string(), nth));
        }
    })
}

fn prove(name: &str, server: &Server, settings: &[&str]) -> Run {
    let url = server.url();
    let mut flags = vec!["--target", &url, "--set", "after.batch=1", "-n", "40"];
    flags.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    Run::prove(name, &flags)
}

/// The verdict's code, the counts of equal and different answers, and whether the after phase is worse.
fn found(run: &Run) -> (i32, u64, u64, bool) {
    let quality = &run.results().comparison()["quality"];
    let count = |key: &str| quality[key].as_u64().unwrap_or_else(|| panic!("{key}: {quality}"));
    (run.code(), count("equal"), count("different"), quality["degraded"] == true)
}

/// A chat's answer, which has a fresh id and time each.
fn chat(text: &str, nth: u64) -> String {
    json!({"id": format!("chatcmpl-{nth}"), "object": "chat.completion", "created": 1_700_000_000 + nth,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"completion_tokens": 3, "total_time": nth as f64 * 0.1}})
    .to_string()
}

const THREE: &str = "runs.repetitions=3";

#[test]
fn fresh_ids_and_times_make_no_answer_another_one() {
    let server = server(|after, prompt, nth| chat(prompt, nth + 1_000_000 * u64::from(after)));
    let run = prove("quality_ids", &server, &[]);
    assert_eq!(found(&run), (0, 40, 0, false), "{}", run.stderr());
    let manifest = run.results().manifest();
    assert_eq!(
        (&manifest["answers_of"], &manifest["scenario"]["quality"]["ignore"]),
        (&json!("OpenAI completions"), &json!(["auto"]))
    );
    let page = Page::read(&run.results().path("report.html")).visible();
    assert!(page.contains("without the ids, times and the like of OpenAI completions"), "{page}");
    assert!(!run.results().text("answers.jsonl").contains("chatcmpl"));
    let strict = prove("quality_ids_strict", &server, &["quality.ignore=[]"]);
    assert_eq!(found(&strict), (99, 0, 40, true));
    let alone = ["quality.ignore=[]", "quality.content=[\"/choices/*/message/content\"]"];
    assert_eq!(found(&prove("quality_ids_content", &server, &alone)), (0, 40, 0, false));
}

#[test]
fn a_server_whose_answers_vary_is_its_own_yardstick() {
    let text = |prompt: &str, nth: u64, every: u64| {
        let unusual = if nth.is_multiple_of(every) { format!(" {nth}") } else { String::new() };
        chat(&format!("{prompt}{unusual}"), nth)
    };
    let alike = server(move |_, prompt, nth| text(prompt, nth, 10));
    let run = prove("quality_varies", &alike, &[THREE]);
    let (code, equal, different, degraded) = found(&run);
    assert_eq!((code, equal + different, degraded), (0, 120, false), "{}", run.stdout());
    assert!(different >= 8, "{different} of 120");
    assert_eq!(run.results().caveats(), ["answers_vary"]);
    assert!(!run.stdout().contains("temperature"), "{}", run.stdout());
    let worse = server(move |after, prompt, nth| text(prompt, nth, if after { 2 } else { 10 }));
    let run = prove("quality_worse", &worse, &[THREE]);
    assert!(matches!(found(&run), (99, _, _, true)), "{}", run.stdout());
    assert!(run.results().caveats().contains(&"answers_differ".to_string()));
    let yardstick = run.results().comparison()["quality"]["yardstick"].take();
    let share = |key: &str| yardstick[key].as_f64().expect("a share");
    assert!(share("before_share") < 0.35 && share("after_share") > 0.4, "{yardstick}");
    assert!(yardstick["chance95"][1].as_f64().is_some_and(|high| high < share("after_share")), "{yardstick}");
}

#[test]
fn what_differs_stands_side_by_side_and_no_question_has_two_answers() {
    let server = server(|after, prompt, _| {
        json!({"prompt": prompt, "label": if after { "<dog>" } else { "cat" }}).to_string()
    });
    let run = prove("quality_page", &server, &[]);
    assert_eq!(found(&run), (99, 0, 40, true));
    let page = Page::read(&run.results().path("report.html"));
    for mark in ["<mark>cat</mark>", "<mark>&lt;dog&gt;</mark>"] {
        assert_eq!(page.text().matches(mark).count(), 10, "{mark}");
    }
    let text = page.visible();
    assert!(text.contains("and both answers are in answers.jsonl: requests 10, 11, 12"), "{text}");
    let met = text
        .split("Was the SLA met?")
        .nth(1)
        .and_then(|rest| rest.split("Exit code").next())
        .expect("the answer");
    assert!(met.trim().starts_with("No. Every line is kept") && !met.contains("Yes"), "{met}");
}

#[test]
fn rounding_is_a_difference_in_numbers_and_can_be_allowed() {
    let score = |after| if after { 0.123_456_79 } else { 0.123_456_78 };
    let server =
        server(move |after, prompt, _| json!({"prompt": prompt, "scores": [1.0, score(after)]}).to_string());
    let run = prove("quality_numbers", &server, &[]);
    assert_eq!(found(&run), (99, 0, 40, true));
    let numeric = run.results().comparison()["quality"]["numeric"].take();
    let largest = numeric["largest"].as_f64().expect("a share");
    assert!((largest - 1e-8).abs() < 1e-10 && numeric["pairs"] == 40, "{numeric}");
    let said = run.results().comparison()["caveats"].to_string();
    assert!(said.contains("differ in numbers alone") && said.contains("quality.tolerance"), "{said}");
    assert_eq!(found(&prove("quality_tolerance", &server, &["quality.tolerance=1e-7"])), (0, 40, 0, false));
    assert_eq!(found(&prove("quality_cosine", &server, &["quality.cosine=0.9999"])), (0, 40, 0, false));
}

#[test]
fn embeddings_are_compared_by_their_cosine() {
    let list = |last: f64, nth: u64| {
        json!({"object": "list", "id": format!("embd-{nth}"), "data": [{"object": "embedding", "embedding": [0.5, -0.5, last]}]})
            .to_string()
    };
    let last = |after| if after { 0.250_01 } else { 0.25 };
    let near = server(move |after, _, nth| list(last(after), nth));
    let run = prove("quality_embeddings", &near, &[]);
    assert_eq!(found(&run), (0, 40, 0, false), "{}", run.stdout());
    let numeric = run.results().comparison()["quality"]["numeric"].take();
    assert!(
        numeric["least_cosine"].as_f64().is_some_and(|cosine| cosine > 0.999_9 && cosine < 1.0),
        "{numeric}"
    );
    let far = server(move |after, _, nth| list(if after { 0.4 } else { 0.25 }, nth));
    assert_eq!(found(&prove("quality_embeddings_far", &far, &[])), (99, 0, 40, true));
}

#[test]
fn a_stream_is_compared_by_what_it_says() {
    let event = |text: &str, id: u64| {
        let delta = json!({"id": id, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]});
        format!("data: {delta}\n\n")
    };
    let end =
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let server = server(move |after, prompt, nth| {
        let (head, tail) = prompt.split_at(if after { 1 } else { 2 });
        [event(head, nth), event(tail, nth), end.to_string()].concat()
    });
    let run = prove("quality_stream", &server, &[]);
    assert_eq!(found(&run), (0, 40, 0, false), "{}", run.stdout());
    assert_eq!(run.results().manifest()["answers_of"], "OpenAI streams");
}

#[test]
fn a_judge_decides_on_texts_and_its_words_are_kept() {
    let server = server(|after, prompt, _| {
        json!({"text": format!("{prompt}{}", if after { "!" } else { "" })}).to_string()
    });
    let says = |what: &str| format!("quality.command=[\"sh\", \"-c\", \"{what}\"]");
    let equal = says("while read pair; do echo 0.9; done");
    let run = prove("quality_judge", &server, &[&equal]);
    assert_eq!(found(&run), (0, 40, 0, false), "{}", run.stdout());
    let judged = run.results().text("judged.jsonl");
    assert_eq!(
        (judged.lines().count(), judged.contains("\"equal\":true,\"score\":0.9")),
        (40, true),
        "{judged}"
    );
    let written = run.results().text("comparison.json");
    let again =
        Command::new(common::EXE).arg("analyze").arg(&run.results().0).output().expect("the binary starts");
    assert_eq!((again.status.code(), run.results().text("comparison.json")), (Some(0), written));
    let different = says("while read pair; do echo '\\\"different\\\"'; done");
    assert_eq!(found(&prove("quality_judge_no", &server, &[&different])), (99, 0, 40, true));
    let silent = prove("quality_judge_ends", &server, &[&says("read pair; echo 1; echo why >&2")]);
    let (_, equal, different, _) = found(&silent);
    assert_eq!((equal, different), (1, 0), "of the others nothing is known");
    assert!(silent.results().caveats().contains(&"not_judged".to_string()));
    assert_eq!(silent.results().text("judge.log"), "why\n");
}
