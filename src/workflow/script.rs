//! The step that runs the given load test, unmodified, once.

use std::path::Path;

use anyhow::Context;

use super::Run;
use crate::analyze::Doubt;
use crate::baseline;
use crate::baseline::{Ended, Script};
use crate::model::digest::sha256_hex;
use crate::model::manifest::ScriptRecord;
use crate::model::run_files;
use crate::runlog::{Live, write_atomically};
use crate::scenario::ScenarioError;
use crate::workflow::invocation;

impl Run<'_> {
    /// The existing load test, unmodified, once.
    pub(super) async fn given_script(&mut self) -> anyhow::Result<()> {
        let Some(path) = self.settings.script.clone() else { return Ok(()) };
        let name =
            path.file_name().map_or_else(|| "script".into(), |name| name.to_string_lossy().into_owned());
        let Some(interpreter) = baseline::interpreter().await else {
            self.caveat(Doubt::NoBaselineScript { script: name }.into());
            return Ok(());
        };
        let text = read(&path)?;
        let session = self.server.open(Some(&self.results.path(run_files::SCRIPT_TRUTH))).await?;
        let endpoint = session.infer_url(&self.settings.target.path);
        let log = self.results.path(run_files::SCRIPT_LOG);
        let script = Script {
            path: &path,
            endpoint: &endpoint,
            requests: self.settings.load.requests,
            workers: self.settings.load.workers,
            log: &log,
        };
        let step = self.progress.step(&name, 0);
        let running = baseline::run(script, self.results.start(run_files::SCRIPT_OUTPUT)?, self.interrupt);
        let ended = step.watch(running, Live::default).await?;
        self.mask_output(&endpoint)?;
        session.close().await?;
        let Ended::Exited(status) = ended else { return Ok(()) };
        step.close(&format!("{name}: {status}"));
        self.manifest.baseline_script = Some(ScriptRecord {
            path: path.display().to_string(),
            sha256: sha256_hex(&text),
            exit_code: status.code(),
            interpreter,
        });
        if !status.success() || !log.exists() {
            self.caveat(Doubt::BaselineScriptFailed { script: name, status: status.to_string() }.into());
        }
        Ok(())
    }
}

impl Run<'_> {
    /// A script may print the endpoint that it was given, and a query can hold a key.
    fn mask_output(&self, endpoint: &str) -> anyhow::Result<()> {
        let Some((_, query)) = endpoint.split_once('?') else { return Ok(()) };
        let path = self.results.path(run_files::SCRIPT_OUTPUT);
        let printed = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let masked = invocation::mask(&String::from_utf8_lossy(&printed), &[query]);
        write_atomically(&path, masked.as_bytes())
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, ScenarioError> {
    std::fs::read(path).map_err(|cause| ScenarioError::Script { path: path.to_path_buf(), cause })
}
