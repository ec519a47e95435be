//! The query of a URL or of a path: a key may stand in it, which is sent, and written nowhere.

/// What follows the question mark.
pub fn query(url: &str) -> Option<&str> {
    url.split_once('?').map(|(_, query)| query)
}

/// The same for people: without the query.
pub fn masked_url(url: &str) -> String {
    match url.split_once('?') {
        Some((before, _)) => format!("{before}?***"),
        None => url.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_told_without_the_value_of_its_query() {
        assert_eq!(masked_url("http://h/one?key=s3cret?x"), "http://h/one?***");
        assert_eq!(masked_url("/one"), "/one");
        assert_eq!((query("/one?a=1?2"), query("/one")), (Some("a=1?2"), None));
    }
}
