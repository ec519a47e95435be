//! Headers for the collector: given by flags, keys and variables, checked before anything is sent.

use std::collections::BTreeMap;

use super::env::Env;
use super::error::{TelemetryError, wrong};
use super::settings::TelemetrySettings;

/// Finds out before the run what the exporter would leave out without a word. The value may be a secret.
pub(super) fn check_header(given_by: &str, name: &str, value: &str) -> Result<(), TelemetryError> {
    let refused = |part, remedy| {
        Err(wrong(&format!("{given_by} {name}"), format!("its {part} is not one that HTTP allows; {remedy}")))
    };
    if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        return refused("name", "write 'NAME: VALUE', the name of letters, digits and hyphens");
    }
    if http::HeaderValue::from_str(value).is_err() {
        return refused("value", "it is one line without control characters");
    }
    Ok(())
}

/// The headers that a variable gives. One that a flag gives too would be sent twice or not at all.
pub(super) fn given_headers(settings: &TelemetrySettings, env: Env<'_>) -> Result<String, TelemetryError> {
    for name in ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"] {
        let Some(given) = env(name) else { continue };
        let pairs = given.split(',').filter_map(|pair| pair.split_once('='));
        pairs
            .clone()
            .try_for_each(|(key, value)| check_header(name, key.trim(), &unescaped(value.trim())))?;
        let keys = pairs.map(|(key, _)| key.trim());
        let same = |key: &str| settings.otlp_headers.keys().any(|own| own.eq_ignore_ascii_case(key));
        return match keys.clone().find(|key| same(key)) {
            Some(key) => {
                Err(wrong(&format!("--otlp-header {key}"), format!("{name} gives it too; give it once")))
            }
            None => Ok(given),
        };
    }
    Ok(String::new())
}

pub(super) fn tonic_metadata(
    headers: &BTreeMap<String, String>,
) -> anyhow::Result<tonic::metadata::MetadataMap> {
    let mut map = http::HeaderMap::new();
    for (name, value) in headers {
        let refused = || wrong(&format!("--otlp-header {name}"), "not a header that HTTP allows");
        let key = http::HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused())?;
        let mut value = http::HeaderValue::from_str(value).map_err(|_| refused())?;
        value.set_sensitive(true);
        map.insert(key, value);
    }
    Ok(tonic::metadata::MetadataMap::from_headers(map))
}

/// As the specification has values of headers in a variable: percent-encoded.
pub(super) fn escaped(value: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    value
        .bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// The other way round. What is no escape stays as it is.
fn unescaped(value: &str) -> String {
    let mut parts = value.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let byte = part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            Some(byte) => bytes.push(byte),
            None => bytes.push(b'%'),
        }
        bytes.extend_from_slice(&part.as_bytes()[if byte.is_some() { 2 } else { 0 }..]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::otlp::OtlpTarget;

    #[test]
    fn a_header_that_http_does_not_allow_is_named_without_its_value() {
        for (name, value) in [("x key", "s3cret"), ("", "s3cret"), ("x-key", "s3cret\n")] {
            let settings = TelemetrySettings {
                otlp_endpoint: Some("http://b:4318".into()),
                otlp_headers: [(name.into(), value.into())].into(),
                ..TelemetrySettings::default()
            };
            let message = OtlpTarget::resolve(&settings, &|_| None).expect_err("refused").to_string();
            assert!(message.starts_with(&format!("--otlp-header {name}")), "{message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
        for (given, key) in [("good=1%20a,x key=s3cret", "x key"), ("x-key=s3cret%0A", "x-key")] {
            let settings = TelemetrySettings {
                otlp_endpoint: Some("http://b:4318".into()),
                ..TelemetrySettings::default()
            };
            let message = OtlpTarget::resolve(&settings, &|name| {
                (name == "OTEL_EXPORTER_OTLP_HEADERS").then(|| given.to_string())
            })
            .expect_err("refused")
            .to_string();
            assert!(message.starts_with(&format!("OTEL_EXPORTER_OTLP_HEADERS {key}: ")), "{message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
    }

    #[test]
    fn what_is_escaped_comes_back() {
        for value in ["a b,c", "100% é", "", "%", "%4"] {
            assert_eq!(unescaped(&escaped(value)), value);
        }
        assert_eq!(unescaped("Bearer%20a%2"), "Bearer a%2");
    }
}
