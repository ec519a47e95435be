//! How connections to the target are made: the part of `[target]` that says so.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Serialize;

use super::error::ScenarioError;
use super::raw::RawTarget;
use crate::model::HttpChoice;

/// How connections to the target are made.
#[derive(Clone, Debug, Serialize)]
pub struct Connecting {
    /// What both phases speak, where they do not say it themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpChoice>,
    /// File of certificates that are trusted in place of the platform's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// Whether whoever answers is trusted.
    pub insecure: bool,
    /// Files of the client's own certificate and its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<(PathBuf, PathBuf)>,
    /// Name that the certificate must have, in place of the URL's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// Where names lead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resolve: Vec<ResolvedName>,
    /// After so long a connect to one address has failed; without, when the operating system says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout_ms: Option<u64>,
    /// After so long the next address of a name is tried beside the one before it; 0 is only after that one has failed.
    pub attempt_delay_ms: u64,
}

/// Where a name leads, as curl's `--resolve` has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResolvedName {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Its addresses, in the order in which they are tried.
    pub addresses: Vec<IpAddr>,
}

impl FromStr for ResolvedName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not HOST:PORT:ADDRESS; write one such as api.local:8000:127.0.0.1");
        let mut parts = text.splitn(3, ':');
        let (host, port, addresses) = (parts.next(), parts.next(), parts.next());
        let (Some(host), Some(port), Some(addresses)) = (host, port, addresses) else { return Err(wrong()) };
        let address = |text: &str| text.trim_matches(['[', ']']).parse().map_err(|_| wrong());
        let addresses = addresses.split(',').map(address).collect::<Result<_, _>>()?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
        if host.is_empty() { Err(wrong()) } else { Ok(ResolvedName { host: host.into(), port, addresses }) }
    }
}

impl Connecting {
    pub(super) fn resolve(raw: &RawTarget) -> Result<Self, ScenarioError> {
        let client = match (&raw.client_cert, &raw.client_key) {
            (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
            // One file may hold both.
            (Some(both), None) => Some((both.clone(), both.clone())),
            (None, Some(_)) => {
                let problem = "a key without its certificate; add target.client_cert (--cert)";
                return Err(ScenarioError::value("target.client_key", problem));
            }
            (None, None) => None,
        };
        if raw.insecure && raw.ca.is_some() {
            let problem = "whoever answers is trusted, so target.ca means nothing; remove one of them";
            return Err(ScenarioError::value("target.insecure", problem));
        }
        let wrong = |problem| ScenarioError::value("target.resolve", problem);
        Ok(Connecting {
            http: raw.http.as_deref().map(|text| http_choice("target.http", text)).transpose()?,
            ca: raw.ca.clone(),
            insecure: raw.insecure,
            client,
            server_name: raw.server_name.clone(),
            resolve: raw.resolve.iter().map(|text| text.parse()).collect::<Result<_, _>>().map_err(wrong)?,
            connect_timeout_ms: raw.connect_timeout_ms,
            attempt_delay_ms: raw.attempt_delay_ms,
        })
    }
}

/// Reads what connections may speak.
pub(super) fn http_choice(key: &str, text: &str) -> Result<HttpChoice, ScenarioError> {
    match text {
        "1.1" | "1" => Ok(HttpChoice::Http1),
        "2" => Ok(HttpChoice::Http2),
        "auto" => Ok(HttpChoice::Auto),
        _ => Err(ScenarioError::value(
            key,
            format!("`{text}` is no version that is spoken; use \"1.1\", \"2\" or \"auto\""),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_addresses_as_for_curl() {
        let found: ResolvedName = "api.local:8000:127.0.0.1,[::1]".parse().expect("two addresses");
        assert_eq!((found.host.as_str(), found.port, found.addresses.len()), ("api.local", 8_000, 2));
        let bare: ResolvedName = "a:1:::1".parse().expect("an address without brackets");
        assert_eq!(bare.addresses, ["::1".parse::<IpAddr>().expect("an address")]);
        for wrong in ["a", "a:1", "a:0:1.1.1.1", ":1:1.1.1.1", "a:x:1.1.1.1", "a:1:b", "a:1:"] {
            assert!(wrong.parse::<ResolvedName>().is_err_and(|error| error.contains(wrong)), "{wrong}");
        }
    }
}
