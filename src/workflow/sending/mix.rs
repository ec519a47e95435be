//! Several endpoints in words: where requests go, and which share of them.

use crate::model::manifest::EndpointUrls;
use crate::scenario::TargetEndpoint;

/// Such as `requests go to POST http://h/a (25 %), GET http://h/b (75 %, batches to http://h/c)`.
pub(super) fn words(urls: &[EndpointUrls], endpoints: &[TargetEndpoint], batching: bool) -> String {
    let sum: f64 = endpoints.iter().map(|endpoint| endpoint.weight).sum();
    let one = |(urls, endpoint): (&EndpointUrls, &TargetEndpoint)| {
        let batches = urls.batch_url.as_ref().filter(|_| batching);
        let batches = batches.map_or(String::new(), |url| format!(", batches to {url}"));
        let percent = (endpoint.weight / sum * 1_000.0).round() / 10.0;
        format!("{} {} ({percent} %{batches})", urls.method, urls.url)
    };
    let listed: Vec<String> = urls.iter().zip(endpoints).map(one).collect();
    format!("requests go to {}", listed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_stands_with_its_share() {
        let urls = |url: &str, batch_url: Option<&str>| EndpointUrls {
            method: "PUT".into(),
            url: url.into(),
            batch_url: batch_url.map(Into::into),
            ..EndpointUrls::default()
        };
        let endpoint = |weight| TargetEndpoint {
            name: "/a".into(),
            path: "/a".into(),
            weight,
            method: "PUT".into(),
            payloads: None,
            batch_path: None,
        };
        let said = |batching| {
            let urls = [urls("http://h/a", None), urls("http://h/b", Some("http://h/c"))];
            words(&urls, &[endpoint(1.0), endpoint(2.0)], batching)
        };
        assert_eq!(said(false), "requests go to PUT http://h/a (33.3 %), PUT http://h/b (66.7 %)");
        assert!(said(true).ends_with("PUT http://h/b (66.7 %, batches to http://h/c)"), "{}", said(true));
    }
}
