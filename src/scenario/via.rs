//! What moves the bytes to the target and through what: the part of `[target]` that says so.

use std::fmt;

use serde::{Serialize, Serializer};

use super::error::ScenarioError;
use super::raw::RawTarget;
use crate::model::TransportKind;

/// What moves the bytes, and through what.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Via {
    /// What moves the bytes.
    pub transport: TransportKind,
    /// What stands between; without it nothing does, whatever the environment says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ProxyUrl>,
    /// Redirects that are followed.
    pub redirects: usize,
}

/// The URL of a proxy. It can hold a name and a password: they are sent, never written down.
#[derive(Clone)]
pub struct ProxyUrl(String);

/// Most redirects that may be followed; browsers follow as many.
const MOST_REDIRECTS: u64 = 20;
const SCHEME: &str = "http://";

impl Via {
    pub(super) fn resolve(raw: &RawTarget) -> Result<Self, ScenarioError> {
        let transport = raw.transport.parse().map_err(|problem| wrong("target.transport", problem))?;
        let via = Via {
            transport,
            proxy: raw.proxy.as_deref().map(ProxyUrl::parse).transpose()?,
            redirects: usize::try_from(raw.redirects).unwrap_or(usize::MAX),
        };
        if raw.redirects > MOST_REDIRECTS {
            let problem = format!("{} is out of range; use 0 to {MOST_REDIRECTS}", raw.redirects);
            return Err(wrong("target.redirects", problem));
        }
        let only_reqwest = [("target.proxy", via.proxy.is_some()), ("target.redirects", via.redirects > 0)];
        let only_direct = [("target.server_name", raw.server_name.is_some())];
        let (needed, others) = match transport {
            TransportKind::Direct => (TransportKind::Reqwest, &only_reqwest[..]),
            TransportKind::Reqwest => (TransportKind::Direct, &only_direct[..]),
        };
        match others.iter().find(|(_, given)| *given) {
            Some((key, _)) => {
                let problem = format!(
                    "the transport \"{}\" cannot do this; remove it, or set target.transport = \"{}\" (--transport {})",
                    transport.name(),
                    needed.name(),
                    needed.name()
                );
                Err(wrong(key, problem))
            }
            None => Ok(via),
        }
    }

    /// What must not be written down.
    pub(super) fn secret(&self) -> Option<&str> {
        self.proxy.as_ref().and_then(ProxyUrl::credentials)
    }
}

fn wrong(key: &str, problem: String) -> ScenarioError {
    ScenarioError::value(key, problem)
}

impl ProxyUrl {
    fn parse(text: &str) -> Result<Self, ScenarioError> {
        let url = ProxyUrl(text.to_string());
        let rest = text.strip_prefix(SCHEME).unwrap_or_default().trim_end_matches('/');
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        if host.is_empty() || host.contains(['/', '?', '#', ' ']) {
            let problem = "it is no URL of a proxy; write one such as http://proxy.local:3128, or with a name and a password \
                           http://NAME:PASSWORD@proxy.local:3128";
            return Err(wrong("target.proxy", problem.into()));
        }
        Ok(url)
    }

    /// With what must not be written down.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Host and port.
    pub fn authority(&self) -> &str {
        let rest = self.0.strip_prefix(SCHEME).unwrap_or(&self.0).trim_end_matches('/');
        rest.rsplit_once('@').map_or(rest, |(_, authority)| authority)
    }

    fn credentials(&self) -> Option<&str> {
        self.0.strip_prefix(SCHEME)?.rsplit_once('@').map(|(credentials, _)| credentials)
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masked = if self.credentials().is_some() { "***@" } else { "" };
        write!(f, "{SCHEME}{masked}{}", self.authority())
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ProxyUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(change: impl FnOnce(&mut RawTarget)) -> Result<Via, String> {
        let mut raw = RawTarget::default();
        change(&mut raw);
        Via::resolve(&raw).map_err(|error| error.to_string())
    }

    #[test]
    fn a_proxy_and_redirects_need_the_transport_that_has_them() {
        for (key, change) in [
            ("target.proxy", (|raw| raw.proxy = Some("http://a:1".into())) as fn(&mut RawTarget)),
            ("target.redirects", |raw| raw.redirects = 1),
        ] {
            let message = resolved(change).expect_err(key);
            assert!(message.starts_with(key) && message.contains("--transport reqwest"), "{message}");
            let found = resolved(|raw| {
                change(raw);
                raw.transport = "reqwest".into();
            });
            assert!(found.is_ok(), "{found:?}");
        }
        let named = resolved(|raw| {
            raw.transport = "reqwest".into();
            raw.server_name = Some("a".into());
        });
        assert!(named.is_err_and(|message| message.contains("--transport direct")));
    }

    #[test]
    fn what_is_no_transport_and_no_proxy_is_named() {
        assert!(resolved(|raw| raw.transport = "curl".into()).is_err_and(|error| error.contains("`curl`")));
        assert!(resolved(|raw| raw.redirects = 21).is_err_and(|error| error.contains("0 to 20")));
        for wrong in
            ["", "a:3128", "https://a:3128", "socks5://a:1", "http://", "http://me:s3cret@", "http://a/b"]
        {
            let message = resolved(|raw| {
                raw.transport = "reqwest".into();
                raw.proxy = Some(wrong.into());
            });
            let message = message.expect_err(wrong);
            assert!(message.contains("http://proxy.local:3128") && !message.contains("s3cret"), "{message}");
        }
    }

    #[test]
    fn a_password_is_not_written_down() {
        let proxy = ProxyUrl::parse("http://me:s3cret@a:3128/").expect("a proxy");
        let written = format!("{proxy} {proxy:?} {}", serde_json::to_string(&proxy).expect("text"));
        assert_eq!(written, "http://***@a:3128 http://***@a:3128 \"http://***@a:3128\"");
        let via = Via { proxy: Some(proxy), ..Via::default() };
        assert_eq!(via.secret(), Some("me:s3cret"));
    }
}
