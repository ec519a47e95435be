//! What `analyze` makes of logs that are not as a run leaves them: an error that names the place, or a caveat that counts.

use std::process::{Command, Output};

use crate::common::EXE;
use crate::common::run::{Results, count, fresh_folder, text};
use serde_json::json;
use spanload::model::{AnswerDigest, Digest};
use spanload::model::{Micros, Moment};
use spanload::model::{Sample, Stages};
use spanload::plan::TraceIds;
use spanload::runlog::LogWriter;

const REQUESTS: u64 = 200;
const RUN: &str = "20260101T000000Z-test";
/// What only the fourth row of the after phase has: ttfb and latency, eight fields that are empty, attempts and status.
const FOURTH: &str = "500.003,500.003,,,,,,,,,1,200,";

/// A finished run of 200 requests of 1 s before and 0.5 s after, in a folder of its own.
fn run(name: &str) -> Results {
    let results = Results(fresh_folder(name));
    for (phase, latency) in [("before", 1_000_000), ("after", 500_000)] {
        std::fs::write(results.path(&format!("{phase}.csv")), log(RUN, phase, latency)).expect("writable");
    }
    let manifest = json!({
        "schema": 1, "run_id": RUN, "version": "0", "command": [], "started_at": "", "started_unix_us": 0,
        "interrupted": null, "scenario": null, "repetitions": [], "baseline_script": null, "payloads": null,
        "plan": { "digest": "0", "requests": REQUESTS, "repetitions": 1, "workers": 4, "before": "", "after": "" },
        "sla": [{ "metric": "p95", "limit_us": 800_000 }], "merged_stages": [], "caveats": [],
        "machine": { "platform": "" },
    });
    std::fs::write(results.path("manifest.json"), manifest.to_string()).expect("writable");
    results
}

fn log(run_id: &str, phase: &str, latency: u64) -> Vec<u8> {
    let mut log = LogWriter::new(Vec::new(), run_id, phase).expect("memory takes it");
    let ids = TraceIds::new(run_id, phase, 1);
    for seq in 0..REQUESTS {
        let mut lengths = [None; 8];
        lengths[6] = Some(Micros(latency + seq));
        lengths[7] = Some(Micros(0));
        let sample = Sample {
            stages: Stages::from_lengths(lengths),
            attempts: 1,
            status: Some(200),
            error: None,
            answer_digest: Some(AnswerDigest::OfValue(Digest::of(&seq.to_le_bytes()))),
            ..Sample::unsent(seq, ids.trace(seq), Some(Moment::START))
        };
        log.write(1, &sample).expect("memory takes it");
    }
    log.into_inner().expect("memory takes it")
}

fn analyze(results: &Results) -> Output {
    Command::new(EXE).arg("analyze").arg(&results.0).output().expect("the binary starts")
}

/// Changes a file of the run.
fn change(results: &Results, file: &str, change: impl Fn(&str) -> String) {
    std::fs::write(results.path(file), change(&results.text(file))).expect("writable");
}

fn assert_refused(results: &Results, words: &[&str]) {
    let output = analyze(results);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(words.iter().all(|word| complaint.contains(word)), "{words:?} in {complaint}");
    assert!(!complaint.contains("panicked"), "{complaint}");
}

fn caveat(results: &Results, kind: &str) -> String {
    let comparison = results.comparison();
    let mut caveats = comparison["caveats"].as_array().expect("a list").iter();
    let found = caveats.find(|caveat| caveat["kind"] == kind);
    text(&found.unwrap_or_else(|| panic!("no {kind} in {}", comparison["caveats"]))["message"])
}

#[test]
fn a_sound_run_raises_no_caveat() {
    let results = run("sound");
    assert_eq!(analyze(&results).status.code(), Some(0));
    assert_eq!(results.all_caveats(), [""; 0]);
}

#[test]
fn rows_that_are_missing_count_as_unsent_and_are_counted() {
    let results = run("missing_rows");
    change(&results, "after.csv", |log| log.split_inclusive('\n').take(1 + 150).collect());
    assert_eq!(analyze(&results).status.code(), Some(99));
    assert!(caveat(&results, "missing_rows").contains("50 of 200 planned requests have no row in after.csv"));
    let after = &results.comparison()["phases"]["after"];
    assert_eq!(["planned", "succeeded", "failed", "unsent"].map(|key| count(&after[key])), [200, 150, 0, 50]);
    assert!(after["latency_ms"]["p95"].is_null());
}

