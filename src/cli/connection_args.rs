//! The flags that say how connections to the target are made.

use std::path::{Path, PathBuf};

use clap::Args;

use super::duration::milliseconds;
use crate::scenario::Overrides;

/// How connections are made.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connections to the target")]
pub struct ConnectionArgs {
    /// What both phases speak: 1.1, 2, or auto (what the server chooses)
    #[arg(long, value_name = "VERSION")]
    http: Option<String>,
    /// Trust the certificates in this file, in place of those that the platform trusts
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Trust whoever answers: for tests, never for a server that matters
    #[arg(short = 'k', long)]
    insecure: bool,
    /// The client's own certificate, in PEM form; its key may stand in the same file
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// The key of --cert
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Where a name leads, without asking for it; repeatable
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    resolve: Vec<String>,
    /// Time after which a connect to one address has failed: 2s, 500ms, or a bare number of milliseconds
    #[arg(long, value_name = "TIME", value_parser = milliseconds)]
    connect_timeout: Option<u64>,
    /// Send the load without one request before it that shows what will not work
    #[arg(long)]
    no_probe: bool,
    /// What moves the bytes: direct, or reqwest, which shows what an application that is built on it sees
    #[arg(long, value_name = "NAME")]
    transport: Option<String>,
    /// Proxy for all requests, with --transport reqwest; its password is never written down
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
}

impl ConnectionArgs {
    pub(super) fn lay_over(&self, overrides: &mut Overrides) {
        let files = [
            ("--cacert", "target.ca", &self.cacert),
            ("--cert", "target.client_cert", &self.cert),
            ("--key", "target.client_key", &self.key),
        ];
        for (flag, key, file) in files {
            if let Some(file) = file {
                overrides.set(flag, key, text(file));
            }
        }
        let texts = [
            ("--http", "target.http", &self.http),
            ("--transport", "target.transport", &self.transport),
            ("--proxy", "target.proxy", &self.proxy),
        ];
        for (flag, key, value) in texts {
            if let Some(value) = value {
                overrides.set(flag, key, value.as_str());
            }
        }
        if self.insecure {
            overrides.set("--insecure", "target.insecure", true);
        }
        if self.no_probe {
            overrides.set("--no-probe", "target.probe", false);
        }
        if !self.resolve.is_empty() {
            overrides.set("--resolve", "target.resolve", self.resolve.clone());
        }
        if let Some(limit) = self.connect_timeout {
            overrides.set(
                "--connect-timeout",
                "target.connect_timeout_ms",
                i64::try_from(limit).unwrap_or(i64::MAX),
            );
        }
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
