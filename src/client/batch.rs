//! Several requests in one call: puts their bodies together and takes the answer apart.

use bytes::{BufMut, Bytes, BytesMut};

use super::batch_items::items_of;

/// The keys of the lists in a batch's request and answer.
#[derive(Clone, Debug)]
pub struct BatchFormat {
    request_head: Vec<u8>,
    response_key: String,
}

impl BatchFormat {
    /// `{"<request_key>": [body, …]}` is answered with `{"<response_key>": [answer, …]}`.
    pub fn new(request_key: &str, response_key: &str) -> Self {
        let key = serde_json::Value::from(request_key);
        BatchFormat {
            request_head: format!("{{{key}:[").into_bytes(),
            response_key: response_key.to_string(),
        }
    }

    /// The body of a batch. Each part is copied as it is, so that the server sees the same bytes
    /// as in a call of its own.
    pub fn compose(&self, bodies: &[Bytes]) -> Bytes {
        let length: usize = bodies.iter().map(|body| body.len() + 1).sum();
        let mut batch = BytesMut::with_capacity(self.request_head.len() + length + 2);
        batch.put_slice(&self.request_head);
        for (index, body) in bodies.iter().enumerate() {
            if index > 0 {
                batch.put_u8(b',');
            }
            batch.put_slice(body);
        }
        batch.put_slice(b"]}");
        batch.freeze()
    }

    /// The answers to a batch of `size`, in order; `None` if the answer does not fit its batch.
    pub fn split(&self, answer: &Bytes, size: usize) -> Option<Vec<Bytes>> {
        let text = std::str::from_utf8(answer).ok()?;
        let list = items_of(text, &self.response_key, size)?;
        let answers = list.into_iter().map(|item| answer.slice_ref(item.as_bytes()));
        Some(answers.collect()).filter(|answers: &Vec<_>| answers.len() == size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_their_bytes() {
        let format = BatchFormat::new("inputs", "outputs");
        let bodies = [Bytes::from_static(b"{\"a\": 1}"), Bytes::from_static(b"[ ]")];
        assert_eq!(format.compose(&bodies), "{\"inputs\":[{\"a\": 1},[ ]]}");
        let answer = Bytes::from_static(b"{\"n\":2, \"outputs\": [ {\"x\": 1} , null]}");
        assert_eq!(format.split(&answer, 2), Some(vec!["{\"x\": 1}".into(), "null".into()]));
    }

    #[test]
    fn an_answer_that_does_not_fit_is_refused() {
        let format = BatchFormat::new("inputs", "outputs");
        for answer in [
            "{\"outputs\":[1]}",
            "{\"outputs\":7}",
            "{}",
            "[1,2]",
            "{\"outputs\":[1,2",
            "{\"outputs\":[1,2,3]}",
        ] {
            assert_eq!(format.split(&Bytes::from(answer), 2), None, "{answer}");
        }
    }
}
