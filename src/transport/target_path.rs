//! What of a target's URL is sent: path and query exactly as they are written, for one request and for a batch.

/// Path and query of both kinds of exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TargetPaths {
    /// For one request.
    pub single: String,
    /// For a batch.
    pub batch: String,
}

/// Path and query as a URL has them, completed by the paths of the scenario: a path in the URL takes the place of `path`, even
/// if it is a slash alone, and its query goes with batches too unless `batch_path` has one of its own.
///
/// # Errors
/// Two queries for one request, or a fragment.
pub(super) fn paths(written: &str, path: &str, batch_path: &str) -> Result<TargetPaths, String> {
    for (key, path) in [("target.path", path), ("target.batch_path", batch_path)] {
        if path.contains('#') {
            return Err(format!("{key}: what follows `#` is never sent to a server; leave it out"));
        }
    }
    let query = written.find('?').map(|at| &written[at..]).unwrap_or_default();
    let single = match (written.starts_with('/'), path.contains('?') && !query.is_empty()) {
        (true, _) => written.to_string(),
        (false, true) => return Err("target.path has a query too; write one of them".into()),
        (false, false) => format!("{path}{query}"),
    };
    let batch =
        if batch_path.contains('?') { batch_path.to_string() } else { format!("{batch_path}{query}") };
    Ok(TargetPaths { single, batch })
}

/// Path and query of one of several endpoints: its own, and the query of the URL where it has none.
///
/// # Errors
/// A path in the URL, or a fragment.
pub(super) fn of_endpoint(written: &str, path: &str) -> Result<String, String> {
    if written.starts_with('/') {
        let what = if written.len() > 1 { "a path" } else { "a slash at its end, which is a path" };
        return Err(format!("{what}, and target.endpoints have theirs; leave it out of the URL"));
    }
    if path.contains('#') {
        return Err("target.endpoints: what follows `#` is never sent to a server; leave it out".into());
    }
    Ok(if path.contains('?') { path.to_string() } else { format!("{path}{written}") })
}

/// The whole URL of a request with this path and query to the server of `url`.
pub fn requested_url(url: &str, path_and_query: &str) -> String {
    if url.starts_with("unix:") {
        return format!("{url} {path_and_query}");
    }
    let authority = url.find("://").map_or(0, |at| at + 3);
    let end = authority + end_of_authority(&url[authority..]);
    format!("{}{path_and_query}", &url[..end])
}

fn end_of_authority(rest: &str) -> usize {
    rest.find(['/', '?', '#']).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(url: &str) -> [String; 2] {
        let written = crate::transport::target_url::TargetUrl::parse(url).expect("a URL").path;
        let TargetPaths { single, batch } = paths(written, "/one", "/many").expect("good paths");
        [single, batch]
    }

    #[test]
    fn what_is_written_is_what_is_sent() {
        for (url, single, batch) in [
            ("http://h", "/one", "/many"),
            ("http://h/", "/", "/many"),
            ("http://h:80//", "//", "/many"),
            ("http://h/v1/infer/", "/v1/infer/", "/many"),
            ("http://h/a?b=/", "/a?b=/", "/many?b=/"),
            ("http://h/a/?b=http://x/&c", "/a/?b=http://x/&c", "/many?b=http://x/&c"),
            ("http://h?b=1", "/one?b=1", "/many?b=1"),
            ("http://h/%2e%2E/%20?", "/%2e%2E/%20?", "/many?"),
        ] {
            assert_eq!(both(url), [single, batch], "{url}");
        }
    }

    #[test]
    fn a_batch_path_with_a_query_of_its_own_keeps_it() {
        let paths = paths("/a?b=1", "/one?x", "/many?c=2").expect("good paths");
        assert_eq!((paths.single.as_str(), paths.batch.as_str()), ("/a?b=1", "/many?c=2"));
    }

    #[test]
    fn what_could_only_be_dropped_is_refused() {
        assert!(paths("?b=1", "/one?a=1", "/many").is_err_and(|problem| problem.contains("query")));
        assert!(paths("", "/one#a", "/many").is_err_and(|problem| problem.contains("target.path")));
        assert!(paths("", "/one", "/m#a").is_err_and(|problem| problem.contains("batch_path")));
    }

    #[test]
    fn endpoints_have_their_own_paths_and_the_query_of_the_url_where_they_have_none() {
        assert_eq!(of_endpoint("", "/a"), Ok("/a".into()));
        assert_eq!(of_endpoint("?k=1", "/a"), Ok("/a?k=1".into()));
        assert_eq!(of_endpoint("?k=1", "/a?b=2"), Ok("/a?b=2".into()));
        for (url, path, word) in [("/", "/a", "slash"), ("/v1?k=1", "/a", "a path"), ("", "/a#b", "#")] {
            assert!(of_endpoint(url, path).is_err_and(|problem| problem.contains(word)), "{url} {path}");
        }
    }

    #[test]
    fn the_whole_url_has_the_path_that_is_asked_for() {
        assert_eq!(requested_url("http://h:80?key=1", "/one?key=1"), "http://h:80/one?key=1");
        assert_eq!(requested_url("http://h/a/b", "/"), "http://h/");
        assert_eq!(requested_url("unix:/run/a.sock", "/one"), "unix:/run/a.sock /one");
    }
}
