//! The HTTP client for OTLP over HTTP.

use std::time::Duration;

use anyhow::Context;

/// A client that asks no proxy of the environment's for a collector on this machine.
pub(super) fn client(timeout: Duration) -> anyhow::Result<reqwest::Client> {
    reqwest::Client::builder().timeout(timeout).build().context("cannot make an HTTP client for OTLP")
}
