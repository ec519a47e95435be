//! The step that runs the given load test, unmodified, once.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    let Some(interpreter) = interpreter(&test).await else {
        run.caveat(Doubt::NoBaselineScript { script: test.name() });
        return Ok(());
    };
    let sha256 = test.sha256()?;
    let Some(ScriptEnd { status, exit_code, good }) = watch(run, &test).await? else { return Ok(()) };
    let (name, log) = (test.name(), run.results.path(SCRIPT_LOG));
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

/// What runs it, where something does; `None` where that is not there.
async fn interpreter(test: &LoadTest) -> Option<Option<String>> {
    match test {
        LoadTest::Python(_) => baseline::interpreter().await.map(Some),
        LoadTest::Line(_) => Some(Some("sh".to_string())),
        LoadTest::File(_) | LoadTest::Arguments(_) => Some(None),
    }
}

/// How it ended.
struct ScriptEnd {
    /// In words.
    status: String,
    exit_code: Option<i32>,
    good: bool,
}

impl ScriptEnd {
    /// `None` of one that was stopped, because the run was.
    fn of(ended: Ended, limit: Duration) -> Option<Self> {
        let (status, exit_code, good) = match ended {
            Ended::Interrupted => return None,
            Ended::Exited(status) => (status.to_string(), status.code(), status.success()),
            Ended::NotStarted(why) => (format!("an error before its start: {why}"), None, false),
            Ended::OutOfTime => {
                let limit = limit.as_secs_f64();
                let words =
                    format!("a kill: its time was over after {limit} s (raise before.script_timeout)");
                (words, None, false)
            }
        };
        Some(ScriptEnd { status, exit_code, good })
    }
}

/// Runs it against a server of its own, to its end.
async fn watch(run: &mut Run<'_>, test: &LoadTest) -> anyhow::Result<Option<ScriptEnd>> {
    let truth = run.results.path(&TruthFile::Script.name());
    let session = run.runner.server.open(Some(&truth)).await?;
    let endpoint = run.runner.endpoint(&session)?;
    let (settings, log) = (run.settings(), run.results.path(SCRIPT_LOG));
    let limit = settings.baseline.script_timeout;
    let (requests, workers) = (run.plan.requests(), settings.load.workers);
    let brief = Brief { endpoint: &endpoint, requests, workers, log: &log };
    let step = run.runner.progress.step(&test.name(), 0);
    let printed = run.results.start(SCRIPT_OUTPUT)?;
    let running = baseline::run(test, brief, printed, limit, run.runner.interrupt);
    let ended = step.watch(running, Live::default).await?;
    mask_files(&run.results, &endpoint)?;
    session.close().await?;
    let outcome = ScriptEnd::of(ended, limit);
    if let Some(ScriptEnd { status, .. }) = &outcome {
        step.close(&format!("{}: {status}", test.name()));
    }
    Ok(outcome)
}

/// What its log is and contains. What is wrong with one is said by the analysis, which reads it again.
async fn log_record(given: &GivenBaseline, log: PathBuf) -> Option<ImportRecord> {
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
