//! Streams of many servers, whole and broken, on every split of their bytes.

#[path = "tape.rs"]
mod tape;

use super::super::WholeAnswer;
use super::*;
use crate::model::{Finish, GapUnit, Micros, TokenCounts};
use tape::{DONE, Reads, chat, content, finish, usage};

/// What is made of reads, each at its instant in milliseconds.
fn streamed<'a>(reads: impl IntoIterator<Item = (u64, &'a [u8])>) -> Streamed {
    let mut stream = TokenStream::new(Some("text/event-stream; charset=utf-8"), StreamLimits::default());
    for (ms, read) in reads {
        stream.chunk(Moment::from_micros(ms * 1_000), read);
    }
    stream.finish()
}

/// Of texts that come 10 ms apart.
fn of(texts: &[&str]) -> Streamed {
    streamed((1..).map(|read| read * 10).zip(texts.iter().map(|text| text.as_bytes())))
}

fn whole(reads: &Reads) -> impl Iterator<Item = (u64, &[u8])> {
    reads.iter().map(|(ms, text)| (*ms, text.as_bytes()))
}

#[test]
fn the_tape_gives_its_records() {
    for take in tape::all() {
        let found = streamed(whole(&take.reads));
        assert_eq!(found.record, take.record, "{}", take.name);
        assert_eq!(found.texts, Some(vec![take.text.to_owned()]), "{}", take.name);
    }
}

#[test]
fn on_every_split_of_the_bytes_it_is_the_same_record() {
    for take in tape::all() {
        let expected = streamed(whole(&take.reads));
        let bytes = whole(&take.reads).flat_map(|(ms, read)| read.chunks(1).map(move |byte| (ms, byte)));
        assert_eq!(streamed(bytes), expected, "{}, byte by byte", take.name);
        for at in 1..take.reads.iter().map(|(_, text)| text.len()).max().unwrap_or(0) {
            let halves = whole(&take.reads).flat_map(|(ms, read)| {
                let (head, tail) = read.split_at(at.min(read.len()));
                [(ms, head), (ms, tail)]
            });
            assert_eq!(streamed(halves), expected, "{} at {at}", take.name);
        }
    }
}

#[test]
fn twelve_tokens_in_four_chunks_are_as_computed_by_hand() {
    let record = streamed(whole(&tape::twelve_in_four().reads)).record;
    assert_eq!(record.ttft(Moment::START), Some(Micros(100_000)));
    assert_eq!(record.tpot(), Some(Micros(8_182)));
    assert_eq!((record.gaps.percentile(500), record.gap_unit()), (Some(Micros(30_000)), GapUnit::Chunk));
}

#[test]
fn a_chunk_a_token_is_itl_by_usage() {
    let record = streamed(whole(&tape::vllm().reads)).record;
    assert_eq!((record.gap_unit(), record.tpot()), (GapUnit::Token, Some(Micros(15_000))));
    let llama = streamed(whole(&tape::llama().reads)).record;
    assert_eq!(llama.gap_unit(), GapUnit::Chunk);
}

