//! The head of an answer whose headers a library has understood.

use hyper::header::{CONTENT_ENCODING, HeaderMap};

use super::{Aside, ContentCoding, Head, ServerHeaders};
use crate::model::ErrorKind;

/// What there is to know of it.
pub(super) fn answer_head(status: u16, headers: &HeaderMap, names: &ServerHeaders) -> Head {
    let codings = headers.get_all(CONTENT_ENCODING).iter();
    let coding = codings.fold(ContentCoding::default(), |coding, value| coding.and(value.as_bytes()));
    let mut head = Head { status, coding, ..Head::default() };
    add_times(headers, names, &mut head);
    if ErrorKind::from_status(status).is_some() {
        head.aside = Aside::of(headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
    }
    head
}

/// Adds what headers or trailers say of the server's time.
pub(super) fn add_times(headers: &HeaderMap, names: &ServerHeaders, head: &mut Head) {
    for (name, value) in headers {
        names.add(name.as_str(), value.as_bytes(), head);
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderValue, LOCATION};

    use super::*;
    use crate::model::TimeSources;

    #[test]
    fn what_is_no_success_says_where_it_leads() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(LOCATION, HeaderValue::from_static("/x"));
        let names = ServerHeaders::new(&TimeSources::default());
        let head = answer_head(302, &headers, &names);
        assert_eq!(head.coding, ContentCoding::Gzip);
        assert_eq!(head.aside.and_then(|aside| aside.location), Some("/x".into()));
        assert_eq!(answer_head(200, &headers, &names).aside, None);
    }
}
