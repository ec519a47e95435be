//! Which codings of its answers the server is told of.

use super::error::ScenarioError;

/// What is decoded.
const KNOWN: [&str; 4] = ["gzip", "br", "zstd", "identity"];

/// Only what is decoded may be asked for; a weight such as `;q=0.5` is sent as it stands.
pub(super) fn resolve(written: Option<String>) -> Result<Option<String>, ScenarioError> {
    let names = written.iter().flat_map(|written| written.split(','));
    let mut names = names.map(|name| name.split(';').next().unwrap_or_default().trim());
    let is_known = |name: &str| KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name));
    if let Some(name) = names.find(|name| !is_known(name)) {
        let problem =
            format!("`{name}` is not decoded; write one or more of gzip, br and zstd, as in \"gzip, br\"");
        return Err(ScenarioError::value("target.accept_encoding", problem));
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
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
}
