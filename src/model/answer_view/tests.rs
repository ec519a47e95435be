//! What is compared of answers.

use super::*;
use crate::model::Canonical;

fn pointers(texts: &[&str]) -> Vec<JsonPointer> {
    texts.iter().map(|text| text.parse().expect("a pointer")).collect()
}

/// What is compared of an answer, as text.
fn seen(view: &AnswerView, answer: &str) -> String {
    let mut canonical = Canonical::default();
    let text = canonical.text(answer.as_bytes()).expect("JSON");
    String::from_utf8(view.of(text).unwrap_or_else(|| text.to_vec())).expect("text")
}

#[test]
fn values_are_left_out_wherever_a_pointer_leads() {
    let answer = r#"{"b": [{"id": 1, "t": "x\"]}"}, {"id": [{}]}], "a": {"id": 2, "é/~": 3, "c": null}, "id": {"x": [[]]}}"#;
    let without = |ignore: &[&str]| seen(&AnswerView::new(false, &pointers(ignore), &[]), answer);
    assert_eq!(
        without(&["/id"]),
        r#"{"a":{"c":null,"id":2,"é/~":3},"b":[{"id":1,"t":"x\"]}"},{"id":[{}]}]}"#
    );
    assert_eq!(without(&["/b", "/a/c", "/a/é~1~0", "/a/id"]), r#"{"a":{},"id":{"x":[[]]}}"#);
    assert_eq!(without(&["/b/*/id", "/a"]), r#"{"b":[{"t":"x\"]}"},{}],"id":{"x":[[]]}}"#);
    assert_eq!(without(&["/b/0", "/id/x/0", "/a"]), r#"{"b":[{"id":[{}]}],"id":{"x":[]}}"#);
    assert_eq!(
        without(&["/b/*", "/a/*", "/id/x/*/0"]),
        r#"{"a":{"c":null,"id":2,"é/~":3},"b":[],"id":{"x":[[]]}}"#
    );
    let whole = without(&[]);
    assert_eq!(without(&["/none", "/b/7", "/a/id/deeper", "/id/x/0/0"]), whole);
}

#[test]
fn the_content_alone_is_compared_where_there_is_any() {
    let view = AnswerView::new(false, &pointers(&["/n"]), &pointers(&["/choices/*/text", "/label"]));
    let of = |answer: &str| seen(&view, answer);
    let expected = r#"{"/choices/*/text":["x",["y"]],"/label":[]}"#;
    assert_eq!(of(r#"{"id":7,"choices":[{"text":"x"},{"a":1},{"text":["y"]}]}"#), expected);
    assert_eq!(of(r#"{"n":1,"error":"none of it"}"#), r#"{"error":"none of it"}"#);
    assert_eq!(of("[1]"), "[1]");
}

#[test]
fn answers_of_known_apis_are_compared_without_their_ids_and_times() {
    let view = AnswerView::new(true, &[], &[]);
    let chat = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","system_fingerprint":"f",
        "choices":[{"index":0,"message":{"content":"hi","tool_calls":[{"id":"call_1","type":"function"}]}}],
        "usage":{"total_tokens":3,"queue_time":0.1,"total_time":2.5},"timings":{"prompt_ms":1}}"#;
    let expected = r#"{"choices":[{"index":0,"message":{"content":"hi","tool_calls":[{"type":"function"}]}}],"model":"m","object":"chat.completion","usage":{"total_tokens":3}}"#;
    assert_eq!(seen(&view, chat), expected);
    let kserve = r#"{"model_name":"m","id":"a","outputs":[{"name":"y","data":[1.5]}]}"#;
    assert_eq!(seen(&view, kserve), r#"{"model_name":"m","outputs":[{"data":[1.5],"name":"y"}]}"#);
    let list = r#"{"object":"list","data":[{"object":"embedding","embedding":[1]}],"id":"x","created":3}"#;
    assert_eq!(seen(&view, list), r#"{"data":[{"embedding":[1],"object":"embedding"}],"object":"list"}"#);
    let others = [
        r#"{"id":1,"object":"batch"}"#,
        r#"{"id":1,"outputs":[1]}"#,
        r#"{"id":1,"inner":{"object":"chat.completion"}}"#,
        r#"[{"id":1,"object":"chat.completion"}]"#,
        r#"{"id":1,"model_name":"m","outputs":3}"#,
    ];
    for other in others {
        assert_eq!(seen(&view, other), other, "another API's id may mean something");
    }
    let nothing = AnswerView::new(false, &[], &[]);
    assert!(seen(&nothing, chat).contains("chatcmpl-1"));
}