#[test]
fn a_stream_without_a_token_has_no_time_to_first_token() {
    let role = chat(r#"{"role":"assistant","content":null}"#);
    let empty =
        [chat(r#"{"content":""}"#), chat(r#"{"content":[]}"#), chat(r#"{"tool_calls":[{"index":0}]}"#)]
            .concat();
    let null = "data: {\"choices\":null,\"usage\":null}\n\n";
    for texts in [&[DONE][..], &[&role, &empty, &finish("stop"), DONE], &[null, DONE], &[&finish("length")]] {
        let record = of(texts).record;
        assert_eq!((record.end, record.ttft(Moment::START)), (StreamEnd::NoToken, None), "{texts:?}");
        assert!(record.first_event.is_some());
    }
}

#[test]
fn an_early_end_is_truncated_however_much_came() {
    for texts in [&[][..], &[""], &[&content("a")], &[&content("a"), &usage(1, 1)], &[": hello\n\n"]] {
        assert_eq!(of(texts).record.end, StreamEnd::Truncated, "{texts:?}");
    }
    let record = of(&[&content("a"), "data: {\"choi"]).record;
    assert_eq!((record.end, record.chunks, record.half_event), (StreamEnd::HalfEvent, 1, true));
}

#[test]
fn either_end_completes_a_stream() {
    let record = of(&[&content("a"), &finish("stop")]).record;
    assert_eq!((record.end, record.ended), (StreamEnd::Complete, Some(Moment::from_micros(20_000))));
    assert_eq!(of(&[&content("a"), DONE]).record.end, StreamEnd::Complete);
    let half = of(&[&content("a"), &finish("stop"), "data: [DONE]\n"]).record;
    assert_eq!((half.end, half.half_event), (StreamEnd::Complete, true));
}

#[test]
fn after_done_nothing_is_waited_for_or_read() {
    let mut stream = TokenStream::new(None, StreamLimits { event: 1_000, text: 100 });
    stream.chunk(Moment::START, (content("a") + &finish("stop")).as_bytes());
    assert!(!stream.is_over());
    let junk = [DONE, &content("b"), "event: error\ndata: x\n\n", &"y".repeat(2_000)].concat();
    stream.chunk(Moment::from_micros(7), junk.as_bytes());
    assert!(stream.is_over());
    stream.chunk(Moment::from_micros(9), content("c").as_bytes());
    let found = stream.finish();
    assert_eq!((found.record.end, found.record.half_event), (StreamEnd::Complete, false));
    assert_eq!((found.record.chunks, found.record.ended), (1, Some(Moment::from_micros(7))));
    assert_eq!(found.texts, Some(vec!["a".into()]));
}

#[test]
fn half_an_event_after_done_is_none() {
    let found = of(&[&content("a"), &[DONE, "data: x"].concat()]);
    assert_eq!((found.record.end, found.record.half_event), (StreamEnd::Complete, false));
}

#[test]
fn an_error_after_200_is_a_failure_though_the_stream_ends_well() {
    let error = "data: {\"error\":{\"message\":\"out of memory\",\"code\":500}}\n\n";
    for error in [
        error,
        "event: error\ndata: out of memory\n\n",
        "data: {\"error\":\"out of memory\"}\n\n",
        "data: {\"object\":\"error\",\"message\":\"out of memory\",\"code\":400}\n\n",
    ] {
        let found = of(&[&content("a"), error, &finish("stop"), DONE]);
        assert_eq!((found.record.end, found.record.chunks), (StreamEnd::ErrorEvent, 1), "{error}");
        assert!(found.error.is_some_and(|said| said.contains("out of memory")), "{error}");
    }
    assert_eq!(of(&[&content("a"), &finish("abort"), DONE]).record.end, StreamEnd::ErrorEvent);
    assert_eq!(of(&["data: hello\n\n", error, DONE]).record.end, StreamEnd::ErrorEvent, "told before seen");
    let none = content("a").replace("\"usage\":null", "\"error\":null");
    assert_eq!(of(&[&none, DONE]).record.end, StreamEnd::Complete);
}

#[test]
fn what_is_no_stream_is_called_so() {
    let document = r#"{"object":"chat.completion","choices":[{"index":0,"message":{"content":"a"}}]}"#;
    assert_eq!(of(&["\n ", document]).record.end, StreamEnd::NotAStream);
    assert_eq!(of(&["\n ", document]).record, of(&[&format!("\n {document}")]).record);
    for (kind, is_stream) in [
        (Some("application/json"), false),
        (Some("text/html"), false),
        (Some("Text/Event-Stream ;charset=utf-8"), true),
        (None, true),
    ] {
        let mut stream = TokenStream::new(kind, StreamLimits::default());
        stream.chunk(Moment::START, (content("a") + DONE).as_bytes());
        let expected = if is_stream { StreamEnd::Complete } else { StreamEnd::NotAStream };
        assert_eq!(stream.finish().record.end, expected, "{kind:?}");
    }
}

#[test]
fn an_event_that_is_no_chunk_is_bad_and_the_rest_is_read() {
    for bad in [
        "data: {\"choices\":\n\n",
        "data: 5\n\n",
        "data: {\"choices\":[{\"delta\":\"x\"}]}\n\n",
        "data: hello\n\n",
    ] {
        let record = of(&[bad, &content("a"), DONE]).record;
        assert_eq!((record.end, record.chunks), (StreamEnd::BadEvent, 1), "{bad}");
    }
    // An empty one keeps the stream alive.
    assert_eq!(
        of(&["data:\n\n", "event: ping\ndata: {}\n\n", &content("a"), DONE]).record.end,
        StreamEnd::Complete
    );
}

#[test]
fn what_is_no_utf_8_is_replaced() {
    let bytes = content("a?b").into_bytes().into_iter().map(|byte| if byte == b'?' { 0xFF } else { byte });
    let bytes: Vec<u8> = bytes.chain(DONE.bytes()).collect();
    let found = streamed([(1, &bytes[..])]);
    assert_eq!((found.record.end, found.texts), (StreamEnd::Complete, Some(vec!["a\u{fffd}b".into()])));
}

#[test]
fn a_wrong_type_makes_no_stream_unreadable() {
    let parts = chat(r#"{"content":[{"type":"text","text":"a"}]}"#);
    let odd = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":null,\"completion_tokens\":-1},\
        \"timings\":{\"cache_n\":-1,\"prompt_ms\":null}}\n\n";
    let found = of(&[&parts, odd, DONE]);
    assert_eq!((found.record.end, found.record.tokens), (StreamEnd::Complete, TokenCounts::default()));
    assert_eq!((found.record.chunks, found.texts), (1, None));
}

#[test]
fn an_event_past_the_limit_is_one_word() {
    let mut stream = TokenStream::new(None, StreamLimits { event: 1_000, text: 100 });
    stream.chunk(Moment::START, content("a").as_bytes());
    for _ in 0..100 {
        stream.chunk(Moment::START, &[b'x'; 100]);
    }
    assert!(stream.is_over());
    let record = stream.finish().record;
    assert_eq!((record.end, record.chunks), (StreamEnd::EventTooLarge, 1));
}

#[test]
fn several_choices_are_complete_with_the_last_of_them() {
    let choice = |index: u32, delta: &str, reason: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":{index},\"delta\":{delta},\"finish_reason\":{reason}}}]}}\n\n"
        )
    };
    let [one, two] = [1, 0].map(|index| choice(index, &format!("{{\"content\":\"{index}\"}}"), "null"));
    let [first, second] = [choice(0, "{}", "\"stop\""), choice(1, "{}", "\"length\"")];
    assert_eq!(of(&[&one, &two, &first]).record.end, StreamEnd::Truncated);
    let found = of(&[&one, &two, &first, &second, &usage(5, 8)]);
    assert_eq!((found.record.end, found.record.choices), (StreamEnd::Complete, 2));
    assert_eq!((found.record.tpot(), found.record.gaps.count()), (None, 0));
    assert_eq!(found.record.finish, Some(Finish::Length));
    assert_eq!(found.texts, Some(vec!["0".into(), "1".into()]));
}

#[test]
fn usage_that_contradicts_the_events_is_flagged_and_no_failure() {
    let texts = [content("a"), content("b"), finish("stop")];
    let found = |usages: &[(u64, u64)]| {
        let usages = usages.iter().map(|(input, output)| usage(*input, *output)).collect::<String>();
        of(&[&texts.concat(), &usages, DONE]).record
    };
    for (usages, contradiction) in
        [(&[(9, 2)][..], false), (&[(9, 1)], true), (&[(9, 5), (9, 4)], true), (&[(3, 2)], true)]
    {
        let record = found(usages);
        assert_eq!((record.end, record.contradiction), (StreamEnd::Complete, contradiction), "{usages:?}");
    }
}

#[test]
fn counts_stand_in_many_places() {
    let counted = |member: &str| of(&[&content("a"), &format!("data: {{{member}}}\n\n"), DONE]).record.tokens;
    let timings = counted(r#""timings":{"cache_n":3,"prompt_n":8,"predicted_n":4}"#);
    let all = TokenCounts { input: Some(11), output: Some(4), cached: Some(3), reasoning: None };
    assert_eq!(timings, all);
    let both = r#""timings":{"cache_n":3,"prompt_n":8},"usage":{"prompt_tokens":12}"#;
    assert_eq!(counted(both), TokenCounts { input: Some(12), output: None, ..all });
    let sglang = counted(r#""choices":[],"usage":{"completion_tokens":9,"reasoning_tokens":5}"#);
    assert_eq!((sglang.output, sglang.reasoning), (Some(9), Some(5)));
}

#[test]
fn refusals_and_calls_of_the_old_form_are_content() {
    for (delta, text) in [
        (r#"{"refusal":"no"}"#, "no"),
        (r#"{"function_call":{"name":"f"}}"#, "\nf"),
        (r#"{"function_call":{"arguments":"{}"}}"#, "{}"),
    ] {
        let found = of(&[&chat(delta), DONE]);
        assert_eq!((found.record.chunks, found.record.reasoned), (1, false), "{delta}");
        assert_eq!(
            (found.record.end, found.texts),
            (StreamEnd::Complete, Some(vec![text.into()])),
            "{delta}"
        );
        assert_eq!(found.record.first_content, found.record.first_token);
    }
}

#[test]
fn text_past_its_room_is_given_up_and_the_stream_is_not() {
    let mut stream = TokenStream::new(None, StreamLimits { event: 1_000, text: 3 });
    stream
        .chunk(Moment::START, [content("ab"), content("cd"), content("e"), DONE.into()].concat().as_bytes());
    let found = stream.finish();
    assert_eq!((found.record.end, found.record.chunks, found.texts), (StreamEnd::Complete, 3, None));
}

#[test]
fn a_whole_answer_has_the_same_counts() {
    let document =
        br#"{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi",
        "refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2}}"#;
    let answer = WholeAnswer::read(document, 100).expect("an answer");
    assert_eq!((answer.tokens.output, answer.finish), (Some(2), Some(Finish::Stop)));
    assert_eq!(answer.texts, Some(vec!["Hi".into()]));
    let completion = br#"{"choices":[{"text":"ab","index":0,"finish_reason":"length"}]}"#;
    assert_eq!(WholeAnswer::read(completion, 100).and_then(|answer| answer.texts), Some(vec!["ab".into()]));
    for none in [&br#"{"error":"x","choices":[{}]}"#[..], b"[]", b"{}", b"data: x"] {
        assert_eq!(WholeAnswer::read(none, 100), None);
    }
}
