//! What is named and not used. Proxies of the environment: other programs follow them, and a load test that did in silence would
//! measure the proxy. And settings of TLS for a target without.

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use crate::host::console;
use crate::scenario::{Connecting, Target};
use crate::transport::{Address, Endpoint};

/// Says once that such a proxy is not used, where it would be.
pub(super) fn warn_of_proxy(endpoint: &Endpoint, target: &Target) {
    let url = format!("{}://{}/", endpoint.scheme(), endpoint.address);
    // Nobody follows a proxy to a socket in the file system.
    let by_network = matches!(endpoint.address, Address::Tcp { .. });
    if by_network && target.via.proxy.is_none() && is_proxied(&Matcher::from_env(), &url) {
        console::warn(
            "warning: the environment names a proxy for this target (http_proxy, https_proxy or all_proxy), which is not used; \
             to use it, give --transport reqwest and --proxy URL; to be silent about it, add the host to no_proxy",
        );
    }
}

/// Says once which settings of TLS do nothing, for the target has none.
pub(super) fn warn_of_tls(endpoint: &Endpoint, target: &Target) {
    if let Some(keys) = idle_tls(endpoint.tls, target) {
        console::warn(&format!(
            "warning: the target has no TLS, so {keys} does nothing; write https:// in --target, or leave it out"
        ));
    }
}

/// A redirect can lead to where there is TLS.
fn idle_tls(tls: bool, target: &Target) -> Option<String> {
    let Connecting { ca, insecure, client, server_name, .. } = &target.connecting;
    let given = [
        (ca.is_some(), "--cacert (target.ca)"),
        (*insecure, "--insecure (target.insecure)"),
        (client.is_some(), "--cert (target.client_cert)"),
        (server_name.is_some(), "target.server_name"),
    ];
    let keys: Vec<_> = given.into_iter().filter(|(given, _)| *given).map(|(_, key)| key).collect();
    (!tls && target.via.redirects == 0 && !keys.is_empty()).then(|| keys.join(", "))
}

fn is_proxied(matcher: &Matcher, url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|url| matcher.intercept(&url).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_counts_for_the_hosts_that_are_not_exempt() {
        let matcher = Matcher::builder().http("http://p:1").no("b.local").build();
        let proxied = |url| is_proxied(&matcher, url);
        assert!(proxied("http://a:8000/"));
        assert!(!proxied("http://b.local:80/") && !proxied("https://a/"));
    }
}
