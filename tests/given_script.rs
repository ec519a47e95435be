//! `before.script` with any command, whose log is read as `spanload import` reads one. The logs are those that the tools wrote.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::common::page::{analyze, reported};
use crate::common::processes::Process;
use crate::common::run::{Results, Run, count, fresh_folder, text, write_program};
use crate::common::{EXE, Mock};

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/recorded").join(name)
}

/// A small run beside a script.
fn prove(name: &str, script: &str, flags: &[&str]) -> Run {
    let set = format!("before.script={script}");
    let run = Run::prove(name, &[&["-n", "8", "-c", "4", "--set", &set], flags].concat());
    assert_eq!(run.code(), 0, "{}", run.stderr());
    run
}

fn script(run: &Run) -> Value {
    run.results().comparison()["baseline_script"].clone()
}

/// The message of a caveat that is there once.
fn caveat(results: &Results, kind: &str) -> String {
    let comparison = results.comparison();
    let caveats = comparison["caveats"].as_array().expect("a list");
    let of_kind: Vec<_> = caveats.iter().filter(|caveat| caveat["kind"] == kind).collect();
    assert_eq!(of_kind.len(), 1, "{kind} among {caveats:?}");
    text(&of_kind[0]["message"])
}

/// Percentiles over all planned requests, as the import of the same log has them.
fn as_imported(log: &Path, folder: &Path) -> Value {
    let run = folder.join("imported");
    let output = Command::new(EXE).arg("import").arg(log).arg("--run").arg(&run).output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    analyze(&Results(run.clone()), 0);
    let latency = Results(run).comparison()["phases"]["before"]["latency_ms"].clone();
    json!({ "p50": latency["p50"], "p95": latency["p95"], "p99": latency["p99"] })
}

