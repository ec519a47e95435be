//! What `spanload import` takes for a million rows: wall time, and the greatest memory that the kernel saw it hold.
//!
//! `cargo bench --bench import_million` prints both for k6's CSV, which has a row a metric, and for vegeta's, which has a row a
//! request, and fails where one is above its aim. `--requests` gives k6's as many requests in place of rows, without an aim.

#[path = "common/outcome.rs"]
mod outcome;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::bail;
use spanload::host::Clock;

/// Rows of the aims.
const ROWS: u64 = 1_000_000;
/// Rows that k6 writes for each request, with those of its iteration.
const K6_ROWS: u64 = 13;
const RUNS: usize = 3;
/// The aims.
const AIM_SECONDS: f64 = 2.0;
const AIM_MB: f64 = 150.0;
/// When the runs began, in microseconds.
const BEGAN: u64 = 1_795_804_766_000_000;

fn main() -> ExitCode {
    outcome::exit_code(measure())
}

/// An aim that is not kept is an error.
fn measure() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    if std::env::args().any(|arg| arg == "--requests") {
        k6(&log, ROWS)?;
        figures("k6 CSV, a row a metric", ROWS, &log).map(drop)
    } else {
        k6(&log, ROWS / K6_ROWS)?;
        let k6 = figures("k6 CSV, 1,000,000 rows", ROWS / K6_ROWS, &log)?;
        vegeta(&log)?;
        let vegeta = figures("vegeta CSV, 1,000,000 rows", ROWS, &log)?;
        let kept = [k6, vegeta].iter().all(|(seconds, mb)| *seconds <= AIM_SECONDS && *mb <= AIM_MB);
        anyhow::ensure!(
            kept,
            "above the aim; look for what became slower, on a machine that does nothing else"
        );
        Ok(())
    }
}

/// Median seconds and greatest megabytes.
fn figures(what: &str, requests: u64, log: &Path) -> anyhow::Result<(f64, f64)> {
    let runs: Vec<_> = (0..RUNS).map(|_| import(log)).collect::<Result<_, _>>()?;
    let mut seconds: Vec<f64> = runs.iter().map(|run| run.0).collect();
    seconds.sort_by(f64::total_cmp);
    let memory = runs.iter().map(|run| run.1).fold(0.0, f64::max);
    println!(
        "import, {what}, {requests} requests, {:.0} MB: median {:.2} s, min {:.2}, max {:.2} over {RUNS} runs (aim for a million \
         rows: at most {AIM_SECONDS}); peak {memory:.0} MB (at most {AIM_MB})",
        log.metadata()?.len() as f64 / 1e6,
        seconds[RUNS / 2],
        seconds[0],
        seconds[RUNS - 1],
    );
    Ok((seconds[RUNS / 2], memory))
}

/// Seconds and megabytes of one import.
fn import(log: &Path) -> anyhow::Result<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    let clock = Clock::start();
    let mut command = Command::new(env!("CARGO_BIN_EXE_spanload"));
    command.arg("import").arg(log).arg("--run").arg(folder.path().join("run"));
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let pid = libc::pid_t::try_from(child.id())?;
    let mut status = 0;
    // SAFETY: rusage is plain integers, for which all-zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid to write to; the child is ours and waited for only here.
    let waited = unsafe { libc::wait4(pid, &mut status, 0, &mut usage) };
    if waited != pid || !libc::WIFEXITED(status) || libc::WEXITSTATUS(status) != 0 {
        bail!("the import ended with status {status}");
    }
    // Linux counts in units of 1,024 bytes.
    Ok((clock.now().as_micros() as f64 / 1e6, usage.ru_maxrss as f64 * 1_024.0 / 1e6))
}

fn k6(log: &Path, requests: u64) -> anyhow::Result<()> {
    const TIMES: [(&str, u64); 8] = [
        ("http_req_duration", 12_451),
        ("http_req_blocked", 24),
        ("http_req_connecting", 0),
        ("http_req_tls_handshaking", 0),
        ("http_req_sending", 284),
        ("http_req_waiting", 11_966),
        ("http_req_receiving", 201),
        ("http_req_failed", 0),
    ];
    const URL: &str = "http://127.0.0.1:8123/v1/infer";
    let mut file = BufWriter::new(File::create(log)?);
    writeln!(
        file,
        "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,\
         status,subproto,tls_version,url,extra_tags,metadata"
    )?;
    for request in 0..requests {
        let end = BEGAN + request * 50;
        let mut row = |metric: &str, micros: u64| {
            let (whole, rest) = (micros / 1_000, micros % 1_000);
            writeln!(
                file,
                "{metric},{end},{whole}.{rest:03}123,,,,true,,POST,{URL},HTTP/1.1,default,,200,,,{URL},,"
            )
        };
        row("http_reqs", 1_000)?;
        for (metric, micros) in TIMES {
            row(metric, if micros == 11_966 { micros + request % 997 } else { micros })?;
        }
        for metric in ["data_sent", "data_received", "iteration_duration", "iterations"] {
            writeln!(file, "{metric},{end},165.000000,,,,,,,,,default,,,,,,,")?;
        }
    }
    Ok(file.flush()?)
}

fn vegeta(log: &Path) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(log)?);
    for request in 0..ROWS {
        let (began, latency) = ((BEGAN + request * 50) * 1_000, 12_000_000 + request % 997 * 1_000);
        writeln!(
            file,
            "{began},200,{latency},18,120,,eyJjaG9pY2VzIjpbXX0=,,{request},POST,http://127.0.0.1:8123/v1/infer,\
             Q29udGVudC1UeXBlOiBhcHBsaWNhdGlvbi9qc29u"
        )?;
    }
    Ok(file.flush()?)
}
