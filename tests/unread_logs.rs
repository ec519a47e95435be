//! A log that is there and cannot be read is not one that was never written, and a log that somebody changed is not the run's.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::EXE;
use crate::common::run::{Results, Run, fresh_folder, text};

fn analyze(results: &Results) -> Output {
    Command::new(EXE).arg("analyze").arg(&results.0).output().expect("the binary starts")
}

/// The message of the only caveat of a kind; `None` where there is none.
fn caveat(results: &Results, kind: &str) -> Option<String> {
    let comparison = results.comparison();
    let caveats = comparison["caveats"].as_array().expect("a list").clone();
    let mut found =
        caveats.iter().filter(|caveat| caveat["kind"] == kind).map(|caveat| text(&caveat["message"]));
    let message = found.next();
    assert_eq!(found.next(), None, "it is said once");
    message
}

/// The run with a given load test that comes with the sources.
fn reference(name: &str) -> Results {
    let run = fresh_folder(name).join("run");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/reference");
    let copied = Command::new("cp").arg("-r").arg(from).arg(&run).status().expect("there is cp");
    assert!(copied.success());
    Results(run)
}

/// Nobody can open a link that leads to itself, root neither.
fn make_unreadable(results: &Results, log: &str) {
    fs::remove_file(results.path(log)).expect("it is there");
    symlink(log, results.path(log)).expect("links are possible");
}

#[test]
fn a_log_that_cannot_be_read_is_told_and_not_taken_for_absent() {
    let cases = [
        ("input_py.csv", "baseline_script_unreadable"),
        ("truth_input_py.csv", "unread_log"),
        ("truth_before-1.csv", "unread_log"),
        ("single_calls.csv", "unread_log"),
        ("failures.jsonl", "unread_log"),
    ];
    for (log, kind) in cases {
        let results = reference("unread_logs");
        fs::write(results.path("failures.jsonl"), "").expect("the folder is writable");
        make_unreadable(&results, log);
        let output = analyze(&results);
        assert_eq!(output.status.code(), Some(0), "{log}: {output:?}");
        let message = caveat(&results, kind).unwrap_or_else(|| panic!("{log}: {:?}", results.all_caveats()));
        assert!(message.contains(log) && message.contains("symbolic links"), "{message}");
        assert_eq!(caveat(&results, "missing_file"), None, "{log} is there");
    }
    for log in ["calibration.csv", "before.csv", "after.csv"] {
        let results = reference("unread_logs");
        make_unreadable(&results, log);
        let output = analyze(&results);
        assert_eq!(output.status.code(), Some(1), "{log}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(log), "{output:?}");
    }
}

/// The screen folds its lines.
fn flat(screen: &[u8]) -> String {
    String::from_utf8_lossy(screen).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Changes one digit somewhere in the second half of a file, as a damaged disk might.
fn change_a_digit(path: &Path) {
    let mut bytes = fs::read(path).expect("a log");
    let half = bytes.len() / 2;
    let digit =
        bytes[half..].iter_mut().find(|byte| matches!(byte, b'1'..=b'8')).expect("there are figures in it");
    *digit += 1;
    fs::write(path, bytes).expect("the folder is writable");
}

#[test]
fn a_log_that_was_changed_is_named_by_its_checksum() {
    let run = Run::prove("log_sums", &["--no-metrics"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let results = run.results();
    let logs = [
        "before.csv",
        "after.csv",
        "calibration.csv",
        "single_calls.csv",
        "answers.jsonl",
        "truth_after-1.csv",
    ];
    let sums = results.manifest()["logs"].clone();
    for log in logs {
        let bytes = fs::metadata(results.path(log)).expect("a log").len();
        assert_eq!(sums[log]["bytes"], bytes, "{log}: {sums}");
    }
    assert_eq!(sums["comparison.csv"], serde_json::Value::Null, "it is made of the logs");
    assert_eq!((analyze(&results).status.code(), caveat(&results, "log_changed")), (Some(0), None));
    // Figures that nothing else would tell from true ones.
    for log in ["answers.jsonl", "truth_after-1.csv"] {
        change_a_digit(&results.path(log));
    }
    let before = results.text("before.csv");
    let (header, rows) = before.split_once('\n').expect("a header");
    let sent = header.split(',').position(|name| name == "bytes_sent").expect("a column");
    let mut fields: Vec<&str> = rows.lines().next().expect("a row").split(',').collect();
    fields[sent] = "1";
    let rest = rows.split_once('\n').expect("a row").1;
    fs::write(results.path("before.csv"), format!("{header}\n{}\n{rest}", fields.join(",")))
        .expect("writable");
    let output = analyze(&results);
    let message = caveat(&results, "log_changed").expect("it is said");
    assert!(
        message.starts_with("answers.jsonl, before.csv, truth_after-1.csv: not as the run left it"),
        "{message}"
    );
    for shown in [flat(&output.stdout), results.text("report.html")] {
        assert!(shown.contains("not as the run left it"), "{shown}");
    }
    let strict = Command::new(EXE).args(["analyze", "--strict"]).arg(&results.0).output();
    assert_eq!(strict.expect("the binary starts").status.code(), Some(98));
    let folder = results.0.display().to_string();
    let compare = |phase| {
        let output = Command::new(EXE).args(["compare", &folder, &folder, "--phase", phase]).output();
        flat(&output.expect("the binary starts").stdout)
    };
    assert!(compare("before").contains("not as the run left it"), "its own log was changed");
    assert!(!compare("after").contains("not as the run left it"), "its own log was not");
}
