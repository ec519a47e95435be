//! The step that runs the given load test, unmodified, once.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::Context;

use crate::analyze::Doubt;
use crate::baseline;
use crate::baseline::foreign::{self, Imported};
use crate::baseline::{Brief, Ended, LoadTest};
use crate::model::manifest::ScriptRecord;
use crate::model::run_files::{SCRIPT_LOG, SCRIPT_OUTPUT};
use crate::model::{ImportRecord, Mask, query};
use crate::runlog::{Live, Results, write_atomically};
use crate::scenario::{GivenBaseline, GivenScript};
use crate::workflow::invocation::UsageError;
use crate::workflow::sending::Run;
use crate::workflow::truth_file::TruthFile;

/// Finds out what can be wrong with it, and with the mapping of its log, before anything is sent.
///
/// # Errors
/// What is wrong, with its key.
pub(in crate::workflow) fn check(given: &GivenBaseline) -> anyhow::Result<Option<LoadTest>> {
    mapping(given)?;
    let of = |script: &GivenScript| match script {
        GivenScript::Text(text) => LoadTest::of_text(text),
        GivenScript::Arguments(words) => LoadTest::of_arguments(words),
    };
    let wrong = |why| UsageError(format!("before.script: {why}; correct or remove the key"));
    let test = given.script.as_ref().map(of).transpose().map_err(wrong)?;
    if let Some(test) = &test {
        test.sha256().map_err(wrong)?;
    }
    Ok(test)
}

/// What the columns of its log mean, where that is said.
///
/// # Errors
/// What is wrong, with its key.
pub(in crate::workflow) fn mapping(given: &GivenBaseline) -> Result<Option<foreign::Mapping>, UsageError> {
    foreign::Mapping::of(&given.map, given.latency_from)
        .map_err(|why| UsageError(format!("before.map: {why}")))
}

/// The existing load test, unmodified, once.
pub(in crate::workflow) async fn run_script(run: &mut Run<'_>) -> anyhow::Result<()> {
    let given = &run.settings().baseline;
    let Some(test) = check(given)?.filter(|_| !run.stopped()) else { return Ok(()) };
    let name = test.name();
    let interpreter = match &test {
        LoadTest::Python(_) => match baseline::interpreter().await {
            None => {
                run.caveat(Doubt::NoBaselineScript { script: name });
                return Ok(());
            }
            found => found,
        },
        LoadTest::Line(_) => Some("sh".to_string()),
        LoadTest::File(_) | LoadTest::Arguments(_) => None,
    };
    let sha256 = test.sha256()?;
    let truth = run.results.path(&TruthFile::Script.name());
    let session = run.runner.server.open(Some(&truth)).await?;
    let endpoint = run.runner.endpoint(&session)?;
    let log = run.results.path(SCRIPT_LOG);
    let brief = Brief {
        endpoint: &endpoint,
        requests: run.plan.requests(),
        workers: run.settings().load.workers,
        log: &log,
    };
    let step = run.runner.progress.step(&name, 0);
    let printed = run.results.start(SCRIPT_OUTPUT)?;
    let running = baseline::run(&test, brief, printed, given.script_timeout, run.runner.interrupt);
    let ended = step.watch(running, Live::default).await?;
    mask_files(&run.results, &endpoint)?;
    session.close().await?;
    let (status, exit_code, good) = match ended {
        Ended::Interrupted => return Ok(()),
        Ended::Exited(status) => (status.to_string(), status.code(), status.success()),
        Ended::NotStarted(why) => (format!("an error before its start: {why}"), None, false),
        Ended::OutOfTime => {
            let limit = given.script_timeout.as_secs_f64();
            (format!("a kill: its time was over after {limit} s (raise before.script_timeout)"), None, false)
        }
    };
    step.close(&format!("{name}: {status}"));
    run.manifest.baseline_script = Some(ScriptRecord {
        path: run.settings().mask().apply(&test.words(), false),
        sha256,
        exit_code,
        interpreter,
        name: (!test.is_file()).then(|| name.clone()),
        log: log_record(given, log.clone()).await,
        map: given.map.clone(),
        latency_from: (!given.map.is_empty()).then_some(given.latency_from),
    });
    if !good || !log.exists() {
        let lost =
            if log.exists() { "" } else { ", and left no log: it is to write one to {log}, or to LOG_PATH" };
        run.caveat(Doubt::BaselineScriptFailed { script: name, status: format!("{status}{lost}") });
    }
    Ok(())
}

/// What its log is and contains. What is wrong with one is said by the analysis, which reads it again.
async fn log_record(given: &GivenBaseline, log: std::path::PathBuf) -> Option<ImportRecord> {
    let mapping = mapping(given).ok()?;
    // On another thread: a large log takes seconds, and this one listens for Ctrl-C.
    let read = tokio::task::spawn_blocking(move || foreign::read(&log, mapping.as_ref()));
    let Imported { format, equivalence, left_out, .. } = read.await.ok()?.ok()?;
    Some(ImportRecord { file: SCRIPT_LOG.into(), format, left_out, equivalence })
}

/// A script may print the endpoint that it was given, a tool writes it into its log, and a query can hold a key.
fn mask_files(results: &Results, endpoint: &str) -> anyhow::Result<()> {
    let Some(query) = query(endpoint) else { return Ok(()) };
    let path = results.path(SCRIPT_OUTPUT);
    let printed = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let masked = Mask::new(&[query]).apply(&String::from_utf8_lossy(&printed), false);
    write_atomically(&path, masked.as_bytes())?;
    // Of a log only whole parameters: a number in a key must not change one in a column.
    let parameters: Vec<&str> = query.split('&').filter(|parameter| parameter.contains('=')).collect();
    match results.read(SCRIPT_LOG) {
        Ok(log) => mask_log(log, &results.path(SCRIPT_LOG), &parameters),
        Err(_) => Ok(()),
    }
}

/// Line by line, for a log can be long.
fn mask_log(log: File, path: &Path, secrets: &[&str]) -> anyhow::Result<()> {
    let cannot = || format!("cannot take the URL's query out of {}", path.display());
    let beside = path.with_extension("masked");
    let mut masked = BufWriter::new(File::create(&beside).with_context(cannot)?);
    let (mut log, mut line) = (BufReader::new(log), Vec::new());
    while log.read_until(b'\n', &mut line).with_context(cannot)? > 0 {
        let without = |line: Vec<u8>, secret: &&str| match std::str::from_utf8(&line) {
            Ok(text) if text.contains(*secret) => text.replace(*secret, "***").into_bytes(),
            _ => line,
        };
        line = secrets.iter().fold(line, without);
        masked.write_all(&line).with_context(cannot)?;
        line.clear();
    }
    masked.into_inner().map_err(|error| error.into_error()).with_context(cannot)?;
    std::fs::rename(&beside, path).with_context(cannot)
}
