//! The given load test beside the run.
use super::*;

#[test]
fn the_script_is_recorded_and_its_figures_are_its_own() {
    if !has_python() {
        return;
    }
    let (manifest, comparison) = (results().manifest(), results().comparison());
    let bytes = std::fs::read(input_py()).expect("the script");
    for record in [&manifest["baseline_script"], &comparison["baseline_script"]] {
        assert_eq!(text(&record["sha256"]), spanload::model::digest::sha256_hex(&bytes));
        assert_eq!(count(&record["exit_code"]), 0);
    }
    let script = &comparison["baseline_script"];
    let rows = results().table("input_py.csv");
    assert_eq!([count(&script["requests"]), rows.rows.len() as u64], [REQUESTS; 2]);
    let mut latencies: Vec<f64> =
        rows.column("latency_ms").iter().map(|text| text.parse().expect("a number")).collect();
    latencies.sort_by(f64::total_cmp);
    assert_eq!(script["latency_ms"]["p95"].as_f64(), Some(latencies[37]), "rank 38 of 40");
}

#[test]
fn script_and_phases_sent_the_same_payloads() {
    let manifest = results().manifest();
    let payloads = &manifest["payloads"];
    assert_eq!(count(&payloads["plan"]), REQUESTS);
    assert_eq!([&payloads["before_equal"], &payloads["after_equal"]], [true; 2]);
    if has_python() {
        assert_eq!(payloads["baseline_script_equal"], true);
        assert_eq!(results().caveats(), [""; 0]);
    }
}

fn prove_with_script(name: &str, script: &str) -> Run {
    let path = fresh_folder(&format!("{name}_script")).join("script.py");
    std::fs::write(&path, script).expect("the folder is writable");
    Run::prove(name, &["-n", "8", "--set", &format!("before.script={}", path.display())])
}

#[test]
fn without_python_the_run_goes_on_and_says_so() {
    let (out, empty) = (fresh_folder("no_python"), fresh_folder("empty_path"));
    let script = format!("before.script={}", input_py().display());
    let output = prove_command(&out, &["-n", "8", "--set", &script]).env("PATH", empty).output();
    let run = Run { out, output: output.expect("the binary starts") };
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.stderr().contains("no python3 found, so input.py was not run; install"), "{}", run.stderr());
    assert_eq!(run.results().caveats(), ["no_baseline_script"]);
    assert!(run.results().comparison()["baseline_script"].is_null());
    assert!(run.results().manifest()["payloads"]["baseline_script_equal"].is_null());
}

#[test]
fn a_script_log_of_another_kind_does_not_cost_the_proof() {
    if !has_python() {
        return;
    }
    let foreign = "import os\nopen(os.environ['LOG_PATH'], 'w').write('time\\n12\\n')\n";
    let run = prove_with_script("script_foreign_log", foreign);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let caveats = run.results().caveats();
    assert!(caveats.contains(&"baseline_script_unreadable".to_string()), "{caveats:?}");
    assert!(run.results().comparison()["baseline_script"]["latency_ms"]["p95"].is_null());
}

#[test]
fn a_script_that_fails_is_a_caveat() {
    if !has_python() {
        return;
    }
    let run = prove_with_script("script_fails", "import sys\nprint('boom')\nsys.exit(3)\n");
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert_eq!(run.results().caveats(), ["baseline_script_failed", "payloads_differ"]);
    assert!(run.stderr().contains("script.py ended with exit status: 3"), "{}", run.stderr());
    assert_eq!(run.results().text("input_py.log"), "boom\n");
    let script = &run.results().comparison()["baseline_script"];
    assert_eq!([count(&script["exit_code"]), count(&script["requests"])], [3, 0]);
}

#[test]
fn other_payloads_than_the_script_sends_are_a_caveat() {
    if !has_python() {
        return;
    }
    let script = format!("before.script={}", input_py().display());
    let run = Run::prove("seed", &["--set", "load.seed=8", "--set", &script, "-n", "8"]);
    assert_eq!(run.results().caveats(), ["payloads_differ"]);
    assert!(run.stderr().contains("from the given script are not those of the plan"), "{}", run.stderr());
    let payloads = &run.results().manifest()["payloads"];
    assert_eq!(payloads["baseline_script_equal"], false);
    assert_eq!([&payloads["before_equal"], &payloads["after_equal"]], [true; 2]);
}

#[test]
fn the_script_s_own_log_is_analysed_and_joined_to_the_server_s() {
    if !has_python() {
        return;
    }
    let analysis = results().json("analysis.json");
    let script = &analysis["baseline_script"];
    assert_eq!([count(&script["requests"]), count(&script["succeeded"])], [REQUESTS; 2]);
    assert_eq!(script["latency_ms"]["p95"], results().comparison()["baseline_script"]["latency_ms"]["p95"]);
    let windows = script["over_time"].as_array().expect("a list").iter();
    assert_eq!(windows.map(|window| count(&window["n"])).sum::<u64>(), REQUESTS);
    let server = &script["server"];
    assert_eq!([count(&server["joined"]), count(&server["of"])], [REQUESTS; 2]);
    let parts = ["before_handler", "queue", "compute"];
    let shares: f64 = parts.iter().filter_map(|part| server[part]["share_of_slowest"].as_f64()).sum();
    let means: f64 = parts.iter().filter_map(|part| server[part]["mean_ms"].as_f64()).sum();
    assert!((shares - 1.0).abs() < 0.001, "{server}");
    let mean = script["latency_ms"]["mean"].as_f64().expect("a mean");
    assert!((means - mean).abs() < 0.01, "{means} against {mean}");
}