#[test]
fn a_row_that_was_cut_off_is_said() {
    let results = run("cut_row");
    change(&results, "after.csv", |log| log[..log.len() - 20].to_string());
    assert_eq!(analyze(&results).status.code(), Some(99));
    assert!(caveat(&results, "truncated_log").contains("after.csv"));
    assert!(caveat(&results, "missing_rows").contains("1 of 200"));
}

#[test]
fn a_log_without_rows_is_a_failed_run_and_one_without_a_header_an_error() {
    let results = run("empty_log");
    change(&results, "after.csv", |log| log.split_inclusive('\n').take(1).collect());
    assert_eq!(analyze(&results).status.code(), Some(1));
    assert!(caveat(&results, "missing_rows").contains("200 of 200"));
    change(&results, "after.csv", |_| String::new());
    assert_refused(&results, &["after.csv", "empty"]);
}

#[test]
fn a_log_that_is_gone_leaves_the_other_one_readable() {
    let results = run("gone");
    std::fs::remove_file(results.path("after.csv")).expect("it is there");
    assert_eq!(analyze(&results).status.code(), Some(1));
    assert!(caveat(&results, "missing_log").contains("after.csv"));
    assert_eq!(count(&results.comparison()["phases"]["before"]["succeeded"]), REQUESTS);
}

#[test]
fn columns_of_a_later_version_are_named_and_not_read() {
    let results = run("unknown_columns");
    change(&results, "before.csv", |log| {
        let rows = log.lines().enumerate();
        rows.map(|(line, row)| format!("{row},{}\n", if line == 0 { "colour" } else { "red" })).collect()
    });
    assert_eq!(analyze(&results).status.code(), Some(0));
    assert!(caveat(&results, "unknown_columns").contains("1 columns of before.csv are unknown"));
    assert!(caveat(&results, "unknown_columns").contains("colour"));
}

#[test]
fn a_request_with_two_rows_is_an_error() {
    let results = run("duplicate");
    change(&results, "before.csv", |log| {
        let second = log.lines().nth(2).expect("a second row");
        format!("{log}{second}\n")
    });
    assert_refused(&results, &["before.csv", "line 202", "request 1 of repetition 1 has two rows"]);
}

#[test]
fn rows_of_another_run_or_phase_are_an_error() {
    let results = run("foreign");
    std::fs::write(results.path("after.csv"), log("another-run", "after", 5)).expect("writable");
    assert_refused(&results, &["after.csv", "line 2", "another-run", RUN]);
    std::fs::write(results.path("after.csv"), log(RUN, "before", 5)).expect("writable");
    assert_refused(&results, &["after.csv", "line 2", "phase", "before"]);
}

#[test]
fn a_row_that_cannot_be_is_an_error_with_its_line() {
    let cases: [(&str, &str, &str); 10] = [
        (",500.003,500.003,", ",500.003,500.004,", "sum"),
        (",500.003,500.003,", ",400.000,500.003,", "ttfb_ms"),
        (",1,3,", ",1,203,", "seq 203"),
        (",1,3,", ",2,3,", "repetition 2"),
        (",1,3,", ",1,three,", "three"),
        (",1,3,", ",1,3,3,", "40 fields"),
        (FOURTH, &FOURTH.replace(",1,200,", ",1,999,"), "a success with status 999"),
        (FOURTH, &FOURTH.replace(",1,200,", ",1,2000,"), "status is 2000"),
        (FOURTH, &FOURTH.replace(",1,200,", ",0,200,"), "attempts is 0"),
        (FOURTH, &FOURTH.replace(",,,1,200,", ",7,0,1,200,"), "batch_size is 0"),
    ];
    for (index, (from, to, word)) in cases.iter().enumerate() {
        let results = run(&format!("row_{index}"));
        change(&results, "after.csv", |log| {
            assert_eq!(log.matches(from).count(), 1, "{from}");
            log.replace(from, to)
        });
        assert_refused(&results, &["after.csv", "line 5", word]);
    }
}

