//! The page of a long run: bounded in length and made in seconds. Prints what it measured.
//!
//! `SPANLOAD` names a binary to measure in place of the one that is built for the tests, which is not an optimised one; with
//! `MEASURED` it is held to its aim.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::common::EXE;
use crate::common::page::{Made, Page, reference_logs};
use crate::common::run::Results;
use serde_json::json;

const REQUESTS: u64 = 100_000;
/// What a page may be long.
const BYTES_MOST: usize = 3_000_000;
/// What it may take of a processor, where that is measured: on a machine that is calm.
const SECONDS_AIM: f64 = 2.0;
/// What it may take on any machine: more than ten times what it takes.
const SECONDS_MOST: f64 = 10.0;
/// The same for a binary that is not optimised; a step for each pair of rows would take minutes.
const SECONDS_MOST_UNOPTIMISED: f64 = 60.0;
/// Each request of the reference run stands for so many.
const TILES: u64 = 56;

/// What is measured, and what it may take.
fn binary() -> (PathBuf, f64) {
    match std::env::var_os("SPANLOAD") {
        Some(path) if std::env::var_os("MEASURED").is_some() => (path.into(), SECONDS_AIM),
        Some(path) => (path.into(), SECONDS_MOST),
        None if cfg!(debug_assertions) => (EXE.into(), SECONDS_MOST_UNOPTIMISED),
        None => (EXE.into(), SECONDS_MOST),
    }
}

/// A binary that is not optimised gets an eighth of it, which is still more than a page draws.
fn part() -> u64 {
    if std::env::var_os("SPANLOAD").is_none() && cfg!(debug_assertions) { 8 } else { 1 }
}

/// Runs a command to its end, which must be a good one, and tells what processor time it took: what else is on makes it
/// last longer, but not much of that.
#[allow(clippy::zombie_processes, reason = "waited for by the system call that tells the time too")]
fn processor_seconds(command: &mut Command) -> f64 {
    let child = command.stdout(Stdio::null()).spawn().expect("the binary starts");
    let pid = libc::pid_t::try_from(child.id()).expect("a process id");
    // SAFETY: rusage is plain integers, for which all-zero is a value
    let (mut status, mut usage) = (0, unsafe { std::mem::zeroed::<libc::rusage>() });
    // SAFETY: both are valid to write to, and nobody else waits for this child
    let ended = unsafe { libc::wait4(pid, &mut status, 0, &mut usage) };
    assert_eq!((ended, status), (pid, 0), "it ends, and well");
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Makes the page, within bounds.
fn page_of(results: &Results, what: &str) -> Page {
    let (binary, most) = binary();
    let mut report = Command::new(binary);
    let seconds = processor_seconds(report.arg("report").arg(&results.0));
    let page = Page::read(&results.path("report.html"));
    let bytes = page.bytes().len();
    println!("report for {what}: {seconds:.2} s of a processor, {:.2} MB", bytes as f64 / 1e6);
    assert!(bytes <= BYTES_MOST, "{bytes} bytes");
    assert!(seconds <= most, "{seconds} s");
    page
}

#[test]
fn the_page_of_a_hundred_thousand_requests_of_each_phase() {
    let made = Made::new("page_size");
    let requests = REQUESTS / part();
    made.change_manifest(|manifest| {
        manifest["plan"]["requests"] = json!(requests);
        manifest["scenario"] = json!({ "telemetry": { "jaeger_url": "http://127.0.0.1:16686" } });
    });
    made.lengthen(requests);
    let text = page_of(&made.results, &format!("{requests} requests of each phase")).visible();
    assert!(
        text.contains(" are left out of this picture, and of nothing else."),
        "what is not drawn is counted"
    );
}

#[test]
fn the_page_of_a_long_run_of_which_whole_repetitions_failed() {
    let (results, tiles) = (reference_logs("page_size_failed"), TILES / part());
    for (phase, failed) in [("before", "1"), ("after", "3")] {
        let log = results.text(&format!("{phase}.csv"));
        std::fs::write(results.path(&format!("{phase}.csv")), tiled(&log, failed, tiles)).expect("writable");
    }
    let mut manifest = results.manifest();
    manifest["plan"]["requests"] = json!(600 * tiles);
    std::fs::write(results.path("manifest.json"), manifest.to_string()).expect("writable");
    let text =
        page_of(&results, &format!("{} requests of each phase, a third failed", 1_800 * tiles)).visible();
    let failed = format!("reset: {},{:03}, such as request", 600 * tiles / 1_000, 600 * tiles % 1_000);
    assert!(text.contains(&failed), "all failures are counted: {text}");
}

/// A log whose rows stand there many times as other requests, and a repetition of which failed. Its fields hold no comma.
fn tiled(log: &str, failed: &str, tiles: u64) -> String {
    let (header, rows) = log.split_once('\n').expect("a header");
    let at = |name: &str| header.split(',').position(|column| column == name).expect("a column");
    let [repetition, seq, trace, status, error, digest] =
        ["repetition", "seq", "trace_id", "status", "error", "answer_digest"].map(at);
    let mut text = format!("{header}\n");
    for (tile, (line, row)) in
        (0..tiles).flat_map(|tile| rows.lines().enumerate().map(move |row| (tile, row)))
    {
        let mut fields: Vec<String> = row.split(',').map(String::from).collect();
        let number: u64 = fields[seq].parse().expect("a number");
        fields[seq] = (number + 600 * tile).to_string();
        fields[trace] = format!(
            "{:032x}",
            ((u128::from(tile) << 64) | (line as u128 + 1))
                .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
                | 1
        );
        if fields[repetition] == failed {
            fields[status].clear();
            fields[digest].clear();
            fields[error] = "reset".to_string();
        }
        let _ = writeln!(text, "{}", fields.join(","));
    }
    text
}
