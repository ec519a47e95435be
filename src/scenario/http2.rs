//! What cannot be together with HTTP/2, so that it is refused before a request is sent.

use super::error::ScenarioError;
use super::headers::GivenHeader;
use crate::model::{HttpChoice, Phase, Strategy};

/// Headers of a single connection, which HTTP/2 does not have (RFC 9113 §8.2.2).
const OF_A_CONNECTION: [&str; 3] = ["keep-alive", "proxy-connection", "upgrade"];

/// Looks at both phases, which send to `url` or to the embedded mock.
pub(super) fn check(
    url: Option<&str>,
    headers: &[GivenHeader],
    phases: [(Phase, Strategy); 2],
) -> Result<(), ScenarioError> {
    for (phase, Strategy { http, streams, .. }) in phases {
        if http == HttpChoice::Http2 && url.is_none() {
            let key = if streams > 1 { "streams" } else { "http" };
            let problem =
                "the embedded mock speaks HTTP/1.1 only; give a --target that speaks HTTP/2, or leave it out";
            return Err(ScenarioError::value(format!("{}.{key}", phase.name()), problem));
        }
        if may_speak(http, url) {
            check_headers(headers)?;
        }
    }
    Ok(())
}

/// Without TLS nobody chooses.
fn may_speak(http: HttpChoice, url: Option<&str>) -> bool {
    match http {
        HttpChoice::Http1 => false,
        HttpChoice::Http2 => true,
        HttpChoice::Auto => url.is_some_and(|url| url.to_ascii_lowercase().starts_with("https:")),
    }
}

fn check_headers(headers: &[GivenHeader]) -> Result<(), ScenarioError> {
    for header in headers {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        let is_other_te = is("te") && !header.value.reveal().trim().eq_ignore_ascii_case("trailers");
        if is_other_te || OF_A_CONNECTION.into_iter().any(is) {
            let but = if is_other_te { " but `te: trailers`" } else { "" };
            let problem =
                format!("HTTP/2 has no such header{but}; leave it out, or use http = \"1.1\" in both phases");
            return Err(ScenarioError::value(format!("target.headers.{}", header.name), problem));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{raw, settings};
    use super::*;

    /// What is wrong with a scenario that has these lines of `[target]` and `[after]`.
    fn refused(target: &str, after: &str) -> Option<String> {
        let text = format!("[target]\n{target}\n[after]\n{after}\n[sla]\np95 = \"1s\"\n");
        let raw = raw::parse(&text, Path::new("x.toml")).expect("a scenario");
        let settings = settings::resolve(raw).expect("a scenario");
        let phases = Phase::BOTH.map(|phase| (phase, settings.strategy(phase)));
        let checked = check(settings.target.url.as_deref(), &settings.target.headers, phases);
        checked.err().map(|error| error.to_string())
    }

    #[test]
    fn the_embedded_mock_does_not_speak_it() {
        for (target, after, key) in [
            ("", "streams = 8", "after.streams"),
            ("", "http = \"2\"", "after.http"),
            ("http = \"2\"", "", "before.http"),
        ] {
            let message = refused(target, after).expect(key);
            assert!(message.contains(key) && message.contains("--target"), "{message}");
        }
        assert_eq!(refused("http = \"auto\"", ""), None, "without TLS that is HTTP/1.1");
        assert_eq!(refused("url = \"http://a\"", "streams = 8"), None);
    }

    #[test]
    fn it_has_no_headers_of_a_connection() {
        let headers = [
            "keep-alive = \"timeout=5\"",
            "Proxy-Connection = \"x\"",
            "upgrade = \"h2c\"",
            "TE = \"s3cret\"",
        ];
        for header in headers {
            let with = |url: &str| format!("url = \"{url}\"\nheaders = {{ {header} }}");
            let name = header.split(' ').next().expect("a name");
            for (url, after) in [("http://a", "streams = 8"), ("https://a", "http = \"auto\"")] {
                let message = refused(&with(url), after).expect(header);
                let key = format!("target.headers.{name}");
                assert!(
                    message.contains(&key) && message.contains("1.1") && !message.contains("s3cret"),
                    "{message}"
                );
            }
            assert_eq!(refused(&with("http://a"), "http = \"auto\""), None, "{header}");
        }
        assert_eq!(refused("url = \"http://a\"\nheaders = { te = \"trailers\" }", "http = \"2\""), None);
    }
}