#[test]
fn a_log_beside_the_phases_is_checked_as_they_are() {
    for (name, part) in [("single_calls.csv", "single_calls"), ("calibration.csv", "calibration")] {
        let results = run(&format!("beside_{part}"));
        // A prediction hangs on the calibration; the phases can do without the other calls.
        let complained = |words: &[&str]| match part {
            "calibration" => assert_refused(&results, words),
            _ => {
                assert_eq!(analyze(&results).status.code(), Some(0));
                let message = caveat(&results, "unread_log");
                words.iter().for_each(|word| assert!(message.contains(word), "no `{word}` in {message}"));
            }
        };
        std::fs::write(results.path(name), "no,such,columns\n").expect("writable");
        complained(&[name, "`run_id` is missing"]);
        std::fs::write(results.path(name), log(RUN, "before", 5)).expect("writable");
        complained(&[name, "line 2", "phase", part]);
        std::fs::write(results.path(name), log(RUN, part, 5)).expect("writable");
        change(&results, name, |log| log[..log.len() - 9].to_string());
        assert_eq!(analyze(&results).status.code(), Some(0));
        assert!(caveat(&results, "truncated_log").contains(name));
    }
}

#[test]
fn a_manifest_that_leaves_nothing_to_judge_is_refused() {
    let results = run("no_sla");
    let whole = results.text("manifest.json");
    change(&results, "manifest.json", |_| whole.replace(r#"[{"limit_us":800000,"metric":"p95"}]"#, "[]"));
    assert_refused(&results, &["manifest.json", "no line of an SLA", "nothing to judge"]);
    assert!(!results.path("comparison.json").exists());
    let folder = results.0.display().to_string();
    let compared = Command::new(EXE).args(["compare", &folder, &folder]).output().expect("the binary starts");
    let said = String::from_utf8_lossy(&compared.stderr).into_owned();
    assert_eq!(compared.status.code(), Some(2), "{said}");
    assert!(said.contains("run b") && said.contains("--sla p95=800ms"), "{said}");
    let judged = Command::new(EXE).args(["compare", &folder, &folder, "--sla", "p95=2s"]).output();
    assert_eq!(judged.expect("the binary starts").status.code(), Some(0), "by a line of its own");
}

#[test]
fn a_manifest_of_another_schema_or_that_sends_nothing_is_refused() {
    let results = run("schema");
    let whole = results.text("manifest.json");
    let strategies = |batch: u32, pool: u32| {
        let one = json!({ "connections": { "pool": pool }, "batch": batch });
        format!(r#""strategies":{{"before":{one},"after":{one}}},"workers":4"#)
    };
    let from = r#""workers":4"#;
    for (from, to, words) in [
        (r#""schema":1"#, r#""schema":2"#.to_string(), &["schema is 2", "reads schema 1"][..]),
        (r#""schema":1,"#, String::new(), &["no manifest of spanload", "schema"]),
        (from, strategies(0, 4), &["batches of 0"]),
        (from, strategies(1, 0), &["0 connections"]),
    ] {
        assert_eq!(whole.matches(from).count(), 1, "{from} in {whole}");
        change(&results, "manifest.json", |_| whole.replace(from, &to));
        assert_refused(&results, &[&["manifest.json"], words].concat());
    }
    change(&results, "manifest.json", |_| whole.replace(from, &strategies(1, 4)));
    assert_eq!(analyze(&results).status.code(), Some(0));
}

#[test]
fn a_manifest_that_asks_for_all_memory_is_refused() {
    let results = run("huge");
    let repetitions = |text: &str| text.replace("\"repetitions\":1", "\"repetitions\":4000000000");
    change(&results, "manifest.json", repetitions);
    assert_refused(&results, &["manifest.json", "4000000000 repetitions"]);
    let results = run("long");
    change(&results, "manifest.json", |text| text.replace("\"requests\":200", "\"requests\":1000000000"));
    assert_refused(&results, &["manifest.json", "1000000000 requests"]);
    change(&results, "manifest.json", |text| {
        text.replace("\"requests\":1000000000", "\"requests\":100000000")
    });
    assert_eq!(analyze(&results).status.code(), Some(99), "long, but not impossible");
    assert!(caveat(&results, "missing_rows").contains("99999800 of 100000000"));
}
