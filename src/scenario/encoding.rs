//! Which codings of its answers the server is told of.

use super::error::ScenarioError;
use super::headers::GivenHeader;

/// What is decoded.
const KNOWN: [&str; 4] = ["gzip", "br", "zstd", "identity"];

/// Only what is decoded may be asked for; a weight such as `;q=0.5` is sent as it stands.
pub(super) fn resolve(written: Option<String>) -> Result<Option<String>, ScenarioError> {
    if let Some(name) = written.as_deref().and_then(unknown) {
        let problem =
            format!("`{name}` is not decoded; write one or more of gzip, br and zstd, as in \"gzip, br\"");
        return Err(ScenarioError::value("target.accept_encoding", problem));
    }
    Ok(written)
}

/// The same of a header that somebody gives. What it says may be a secret, and is not repeated.
pub(super) fn check(headers: &[GivenHeader]) -> Result<(), ScenarioError> {
    let asks = |header: &&GivenHeader| header.name.eq_ignore_ascii_case("accept-encoding");
    match headers.iter().filter(asks).find(|header| unknown(header.value.reveal()).is_some()) {
        Some(header) => {
            let problem =
                "it asks for what is not decoded; write one or more of gzip, br and zstd, as in \"gzip, br\"";
            Err(ScenarioError::value(format!("target.headers.{}", header.name), problem))
        }
        None => Ok(()),
    }
}

/// The first coding that is not decoded.
fn unknown(written: &str) -> Option<&str> {
    let mut names = written.split(',').map(|name| name.split(';').next().unwrap_or_default().trim());
    names.find(|name| !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::super::secret::Secret;
    use super::*;

    #[test]
    fn what_is_decoded_is_asked_for_as_it_is_written() {
        for written in ["gzip", "GZIP, br;q=0.5 ,zstd", "identity"] {
            assert_eq!(resolve(Some(written.into())).ok().flatten().as_deref(), Some(written));
        }
        assert!(resolve(None).is_ok_and(|none| none.is_none()));
        for wrong in ["", "gzip,", "deflate", "gzip br", "*"] {
            assert!(resolve(Some(wrong.into())).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_header_asks_for_no_more_than_the_key_may() {
        let given = |name: &str, value: &str| {
            let value = Secret::read("target.headers", value).expect("plain text");
            [GivenHeader { name: name.into(), value }]
        };
        assert!(check(&given("Accept-Encoding", "gzip, br;q=0.5")).is_ok());
        assert!(check(&given("accept", "deflate")).is_ok());
        let error =
            check(&given("Accept-Encoding", "gzip, deflate")).expect_err("nobody decodes it").to_string();
        assert!(error.contains("target.headers.Accept-Encoding") && !error.contains("deflate"), "{error}");
    }
}
