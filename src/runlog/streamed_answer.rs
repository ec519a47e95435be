//! What a stream of events says, as one document: how it was cut into events and when they came is no part of the answer.

use crate::model::{Finish, Moment, StreamEnd};
use crate::stream::{StreamLimits, TokenStream};

/// Whose streams these are.
pub(super) const API: &str = "OpenAI streams";

/// The texts of a complete stream of the OpenAI APIs as JSON; `None` if it is anything else.
pub(super) fn document(answer: &[u8]) -> Option<Vec<u8>> {
    let begins = answer.trim_ascii_start();
    if ![&b"data:"[..], b"event:", b"id:", b":"].iter().any(|field| begins.starts_with(field)) {
        return None;
    }
    let mut stream = TokenStream::new(None, StreamLimits::default());
    stream.chunk(Moment::START, answer);
    let streamed = stream.finish();
    let (record, texts) = (streamed.record, streamed.texts?);
    let finish = record.finish.map(Finish::name);
    (record.end == StreamEnd::Complete)
        .then(|| serde_json::json!({ "finish": finish, "texts": texts }).to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(answer: &str) -> Option<String> {
        document(answer.as_bytes()).map(|text| String::from_utf8(text).expect("text"))
    }

    #[test]
    fn a_stream_is_what_it_says_however_it_is_cut() {
        let chunk = |id: u32, text: &str| {
            format!(
                "data: {{\"id\":\"{id}\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n"
            )
        };
        let end =
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        let (one, other) = ([chunk(1, "He"), chunk(1, "llo"), end.into()], [chunk(2, "Hello"), end.into()]);
        let expected = r#"{"finish":"stop","texts":["Hello"]}"#;
        assert_eq!(
            [said(&one.concat()), said(&other.concat())],
            [(); 2].map(|()| Some(expected.to_string()))
        );
        assert_eq!([said(&one[..2].concat()), said("data: x\n\n"), said("{}")], [None, None, None]);
    }
}
