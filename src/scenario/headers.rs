//! The headers of every request, with their values from where they are.

use super::error::ScenarioError;
use super::raw_secret::{RawHeaders, RawSecret};
use super::secret::Secret;

/// The header of a bearer token.
pub(super) const AUTHORIZATION: &str = "authorization";

/// A header of every request.
#[derive(Clone, Debug)]
pub struct GivenHeader {
    /// As it is written. Cases do not tell two headers apart.
    pub name: String,
    /// What is sent.
    pub value: Secret,
}

/// All headers, values of one name next to each other and in their order.
pub(super) fn resolve(written: &RawHeaders) -> Result<Vec<GivenHeader>, ScenarioError> {
    let mut headers: Vec<GivenHeader> = Vec::new();
    for (name, values) in written {
        if name.trim().is_empty() {
            return Err(ScenarioError::value("target.headers", "the name is empty; write x-key = \"123\""));
        }
        if let Some(same) = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)) {
            let problem = format!("`{}` and `{name}` are one header; write its values as a list", same.name);
            return Err(ScenarioError::value("target.headers", problem));
        }
        let key = format!("target.headers.{name}");
        for RawSecret(value) in &values.0 {
            headers.push(GivenHeader { name: name.clone(), value: Secret::read(&key, value)? });
        }
    }
    Ok(headers)
}

/// The token, which is the value of a header too.
pub(super) fn bearer(
    written: Option<&RawSecret>,
    headers: &mut Vec<GivenHeader>,
) -> Result<Option<Secret>, ScenarioError> {
    let Some(RawSecret(written)) = written else { return Ok(None) };
    let key = "target.bearer";
    if headers.iter().any(|header| header.name.eq_ignore_ascii_case(AUTHORIZATION)) {
        return Err(ScenarioError::value(
            key,
            "there is a header `authorization` too; leave one of them out",
        ));
    }
    if written.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer ")) {
        return Err(ScenarioError::value(
            key,
            "the word Bearer is put before the token; write the token alone",
        ));
    }
    let token = Secret::read(key, written)?;
    headers.push(GivenHeader { name: AUTHORIZATION.into(), value: token.after("Bearer ") });
    Ok(Some(token))
}

#[cfg(test)]
mod tests {
    use super::super::raw_secret::RawHeaderValues;
    use super::*;

    fn written(headers: &[(&str, &[&str])]) -> RawHeaders {
        let values = |values: &[&str]| {
            RawHeaderValues(values.iter().map(|value| RawSecret(value.to_string())).collect())
        };
        headers.iter().map(|(name, given)| (name.to_string(), values(given))).collect()
    }

    #[test]
    fn a_header_has_all_its_values_in_their_order() {
        let headers = resolve(&written(&[("x-b", &["2", "1", "2"]), ("X-A", &["0"])])).expect("headers");
        let pairs: Vec<_> =
            headers.iter().map(|header| (header.name.as_str(), header.value.reveal())).collect();
        assert_eq!(pairs, [("X-A", "0"), ("x-b", "2"), ("x-b", "1"), ("x-b", "2")]);
    }

    #[test]
    fn one_header_in_two_cases_is_refused() {
        let error = resolve(&written(&[("X-A", &["s3cret"]), ("x-a", &["2"])])).expect_err("one header");
        assert!(error.to_string().contains("`X-A` and `x-a` are one header"), "{error}");
        assert!(resolve(&written(&[(" ", &["2"])])).is_err_and(|error| error.to_string().contains("empty")));
    }

    #[test]
    fn a_token_is_one_header_and_the_only_one_of_its_name() {
        let mut headers = Vec::new();
        let token = RawSecret("t0ken".into());
        let secret = bearer(Some(&token), &mut headers).expect("a token").expect("a token");
        assert_eq!((secret.reveal(), headers[0].value.reveal()), ("t0ken", "Bearer t0ken"));
        let error = bearer(Some(&token), &mut headers).expect_err("there is one").to_string();
        assert!(error.contains("target.bearer") && !error.contains("t0ken"), "{error}");
        let twice = bearer(Some(&RawSecret("bearer t0ken".into())), &mut Vec::new()).expect_err("twice");
        assert!(!twice.to_string().contains("t0ken"));
    }
}
