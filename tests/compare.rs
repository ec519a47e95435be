//! `spanload compare` on runs made by hand: what is compared, the exit codes, and what is said of runs that differ.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::EXE;
use crate::common::handmade_run::{HandmadeRun, failed, rising};
use crate::common::run::fresh_folder;
use serde_json::Value;
use spanload::model::{AnswerDigest, Digest};
use spanload::model::{ErrorKind, Sample, Signal};

/// Three repetitions of 200 requests from so many milliseconds on, a little apart.
fn repetitions(from: u64) -> Vec<Vec<Sample>> {
    [0, 2, 4].map(|apart| rising(200, from + apart)).to_vec()
}

fn release(run_id: &'static str, after: Vec<Vec<Sample>>) -> HandmadeRun {
    HandmadeRun { run_id, ..HandmadeRun::of(repetitions(1_100), after) }
}

/// Two runs: the second one's after phase starts at 300 ms where the first one's starts at 400.
fn runs(name: &str) -> [PathBuf; 2] {
    let folder = fresh_folder(name);
    write(&folder, [release("old", repetitions(400)), release("new", repetitions(300))])
}

fn write(folder: &Path, runs: [HandmadeRun; 2]) -> [PathBuf; 2] {
    let folders = ["a", "b"].map(|name| folder.join(name));
    folders.iter().zip(runs).for_each(|(folder, run)| run.write(folder));
    folders
}

fn compare([a, b]: &[PathBuf; 2], flags: &[&str]) -> Output {
    let mut command = Command::new(EXE);
    command
        .env_remove("GITHUB_STEP_SUMMARY")
        .arg("compare")
        .arg(a)
        .arg(b)
        .args(flags)
        .output()
        .expect("the binary starts")
}

