//! The step that runs the given load test, unmodified, once.

use std::path::Path;

use anyhow::Context;

use crate::analyze::Doubt;
use crate::baseline;
use crate::baseline::{Ended, Script};
use crate::host::regular;
use crate::model::digest::sha256_hex;
use crate::model::manifest::ScriptRecord;
use crate::model::run_files::{SCRIPT_LOG, SCRIPT_OUTPUT};
use crate::model::{Mask, query};
use crate::runlog::{Live, Results, write_atomically};
use crate::scenario::ScenarioError;
use crate::workflow::sending::Run;
use crate::workflow::truth_file::TruthFile;

/// Far more than a load test that a person wrote has.
const LONGEST_SCRIPT: u64 = 16 << 20;

/// The existing load test, unmodified, once.
pub(in crate::workflow) async fn run_script(run: &mut Run<'_>) -> anyhow::Result<()> {
    let Some(path) = run.settings().script.as_ref().filter(|_| !run.stopped()) else { return Ok(()) };
    let name = path.file_name().map_or_else(|| "script".into(), |name| name.to_string_lossy().into_owned());
    let Some(interpreter) = baseline::interpreter().await else {
        run.caveat(Doubt::NoBaselineScript { script: name });
        return Ok(());
    };
    let text = read(path)?;
    let truth = run.results.path(&TruthFile::Script.name());
    let session = run.runner.server.open(Some(&truth)).await?;
    let endpoint = run.runner.endpoint(&session)?;
    let log = run.results.path(SCRIPT_LOG);
    let script = Script {
        path,
        endpoint: &endpoint,
        requests: run.plan.requests(),
        workers: run.settings().load.workers,
        log: &log,
    };
    let step = run.runner.progress.step(&name, 0);
    let running = baseline::run(script, run.results.start(SCRIPT_OUTPUT)?, run.runner.interrupt);
    let ended = step.watch(running, Live::default).await?;
    mask_output(&run.results, &endpoint)?;
    session.close().await?;
    let Ended::Exited(status) = ended else { return Ok(()) };
    step.close(&format!("{name}: {status}"));
    run.manifest.baseline_script = Some(ScriptRecord {
        path: path.display().to_string(),
        sha256: sha256_hex(&text),
        exit_code: status.code(),
        interpreter,
    });
    if !status.success() || !log.exists() {
        run.caveat(Doubt::BaselineScriptFailed { script: name, status: status.to_string() });
    }
    Ok(())
}

/// A script may print the endpoint that it was given, and a query can hold a key.
fn mask_output(results: &Results, endpoint: &str) -> anyhow::Result<()> {
    let Some(query) = query(endpoint) else { return Ok(()) };
    let path = results.path(SCRIPT_OUTPUT);
    let printed = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let masked = Mask::new(&[query]).apply(&String::from_utf8_lossy(&printed), false);
    write_atomically(&path, masked.as_bytes())
}

pub(in crate::workflow) fn read(path: &Path) -> Result<Vec<u8>, ScenarioError> {
    regular::read(path, LONGEST_SCRIPT)
        .map_err(|cause| ScenarioError::Script { path: path.to_path_buf(), cause })
}
