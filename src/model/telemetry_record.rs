//! What telemetry did, and what it needs to do it again from the logs.

use serde::{Deserialize, Serialize};

/// Telemetry in the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelemetryRecord {
    /// Where the requests of the phases went, as their spans name it; masked.
    pub destination: Option<Destination>,
    /// What became of the spans; absent where none were to be exported.
    pub spans: Option<SpanRecord>,
    /// The same of the embedded server's own, summed over the mocks of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_spans: Option<SpanRecord>,
    /// Finished requests that telemetry did not get to see.
    pub samples_dropped: u64,
    /// How often `/metrics` had been read when the manifest was written.
    pub scrapes: u64,
}

/// Where requests went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// Host name or IP literal.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// URL of a request alone, its query masked.
    pub url: String,
    /// URL of a batch, its query masked.
    pub batch_url: String,
    /// Method of the requests; that of all runs of versions that did not write it.
    #[serde(default = "post")]
    pub method: String,
    /// Version of HTTP, likewise.
    #[serde(default = "http_1_1")]
    pub http_version: String,
    /// The endpoints that share the requests, where there are several; the first of them is the one above.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<EndpointUrls>,
}

/// Where the requests to one of several endpoints went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointUrls {
    /// What the log calls it.
    pub name: String,
    /// Method of its requests.
    pub method: String,
    /// URL of a request alone, its query masked.
    pub url: String,
    /// URL of a batch, its query masked; absent where it takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_url: Option<String>,
}

impl Destination {
    /// Method and URL of a request to an endpoint, alone or in a batch.
    pub fn of(&self, endpoint: Option<&str>, batched: bool) -> (&str, &str) {
        let named = endpoint.and_then(|name| self.endpoints.iter().find(|known| known.name == name));
        let (method, url, batch_url) = match named {
            Some(known) => (&known.method, &known.url, known.batch_url.as_ref().unwrap_or(&known.url)),
            None => (&self.method, &self.url, &self.batch_url),
        };
        (method, if batched { batch_url } else { url })
    }
}

fn post() -> String {
    "POST".into()
}

fn http_1_1() -> String {
    "1.1".into()
}

impl Default for Destination {
    fn default() -> Self {
        let (host, url, batch_url, endpoints) = Default::default();
        Destination { host, port: 0, url, batch_url, method: post(), http_version: http_1_1(), endpoints }
    }
}

/// Spans: created = exported + failed + dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanRecord {
    /// Were to be exported.
    pub created: u64,
    /// The collector took them.
    pub exported: u64,
    /// The collector did not take them, or did not say so in time.
    pub failed: u64,
    /// Were never sent.
    pub dropped: u64,
}