fn json(runs: &[PathBuf; 2], flags: &[&str]) -> Value {
    let output = compare(runs, &[flags, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn kinds(comparison: &Value) -> Vec<&str> {
    comparison["caveats"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|caveat| caveat["kind"].as_str())
        .collect()
}

#[test]
fn after_is_compared_with_after_and_the_second_run_is_judged() {
    let runs = runs("compare_after");
    let comparison = json(&runs, &[]);
    assert_eq!(
        comparison["phases"]["before"]["latency_ms"]["p95"], 591.0,
        "rank 570 of three times 200 requests"
    );
    assert_eq!(comparison["phases"]["after"]["latency_ms"]["p95"], 491.0);
    assert_eq!((&comparison["verdict"], &comparison["exit_code"]), (&"met".into(), &0.into()));
    assert_eq!(comparison["sla"][0]["limit_ms"], 800.0, "the second run's own");
    assert_eq!(
        (&comparison["quality"]["compared"], &comparison["quality"]["different"]),
        (&600.into(), &0.into())
    );
    assert_eq!((&comparison["run_id"], &comparison["schema"]), (&"old...new".into(), &1.into()));
    assert_eq!(comparison["runs"]["b"]["phase"], "after");
    assert_eq!(kinds(&comparison), [""; 0]);
    let ends = comparison["difference"]["p95"]["ci95_ratio"].as_array().expect("an interval");
    let ratio = 491.0 / 591.0;
    assert!(ends[0].as_f64() < Some(ratio) && Some(ratio) < ends[1].as_f64(), "{ends:?}");
}

#[test]
fn phases_and_limits_can_be_chosen() {
    let runs = runs("compare_phases");
    let p95 = |flags: &[&str]| {
        let comparison = json(&runs, flags);
        ["before", "after"]
            .map(|side| comparison["phases"][side]["latency_ms"]["p95"].as_f64().expect("a figure"))
    };
    assert_eq!(p95(&["--phase", "before"]), [1_291.0, 1_291.0]);
    assert_eq!(p95(&["--phase-a", "before"]), [1_291.0, 491.0]);
    assert_eq!(p95(&["--phase-b", "before"]), [591.0, 1_291.0]);
    let lines = json(&runs, &["--sla", "mean=1s", "--sla", "p99=400ms"])["sla"].clone();
    let found: Vec<_> =
        lines.as_array().expect("a list").iter().map(|line| (&line["metric"], &line["verdict"])).collect();
    assert_eq!(found, [(&"mean".into(), &"met".into()), (&"p99".into(), &"missed".into())]);
}

#[test]
fn exit_codes_are_those_of_a_run() {
    let runs = runs("compare_codes");
    let cases: [(&[&str], i32); 7] = [
        (&[], 0),
        (&["--strict"], 0),
        (&["--sla", "p95=490.999ms"], 99),
        (&["--sla", "p95=491.5ms"], 0),
        // Within the interval of the second run.
        (&["--sla", "p95=491.5ms", "--strict"], 98),
        (&["--sla", "p95=fast"], 2),
        (&["--phase", "middle"], 2),
    ];
    for (flags, code) in cases {
        let output = compare(&runs, flags);
        assert_eq!(output.status.code(), Some(code), "{flags:?}: {output:?}");
    }
    let missing = compare(&[runs[0].clone(), runs[1].join("nowhere")], &[]);
    assert_eq!(missing.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(complaint.contains("run b") && complaint.contains("nowhere/manifest.json"), "{complaint}");
    assert!(missing.stdout.is_empty());
}

/// Nobody interrupts the comparison; that a stored run was cut short is said of that run.
#[test]
fn a_stored_run_that_was_interrupted_is_a_caveat() {
    let mut stopped = repetitions(300);
    stopped[2].truncate(150);
    let runs = write(
        &fresh_folder("compare_interrupted"),
        [
            release("old", repetitions(400)),
            HandmadeRun { interrupted: Some(Signal::Interrupt), ..release("new", stopped) },
        ],
    );
    let output = compare(&runs, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(99), "unsent requests are never met: {output:?}");
    assert!(kinds(&json(&runs, &[])).contains(&"interrupted"));
}

#[test]
fn other_answers_are_a_miss() {
    let mut changed = repetitions(300);
    for repetition in &mut changed {
        repetition[7..17].iter_mut().for_each(|sample| {
            sample.answer_digest = Some(AnswerDigest::OfValue(Digest::of(b"another answer")));
        });
    }
    let runs =
        write(&fresh_folder("compare_answers"), [release("old", repetitions(400)), release("new", changed)]);
    let comparison = json(&runs, &[]);
    assert_eq!((&comparison["verdict"], &comparison["exit_code"]), (&"missed".into(), &99.into()));
    assert_eq!(
        (&comparison["quality"]["different"], &comparison["quality"]["examples"]),
        (&30.into(), &serde_json::json!((7..17).collect::<Vec<_>>()))
    );
    assert_eq!(kinds(&comparison), ["answers_differ"]);
}

#[test]
fn plans_that_differ_are_said_and_their_answers_not_compared() {
    let other =
        HandmadeRun { plan_digest: "ffeeddccbbaa99887766554433221100", ..release("new", repetitions(300)) };
    let runs = write(&fresh_folder("compare_plans"), [release("old", repetitions(400)), other]);
    let comparison = json(&runs, &[]);
    assert_eq!(kinds(&comparison), ["plans_differ"]);
    assert_eq!(comparison["quality"]["compared"], 0, "equal numbers are other requests");
    assert_eq!(compare(&runs, &["--strict"]).status.code(), Some(98));
}

#[test]
fn failures_of_one_side_are_said_of_that_side() {
    let mut failing = repetitions(300);
    for samples in &mut failing {
        samples[..20].iter_mut().for_each(|sample| *sample = failed(sample.clone(), ErrorKind::Reset));
    }
    let runs =
        write(&fresh_folder("compare_failures"), [release("old", repetitions(400)), release("new", failing)]);
    let comparison = json(&runs, &[]);
    assert_eq!(kinds(&comparison), ["unequal_errors"]);
    assert_eq!((&comparison["sla"][0]["after_ms"], &comparison["verdict"]), (&Value::Null, &"missed".into()));
    let message = comparison["caveats"][0]["message"].as_str().expect("a text");
    assert!(message.starts_with("0.0 % of run a and 10.0 % of run b failed"), "{message}");
}

#[test]
fn a_run_under_other_conditions_is_said() {
    let runs = runs("compare_conditions");
    let path = runs[1].join("manifest.json");
    let mut manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("a file")).expect("JSON");
    manifest["plan"]["workers"] = 9.into();
    manifest["scenario"]["mock"]["replicas"] = 16.into();
    manifest["machine"]["platform"] = "linux riscv64".into();
    manifest["version"] = "0.2.0".into();
    manifest["transport"] = "reqwest".into();
    std::fs::write(&path, manifest.to_string()).expect("the folder is writable");
    let comparison = json(&runs, &[]);
    assert_eq!(kinds(&comparison), ["machines_differ", "load_differs", "mock_differs", "versions_differ"]);
    let all = comparison["caveats"].to_string();
    for words in [
        "riscv64",
        "4 callers in a closed loop and 9 callers in a closed loop",
        "transport direct and reqwest",
        "replicas 8 and 16",
        "0.1.0 and 0.2.0",
    ] {
        assert!(all.contains(words), "no `{words}` in {all}");
    }
}

#[test]
fn the_urls_that_were_asked_are_named() {
    let runs = runs("compare_urls");
    for (folder, name) in runs.iter().zip(["old", "new"]) {
        let path = folder.join("manifest.json");
        let mut manifest: Value =
            serde_json::from_slice(&std::fs::read(&path).expect("a manifest")).expect("JSON");
        manifest["scenario"]["target"]["url"] = format!("http://{name}.test").into();
        std::fs::write(&path, manifest.to_string()).expect("the folder is writable");
    }
    let output = compare(&runs, &[]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains(", to http://old.test") && text.contains(", to http://new.test"), "{text}");
}

#[test]
fn the_screen_names_both_runs() {
    let [a, _] = runs("compare_screen");
    let mut command = Command::new(EXE);
    command.args(["compare", "a", "b"]).current_dir(a.parent().expect("the folder of both"));
    let output = command.env_remove("GITHUB_STEP_SUMMARY").output().expect("the binary starts");
    insta::assert_snapshot!(String::from_utf8(output.stdout).expect("text"));
}
