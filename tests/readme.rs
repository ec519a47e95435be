//! Every figure of the README's result stands in the committed reference run.

use std::fs;
use std::path::Path;

use serde_json::Value;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn reference() -> Value {
    serde_json::from_str(&read("results/reference/comparison.json")).expect("the reference is JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Thousands apart.
fn grouped(ms: f64) -> String {
    let ms = ms.round() as u64;
    if ms < 1_000 { ms.to_string() } else { format!("{},{:03}", ms / 1_000, ms % 1_000) }
}

#[track_caller]
fn assert_in_readme(line: &str) {
    assert!(read("README.md").contains(line), "the README does not say: {line}");
}

#[test]
fn the_table_is_the_reference_run_s() {
    let reference = reference();
    let (before, after) = (&reference["phases"]["before"], &reference["phases"]["after"]);
    for (label, key) in [("P50", "p50"), ("P95", "p95"), ("P99", "p99"), ("mean", "mean")] {
        let (before, after) = (number(&before["latency_ms"][key]), number(&after["latency_ms"][key]));
        assert_in_readme(&format!("| {label}, ms | {before:.1} | {after:.1} | {:+.1} |", after - before));
    }
    let (before_rps, after_rps) = (number(&before["throughput_rps"]), number(&after["throughput_rps"]));
    assert_in_readme(&format!(
        "| answers a second | {before_rps:.1} | {after_rps:.1} | {:+.1} |",
        after_rps - before_rps
    ));
    assert_in_readme(&format!(
        "| succeeded of planned | {} of {} | {} of {} | |",
        before["succeeded"], before["planned"], after["succeeded"], after["planned"]
    ));
}

#[test]
fn the_sla_statement_is_the_reference_run_s() {
    let reference = reference();
    let line = &reference["sla"][0];
    assert_eq!((&line["metric"], number(&line["limit_ms"])), (&Value::from("p95"), 800.0));
    assert_eq!(reference["verdict"], "met");
    assert_in_readme(&format!(
        "**SLA: P95 ≤ 800 ms. Before {:.1} ms: missed. After {:.1} ms: met, exit code {}.**",
        number(&line["before_ms"]),
        number(&line["after_ms"]),
        reference["exit_code"]
    ));
    let repetitions = reference["phases"]["before"]["repetitions"].as_array().expect("a list");
    let [one, two, three] = [0, 1, 2].map(|at| grouped(number(&repetitions[at]["p95_ms"])));
    assert_in_readme(&format!("P95 of {one}, {two} and {three} ms"));
    let ends = &reference["difference"]["p95"]["ci95_ratio"];
    let [low, high] = [0, 1].map(|end| number(&ends[end]) * 100.0);
    assert_in_readme(&format!("after is {low:.0} to {high:.0} % of before"));
    let script = &reference["baseline_script"]["latency_ms"];
    let [p50, p95, p99] = ["p50", "p95", "p99"].map(|key| number(&script[key]));
    assert_in_readme(&format!("`input.py` itself reports P50 {p50:.1}, P95 {p95:.1} and P99 {p99:.1} ms"));
    let quality = &reference["quality"];
    assert_in_readme(&format!(
        "{} answers compared, {} different",
        quality["compared"], quality["different"]
    ));
}

#[test]
fn the_prediction_and_the_causes_are_the_reference_run_s() {
    let analysis: Value =
        serde_json::from_str(&read("results/reference/analysis.json")).expect("the reference is JSON");
    assert_in_readme(&format!(
        "P95 after was predicted as {:.1} ms",
        number(&analysis["prediction"]["p95_ms"])
    ));
    assert!(number(&analysis["prediction"]["error"]).abs() <= 0.1, "{}", analysis["prediction"]["error"]);
    for cause in &analysis["phases"]["before"]["causes"].as_array().expect("a list")[..2] {
        let (name, share) =
            (cause["cause"].as_str().expect("a name"), number(&cause["share_of_tail_excess"]));
        assert_in_readme(&format!("{:.0} % is `{name}`", share * 100.0));
    }
}

/// What stands beside the logs is what `analyze` makes of them.
#[test]
fn the_reference_is_analysed_by_this_version() {
    let folder = tempfile::tempdir().expect("a folder");
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/reference");
    for entry in reference.read_dir().expect("the reference") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("it can be copied");
    }
    let analyze =
        std::process::Command::new(env!("CARGO_BIN_EXE_spanload")).arg("analyze").arg(folder.path()).output();
    assert_eq!(analyze.expect("the binary starts").status.code(), Some(0));
    for name in ["comparison.json", "comparison.csv", "analysis.json"] {
        let again = fs::read_to_string(folder.path().join(name)).expect("written");
        assert!(again == read(&format!("results/reference/{name}")), "{name} differs");
    }
}

#[test]
fn the_ablation_is_the_committed_one() {
    assert_in_readme(read("results/reference/ablation.md").trim());
}

#[test]
fn the_reference_shows_what_the_scenario_promises() {
    let reference = reference();
    for (phase, holds) in [("before", (|p95| p95 > 800.0) as fn(f64) -> bool), ("after", |p95| p95 <= 700.0)]
    {
        for repetition in reference["phases"][phase]["repetitions"].as_array().expect("a list") {
            assert!(holds(number(&repetition["p95_ms"])), "{phase}: {repetition}");
        }
    }
    assert!(number(&reference["difference"]["p50"]["ms"]) < 0.0, "P50 must fall too");
    assert!(number(&reference["baseline_script"]["latency_ms"]["p95"]) > 800.0);
}

/// The replica does what `input.py` does: see `benches/twenty_runs`.
#[test]
fn the_twenty_runs_show_the_replica_faithful_and_the_verdict_stable() {
    let table = read("results/reference/twenty_runs.md");
    let rows: Vec<Vec<String>> = table
        .lines()
        .skip(2)
        .map(|line| {
            line.trim_matches('|').split('|').map(|cell| cell.trim().trim_end_matches('%').into()).collect()
        })
        .collect();
    assert_eq!(rows.len(), 20);
    assert_eq!(rows.iter().filter(|row| row[1] == "yes").count(), 4, "with busy processors");
    let column = |index: usize| rows.iter().map(move |row| row[index].parse::<f64>().expect("a number"));
    for (script, before) in column(2).zip(column(5)) {
        assert!((script - before).abs() <= 0.1 * script, "P50 of {script} and {before}");
    }
    assert!(column(3).chain(column(6)).all(|p95| p95 > 800.0), "before: always missed");
    assert!(column(9).all(|p95| p95 <= 700.0), "after: always met");
    let mean_share = |index| column(index).sum::<f64>() / 20.0;
    assert!((mean_share(4) - mean_share(7)).abs() <= 6.0, "share of slow requests");
}
