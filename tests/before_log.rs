//! `before.log`: another tool's log stands for the before phase. The logs are those that the tools wrote.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::common::EXE;
use crate::common::page::{Page, analyze, reported};
use crate::common::run::{Results, Run, count, fresh_folder, prove_command, text};

const MADE: [&str; 4] = ["comparison.json", "comparison.csv", "analysis.json", "report.html"];

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/recorded").join(name)
}

fn prove(name: &str, log: &Path, flags: &[&str]) -> Run {
    let set = format!("before.log={}", log.display());
    Run::prove(name, &[&["-n", "8", "-c", "4", "--set", &set], flags].concat())
}

fn bytes(results: &Results) -> [Vec<u8>; 4] {
    MADE.map(|name| fs::read(results.path(name)).expect("it is written"))
}

/// Rows without what names the run.
fn rows(results: &Results) -> Vec<Vec<String>> {
    let table = results.table("before.csv");
    let own = ["run_id", "trace_id"].map(|name| table.at(name));
    let keep = |row: &Vec<String>| {
        row.iter().enumerate().filter(|(at, _)| !own.contains(at)).map(|(_, field)| field.clone()).collect()
    };
    table.rows.iter().map(keep).collect()
}

fn message(results: &Results, kind: &str) -> String {
    let comparison = results.comparison();
    let caveats = comparison["caveats"].as_array().expect("a list");
    let found = caveats.iter().find(|caveat| caveat["kind"] == kind);
    text(&found.unwrap_or_else(|| panic!("no {kind} among {caveats:?}"))["message"])
}

