//! The method of every request, and whether requests with it have a body.

use super::error::ScenarioError;

/// Methods that are known by name, which may be written in any case. HTTP itself tells cases apart.
const KNOWN: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

/// Those whose requests have a body only where there are payloads of one's own.
const PLAIN: [&str; 5] = ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"];

/// The longest name; longer ones are taken for a slip.
const LONGEST: usize = 64;

/// The method of the target as it is sent.
pub(super) fn resolve(written: &str) -> Result<String, ScenarioError> {
    resolve_for("target.method", written)
}

/// The same of another key.
pub(super) fn resolve_for(key: &str, written: &str) -> Result<String, ScenarioError> {
    let wrong = |problem: &str| Err(ScenarioError::value(key, problem));
    if !is_token(written) || written.len() > LONGEST {
        return wrong("no method of HTTP; write one word, such as GET or POST");
    }
    if written.eq_ignore_ascii_case("CONNECT") {
        return wrong("CONNECT opens a tunnel and has no answer to measure; write another method");
    }
    let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(written));
    Ok(known.map_or(written, |known| known).to_string())
}

/// Whether requests have a body where nobody gives payloads: the built-in prompts.
pub(super) fn takes_prompts(method: &str) -> bool {
    !PLAIN.contains(&method)
}

/// A word as HTTP allows it (RFC 9110 §5.6.2).
fn is_token(word: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !word.is_empty() && word.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_method_is_written_in_any_case_and_another_as_it_is() {
        for (written, sent) in
            [("get", "GET"), ("POST", "POST"), ("query", "query"), ("M-SEARCH", "M-SEARCH")]
        {
            assert_eq!(resolve(written).ok().as_deref(), Some(sent));
        }
        for wrong in ["", "GE T", "GET\r\n", "GÉT", "connect", &"X".repeat(65)] {
            let error = resolve(wrong).expect_err(wrong).to_string();
            assert!(error.contains("target.method") && error.len() < 200, "{error}");
        }
    }

    #[test]
    fn a_method_that_is_not_known_has_a_body() {
        assert!(takes_prompts("POST") && takes_prompts("QUERY") && !takes_prompts("GET"));
    }
}