#[test]
fn a_list_of_arguments_is_run_and_its_log_is_read_as_it_is_imported() {
    let log = recorded("k6.csv");
    let run = prove("script_list", &format!(r#"["cp", "{}", "{{log}}"]"#, log.display()), &[]);
    let found = script(&run);
    let counts = ["requests", "succeeded", "failed"].map(|key| count(&found[key]));
    assert_eq!(counts, [24, 19, 5], "{found}");
    assert_eq!(found["latency_ms"], as_imported(&log, &run.out));
    assert_eq!((text(&found["name"]), text(&found["log"]["format"])), ("cp".into(), "k6 CSV".into()));
    let record = run.results().manifest()["baseline_script"].clone();
    assert_eq!(text(&record["path"]), format!("cp {} {{log}}", log.display()), "as it was given");
    assert_eq!(record["log"]["equivalence"]["from"], "start");
    let span = "from the start of the request (connection set-up included) to the last byte of the answer";
    assert!(run.stdout().split_whitespace().collect::<Vec<_>>().join(" ").contains(span), "{}", run.stdout());
    let page = reported(&run.results(), &[]).visible();
    assert!(
        page.contains(span) && page.contains("k6's own http_req_duration leaves the connection's set-up out")
    );
    let analysis = run.results().json("analysis.json")["baseline_script"].clone();
    assert_eq!(count(&analysis["requests"]), 24);
    assert!(analysis["server"].is_null(), "its numbers are not those of the plan");
    let untold = analysis["cannot_tell"].to_string();
    assert!(untold.contains("dns from connect") && !untold.contains("connects inside"), "{untold}");
}

#[test]
fn a_line_is_the_shell_s_and_is_told_in_both_ways() {
    let line = format!(
        "test {{requests}}/{{workers}}/{{url}} = \"$TOTAL_REQUESTS/$MAX_WORKERS/$ENDPOINT\" && cd / && cat '{}' > {{log}}",
        recorded("vegeta.csv").display()
    );
    let run = prove("script_line", &line, &[]);
    assert!(!run.results().caveats().contains(&"baseline_script_failed".into()), "{}", run.stderr());
    let found = script(&run);
    assert_eq!((count(&found["requests"]), text(&found["log"]["format"])), (24, "vegeta CSV".into()));
    assert_eq!(text(&run.results().manifest()["baseline_script"]["interpreter"]), "sh");
}

#[test]
fn a_file_that_is_no_python_runs_by_itself() {
    let file = fresh_folder("script_file_of_its_own").join("load test");
    write_program(
        &file,
        &format!(
            "#!/bin/sh\necho \"to $ENDPOINT\"\ncat '{}' > \"$LOG_PATH\"\n",
            recorded("oha.csv").display()
        ),
    );
    let run = prove("script_file", &file.display().to_string(), &[]);
    let found = script(&run);
    assert_eq!((count(&found["requests"]), text(&found["log"]["format"])), (22, "oha CSV".into()));
    assert_eq!(text(&found["path"]), file.display().to_string());
    assert!(
        run.results().text("input_py.log").starts_with("to http://127.0.0.1:"),
        "what it printed is kept"
    );
}

#[test]
fn a_log_of_nobody_s_is_read_by_its_columns() {
    let line = r"printf 'ms;code\n12.5;200\n7;503\n' > {log}";
    let maps = r#"before.map=["latency=ms:ms", "status=code"]"#;
    let run = prove("script_mapped", line, &["--set", maps, "--set", "before.latency_from=connection"]);
    let found = script(&run);
    assert_eq!(["requests", "succeeded"].map(|key| count(&found[key])), [2, 1]);
    assert_eq!((&found["latency_ms"]["p50"], &found["latency_ms"]["p95"]), (&12.5.into(), &Value::Null));
    assert!(text(&found["log"]["latency"]).starts_with("from the open connection"), "{found}");
    let untold = run.results().json("analysis.json")["baseline_script"]["cannot_tell"].to_string();
    assert!(untold.contains("its clock starts with the open connection"), "{untold}");
}

#[test]
fn a_log_that_cannot_be_read_is_a_caveat_with_line_column_and_remedy() {
    let oha = fs::read_to_string(recorded("oha.csv")).expect("a log");
    let vegeta = fs::read_to_string(recorded("vegeta.csv")).expect("a log");
    let (header, row) = oha.split_once('\n').expect("rows");
    let fields: Vec<&str> = row.lines().next().expect("a row").split(',').collect();
    let with = |at: usize, field: &str| {
        let mut fields = fields.clone();
        fields[at] = field;
        format!("{header}\n{}\n", fields.join(","))
    };
    let (first, rest) = vegeta.split_once('\n').expect("rows");
    let stamp = first.split(',').next().expect("a stamp");
    let later = stamp.parse::<u64>().expect("a stamp") + 900_000_000_000;
    let cases: [(Vec<u8>, &str); 8] = [
        (
            with(4, &fields[4].replace('.', ",")).into(),
            "line 2: it has 8 fields where 7 are to be; a decimal comma",
        ),
        (with(4, "NaN").into(), "line 2, column request-duration: `NaN` is no time"),
        (oha.trim_end().into(), "line 23: the line has no end; the last line was cut off"),
        (oha.replacen("request-duration", "duration", 1).into(), "has no column request-duration"),
        (b"\x1f\x8b\x08\0".into(), "it is a gzip file, not a log; unpack it first"),
        (
            format!("{rest}{}\n", first.replacen(stamp, &later.to_string(), 1)).into(),
            "has an earlier time than request",
        ),
        ("latency_ms,success\n1,5,1\n".into(), "line 2: it has 3 fields where 2 are to be"),
        ("request_id,latency_ms,success\n".into(), "there is no request in it"),
    ];
    let run = prove("script_bad_logs", &format!("cp '{}' {{log}}", recorded("oha.csv").display()), &[]);
    for (log, problem) in cases {
        fs::write(run.results().path("input_py.csv"), log).expect("room");
        analyze(&run.results(), 0);
        let message = caveat(&run.results(), "baseline_script_unreadable");
        assert!(message.contains(problem) && message.contains("input_py.csv"), "{message}\n{problem}");
        assert!(!message.contains(env!("CARGO_TARGET_TMPDIR")) && message.len() < 2_000, "{message}");
        assert!(script(&run)["latency_ms"]["p50"].is_null(), "no figure is better than a shifted one");
    }
}

/// As of k6, which ends with 99 where a threshold was crossed.
#[test]
fn the_figures_of_a_script_that_fails_are_kept_with_its_log() {
    let run = prove(
        "script_threshold",
        &format!("cp '{}' {{log}}; echo crossed; exit 99", recorded("k6.json").display()),
        &[],
    );
    assert!(caveat(&run.results(), "baseline_script_failed").contains("cp ended with exit status: 99"));
    assert_eq!([count(&script(&run)["exit_code"]), count(&script(&run)["requests"])], [99, 24]);
    assert_eq!(run.results().text("input_py.log"), "crossed\n");
}

/// The process whose id a script has printed.
fn printed(run: &Run) -> Process {
    let pid = run.results().text("input_py.log").trim().parse().expect("a process id");
    Process { pid, arguments: Vec::new() }
}

#[test]
fn without_a_log_it_is_said_and_nothing_stays_behind() {
    let run = prove("script_no_log", "sleep 599 & echo $!", &[]);
    let message = caveat(&run.results(), "baseline_script_failed");
    assert!(message.contains("exit status: 0, and left no log: it is to write one to {log}"), "{message}");
    assert_eq!(count(&script(&run)["requests"]), 0);
    printed(&run).wait_until_gone();
}

#[test]
fn a_script_that_hangs_is_ended_with_all_that_it_started() {
    let run = prove("script_hangs", "sleep 599 & echo $!; wait", &["--set", "before.script_timeout=1s"]);
    let message = caveat(&run.results(), "baseline_script_failed");
    assert!(message.contains("its time was over after 1 s (raise before.script_timeout)"), "{message}");
    assert!(script(&run)["exit_code"].is_null());
    printed(&run).wait_until_gone();
    assert_eq!(count(&run.results().comparison()["phases"]["after"]["succeeded"]), 8, "the run goes on");
}

#[test]
fn a_program_that_cannot_start_costs_no_proof() {
    let file = fresh_folder("script_no_start_file").join("load");
    write_program(&file, "#!/nowhere/interpreter\n");
    let run = prove("script_no_start", &file.display().to_string(), &[]);
    let message = caveat(&run.results(), "baseline_script_failed");
    assert!(message.contains("an error before its start: No such file"), "{message}");
}

/// A tool writes the URL into its log, and the query can hold a key.
#[test]
fn a_key_in_the_url_does_not_stand_in_the_script_s_log() {
    const SECRET: &str = "s3cret-of-a-script";
    let mock = Mock::start(&["--fixed-ms=1", "--item-ms=1"]);
    let url = format!("{}/v1/infer?key={SECRET}", mock.hello.infer);
    let header = format!("x-key: {SECRET}");
    let line = format!("sed \"s#http://127[^,]*#$ENDPOINT#g\" '{}' > {{log}}", recorded("k6.csv").display());
    let line = format!("{line}; echo {SECRET}");
    let run = prove("script_secret", &line, &["--target", &url, "-H", &header, "--set", "after.batch=1"]);
    let manifest = run.results().text("manifest.json");
    assert!(manifest.contains("; echo ***") && !manifest.contains(SECRET), "{manifest}");
    assert_eq!(count(&script(&run)["requests"]), 24);
    let log = run.results().text("input_py.csv");
    assert!(
        log.contains("/v1/infer?***") && !log.contains(SECRET),
        "{}",
        log.lines().nth(1).unwrap_or_default()
    );
}
