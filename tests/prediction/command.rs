//! The same through the command line: pure, and the same in every file.
use super::*;
use crate::common;
use crate::common::run::{Results, Run};

/// `spanload analyze`: its exit code and what it prints.
fn analyze(results: &Results) -> (Option<i32>, String) {
    let output = std::process::Command::new(common::EXE).arg("analyze").arg(&results.0).output();
    let output = output.expect("the binary starts");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The predicted P95 of one candidate.
fn candidate(analysis: &Value, connections: u64, batch: u64) -> f64 {
    let candidates = analysis["prediction"]["candidates"].as_array().expect("a list");
    let wanted = |one: &&Value| one["connections"] == connections && one["batch"] == batch;
    figure(&candidates.iter().find(wanted).expect("a candidate")["p95_ms"])
}

/// Both files say the same, and the error is the one of what they say.
fn check_error(prediction: &Value, comparison: &Value) {
    let [predicted, measured, error] =
        ["p95_ms", "measured_p95_ms", "error"].map(|key| figure(&prediction[key]));
    assert_eq!(measured, figure(&comparison["phases"]["after"]["latency_ms"]["p95"]));
    assert!((error - (predicted - measured) / measured).abs() < 1e-4);
}

#[test]
fn predictions_need_neither_the_after_log_nor_the_scenario() {
    let run = Run::prove("prediction-pure", &[]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.stdout().contains("\npredicted P95 "), "{}", run.stdout());
    let (results, first) = (run.results(), run.results().json("analysis.json"));
    check_error(&first["prediction"], &results.comparison());
    let mut manifest = results.manifest();
    manifest["scenario"] = Value::Null;
    let write = |name: &str, text: String| std::fs::write(results.path(name), text).expect("writable");
    write("manifest.json", manifest.to_string());
    std::fs::remove_file(results.path("after.csv")).expect("a log");
    let (code, shown) = analyze(&results);
    assert_eq!(code, Some(1), "nothing to compare is no success: {shown}");
    let again = results.json("analysis.json");
    for key in
        ["candidates", "assumptions", "server", "strategy", "p50_ms", "p95_ms", "p99_ms", "range", "method"]
    {
        let [first, again] = [&first, &again].map(|analysis| analysis["prediction"][key].to_string());
        assert_eq!(first, again, "{key}");
    }
    assert_eq!(first["calibration"], again["calibration"]);
    let of_before = |analysis: &Value| analysis["phases"]["before"].to_string();
    assert_eq!(of_before(&first), of_before(&again), "causes, remedies, saturation and reuse");
    assert_eq!(
        (&again["prediction"]["measured_p95_ms"], &again["prediction"]["error"]),
        (&Value::Null, &Value::Null)
    );
    assert!(shown.contains("not measured"), "{shown}");
    std::fs::remove_file(results.path("calibration.csv")).expect("a log");
    let (_, shown) = analyze(&results);
    assert!(shown.contains("what a batch saves is unknown"), "without calibration it is a range: {shown}");
    assert_eq!(results.json("analysis.json")["prediction"]["method"], "range");
}

/// The reference run as it is committed, in a folder of its own, without what the idle server was seen to cost.
fn uncalibrated_reference() -> Results {
    let folder = common::run::fresh_folder("prediction-uncalibrated");
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("results/reference");
    for name in ["manifest.json", "before.csv", "after.csv"] {
        std::fs::copy(from.join(name), folder.join(name)).expect("the reference has it");
    }
    Results(folder)
}

#[test]
fn without_a_calibration_the_handshakes_tell_the_round_trip_and_the_range_holds_what_was_measured() {
    let calibrated: Value =
        serde_json::from_str(include_str!("../../results/reference/analysis.json")).expect("JSON");
    let results = uncalibrated_reference();
    analyze(&results);
    let analysis = results.json("analysis.json");
    let prediction = &analysis["prediction"];
    let round_trip = figure(&prediction["server"]["round_trip_ms"]);
    assert!(round_trip < 2.0, "no wait to be accepted is in it: {round_trip}");
    let [reuse, known] = [&analysis, &calibrated].map(|analysis| candidate(analysis, 8, 1));
    assert!((reuse / known - 1.0).abs() < 0.02, "{reuse} and {known} with a calibration");
    let range = prediction["range"]["p95_ms"].as_array().expect("two ends");
    let measured = figure(&prediction["measured_p95_ms"]);
    assert!(figure(&range[0]) < measured && measured < figure(&range[1]), "{measured} in {range:?}");
}