#[test]
fn the_log_of_k6_is_the_before_phase_and_only_the_after_phase_is_sent() {
    let log = recorded("k6.csv");
    let run = prove("before_k6", &log, &["--repetitions", "2"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let (results, comparison) = (run.results(), run.results().comparison());
    let imported = Results(run.out.join("imported"));
    let import = Command::new(EXE).arg("import").arg(&log).arg("--run").arg(&imported.0).output();
    assert!(import.expect("it starts").status.success());
    assert_eq!(rows(&results), rows(&imported), "as import writes them");
    let planned = |phase: &str| count(&comparison["phases"][phase]["planned"]);
    assert_eq!([planned("before"), planned("after")], [24, 16]);
    assert_eq!(count(&comparison["phases"]["after"]["succeeded"]), 16);
    assert_eq!((&comparison["verdict"], &comparison["confidence"]), (&"met".into(), &"straddles".into()));
    assert!(
        comparison["sla"].as_array().expect("lines").iter().all(|line| line["confidence"] == "straddles")
    );
    for percentile in ["p50", "p95", "p99"] {
        let difference = &comparison["difference"][percentile];
        assert_eq!(
            [&difference["ci95_ms"], &difference["ci95_ratio"], &difference["paired_ci95_ms"]],
            [&Value::Null; 3]
        );
    }
    assert!(comparison["difference"]["p50"]["ms"].is_number());
    let paired = message(&results, "not_paired");
    assert!(paired.contains("k6 CSV") && paired.contains("http_req_blocked"), "{paired}");
    assert!(message(&results, "latency_differs").contains("flatters"));
    let repetitions = results.manifest()["repetitions"].clone();
    let sent = |part: &str| {
        repetitions.as_array().expect("a list").iter().filter(|one| one["phase"] == part).count()
    };
    assert_eq!([sent("before"), sent("after"), sent("calibration")], [1, 2, 0]);
    assert!(sent("single_calls") > 0, "they are of the after phase");
    assert!(!results.path("calibration.csv").exists() && !results.path("truth_before-1.csv").exists());
    let analysis = results.json("analysis.json");
    assert!(
        analysis["prediction"].is_null() && analysis["calibration"].is_null(),
        "there is nothing to predict from"
    );
    assert_eq!(count(&results.manifest()["before_log"]["requests"]), 24);
}

#[test]
fn what_is_written_is_a_function_of_the_files_and_the_page_says_whose_log_it_is() {
    let run = prove("before_vegeta", &recorded("vegeta.csv"), &["--ladder", "--strict"]);
    assert_eq!(run.code(), 98, "it is never clear: {}", run.stderr());
    assert!(
        run.stderr().contains("only the after phase is sent")
            && run.stderr().contains("no ladder is climbed"),
        "{}",
        run.stderr()
    );
    let results = run.results();
    assert!(!results.path("ladder_before.csv").exists());
    let written = bytes(&results);
    analyze(&results, 98);
    assert!(written == bytes(&results), "analyze makes the same files");
    let page = reported(&results, &[]);
    assert!(page.bytes() == written[3], "and report the same page");
    let seen = Page::read(&results.path("report.html")).visible();
    for words in [
        "was not interleaved with the other",
        "vegeta CSV",
        "latency, from when a worker takes the request",
        "not interleaved and sent different work",
    ] {
        assert!(seen.contains(words), "no `{words}`");
    }
    assert!(!seen.contains("What fixed it?") && !seen.contains("One plan for both"), "nobody knows");
    for phase in ["before", "after"] {
        let explain = Command::new(EXE)
            .args(["explain", "--slowest", "2", "--phase", phase, "--run"])
            .arg(&results.0)
            .output();
        let explain = explain.expect("it starts");
        assert!(explain.status.success(), "{explain:?}");
    }
    for (phase, foreign) in [("after", false), ("before", true)] {
        let mut compare = Command::new(EXE);
        compare.arg("compare").args([&results.0, &results.0]).args(["--phase", phase, "--format", "json"]);
        let compared = compare.output().expect("it starts");
        let said = String::from_utf8_lossy(&compared.stdout);
        assert_eq!(said.contains("not_paired"), foreign, "the after phase is this tool's own: {said}");
    }
}

#[test]
fn only_what_both_latencies_contain_is_compared() {
    let folder = fresh_folder("before_mapped_log");
    let log = folder.join("mine.csv");
    let rows: String = (0..40).map(|at| format!("{},{}\n", 1_767_323_045 + at, 900 + at)).collect();
    fs::write(&log, format!("when,elapsed\n{rows}")).expect("room");
    let maps = [
        "--set",
        r#"before.map=["latency=elapsed:ms", "start=when"]"#,
        "--set",
        "before.latency_from=connection",
    ];
    let run = prove("before_mapped", &log, &maps);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let message = message(&run.results(), "latency_differs");
    assert!(message.contains("queue, retry, dns, connect, tls of after are left out"), "{message}");
    let after = run.results().table("after.csv");
    let micros = |field: &&str| field.replace('.', "").parse::<u64>().unwrap_or(0);
    let [send, wait, receive] = ["send_ms", "wait_ms", "receive_ms"].map(|stage| after.column(stage));
    let counted = (0..send.len()).map(|at| micros(&send[at]) + micros(&wait[at]) + micros(&receive[at]));
    let longest = counted.max().expect("rows") as f64 / 1e3;
    assert_eq!(run.results().comparison()["phases"]["after"]["latency_ms"]["max"], longest);
}

#[test]
fn what_is_wrong_with_it_is_said_before_anything_is_sent() {
    let folder = fresh_folder("before_bad");
    let oha = fs::read_to_string(recorded("oha.csv")).expect("a log");
    let vegeta = fs::read_to_string(recorded("vegeta.csv")).expect("a log");
    let second = oha.lines().nth(1).expect("a row");
    let duration = second.split(',').nth(4).expect("a field");
    let (first, rest) = vegeta.split_once('\n').expect("rows");
    let stamp = first.split(',').next().expect("a stamp");
    let later = stamp.parse::<u64>().expect("a stamp") + 900_000_000_000;
    let cases: [(&str, Vec<u8>, &str); 7] = [
        (
            "comma.csv",
            oha.replacen(duration, &duration.replace('.', ","), 1).into(),
            "line 2: it has 8 fields where 7 are to be; a decimal comma",
        ),
        (
            "nan.csv",
            oha.replacen(duration, "NaN", 1).into(),
            "line 2, column request-duration: `NaN` is no time",
        ),
        ("cut.csv", oha.trim_end().into(), "line 23: the line has no end"),
        (
            "version.csv",
            oha.replacen("request-duration", "duration", 1).into(),
            "has no column request-duration",
        ),
        ("gob.bin", b"\xff\x96\x7f\x03\x01\x01\x06Result\x01\0Latency".into(), "vegeta encode --to csv"),
        (
            "clock.csv",
            format!("{rest}{}\n", first.replacen(stamp, &later.to_string(), 1)).into(),
            "has an earlier time than request",
        ),
        ("mine.csv", b"elapsed\n1\n".into(), "before.map"),
    ];
    for (name, contents, problem) in cases {
        let log = folder.join(name);
        fs::write(&log, contents).expect("room");
        let set = format!("before.log={}", log.display());
        let refused = prove_command(&folder, &["--set", &set]).output().expect("it starts");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{name}: {said}");
        assert!(
            said.contains("before.log: ") && said.contains(name) && said.contains(problem),
            "{said}\n{problem}"
        );
        assert!(said.len() < 2_000 && !folder.join("runs").exists(), "{said}");
    }
}
