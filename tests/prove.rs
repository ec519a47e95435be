//! The whole workflow through the command line: one run is looked at from every side, others each change one thing.
mod script;
mod verdict;

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::common::handmade_run::{HandmadeRun, rising};
use crate::common::processes::children_of;
use crate::common::run::{
    Results, Run, Table, count, fresh_folder, has_python, input_py, prove_command, text,
};
use crate::common::{EXE, wait_until};
use serde_json::Value;
use spanload::plan::Plan;

const PHASES: [&str; 2] = ["before", "after"];
const REQUESTS: u64 = 40;
const CONNECTIONS: usize = 4;
const BATCH: u64 = 4;
const HEADER: &str = "run_id,phase,repetition,seq,trace_id,due_ms,queue_ms,retry_ms,dns_ms,connect_ms,tls_ms,\
    send_ms,wait_ms,receive_ms,ttfb_ms,latency_ms,server_queue_ms,server_compute_ms,conn_id,conn_reused,\
    syn_retransmits,retransmits,batch_id,batch_size,attempts,status,error,bytes_sent,bytes_received,answer_digest,server_item_ms,answer_copied,peer,http,tls_version,tls_resumed,server_total_ms,bytes_decoded,endpoint";
const STAGES: [&str; 8] =
    ["queue_ms", "retry_ms", "dns_ms", "connect_ms", "tls_ms", "send_ms", "wait_ms", "receive_ms"];

/// Two repetitions with the given script, which the tests below share.
static RUN: LazyLock<Run> = LazyLock::new(|| {
    let script = format!("before.script={}", input_py().display());
    Run::prove("prove", &["--repetitions", "2", "--set", &script])
});

fn results() -> Results {
    assert_eq!(RUN.code(), 0, "{}", RUN.stderr());
    RUN.results()
}

fn logs() -> [Table; 2] {
    PHASES.map(|phase| results().table(&format!("{phase}.csv")))
}

/// `12.345` as 12,345 µs.
fn micros(millis: &str) -> u64 {
    let (whole, thousandths) = millis.split_once('.').expect("a decimal point");
    assert_eq!(thousandths.len(), 3, "{millis}");
    format!("{whole}{thousandths}").parse().expect("digits")
}

#[test]
fn a_met_sla_ends_with_0_and_says_so() {
    let comparison = results().comparison();
    assert_eq!((text(&comparison["verdict"]), count(&comparison["exit_code"])), ("met".into(), 0));
    assert!(RUN.stdout().contains("SLA MET after the optimisation (exit code 0)"), "{}", RUN.stdout());
    assert!(RUN.stdout().lines().all(|line| line.chars().count() <= 100), "{}", RUN.stdout());
}

#[test]
fn threads_share_a_repetition_and_lose_nothing() {
    let run = Run::prove("prove_threads", &["--set", "load.threads=3"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let results = run.results();
    let seqs: BTreeSet<u64> = (0..REQUESTS).collect();
    for phase in PHASES {
        let log = results.table(&format!("{phase}.csv"));
        let rows = log.column("seq").into_iter().map(|seq| seq.parse().expect("a number"));
        assert_eq!((log.rows.len() as u64, rows.collect()), (REQUESTS, seqs.clone()), "{phase}");
        let leaders: HashSet<&str> = log.pairs("conn_id", "seq").into_iter().map(|(id, _)| id).collect();
        let connections = if phase == "after" { CONNECTIONS } else { REQUESTS as usize };
        assert_eq!(leaders.len(), connections, "no two threads name a connection alike: {phase}");
        // Thread n of 3 sends every third request from n on: its connections carry no others.
        let of_thread = |id: u64| (id - 1) % 3;
        for (id, seq) in log.pairs("conn_id", "seq") {
            let [id, seq] = [id, seq].map(|number| number.parse::<u64>().expect("a number"));
            assert_eq!(of_thread(id), seq % 3, "{phase}");
        }
    }
    let plan = |results: &Results| text(&results.manifest()["plan"]["digest"]);
    assert_eq!(plan(&results), plan(&self::results()), "the same load");
}

#[test]
fn every_file_of_the_run_is_there_and_nothing_half_written() {
    let entries = results().0.read_dir().expect("a folder");
    let names: BTreeSet<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
    let names: Vec<_> = names.iter().filter_map(|name| name.to_str()).collect();
    let expected = [
        "after.csv",
        "analysis.json",
        "answers.jsonl",
        "before.csv",
        "calibration.csv",
        "comparison.csv",
        "comparison.json",
        "manifest.json",
        "single_calls.csv",
    ];
    for name in expected {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    assert!(!names.iter().any(|name| name.ends_with(".tmp")), "{names:?}");
    assert_eq!(has_python(), names.contains(&"input_py.csv"));
}

#[test]
fn latest_points_at_the_run() {
    let run_id = text(&results().comparison()["run_id"]);
    let latest = std::fs::read_link(RUN.out.join("runs/latest")).expect("a symbolic link");
    assert_eq!(latest, Path::new(&run_id), "relative, so that the folder can be moved");
}

#[test]
fn answers_are_kept_by_digest() {
    let [before, _] = logs();
    let digests: HashSet<_> = before.column("answer_digest").into_iter().collect();
    let lines = results().text("answers.jsonl");
    let kept = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let kept: Vec<_> = kept.map(|line| text(&line["digest"])).collect();
    assert_eq!(kept.len() as u64, REQUESTS, "each request has an answer of its own, kept once");
    assert!(kept.iter().all(|digest| digests.contains(digest.as_str())));
}

#[test]
fn every_planned_request_is_accounted_for() {
    let comparison = results().comparison();
    for phase in PHASES {
        let counts = &comparison["phases"][phase];
        let [planned, succeeded, failed, unsent] =
            ["planned", "succeeded", "failed", "unsent"].map(|key| count(&counts[key]));
        assert_eq!(planned, 2 * REQUESTS);
        assert_eq!(planned, succeeded + failed + unsent, "{phase}");
        assert_eq!(succeeded, planned, "{phase}: nothing is wrong with this mock");
    }
}

#[test]
fn logs_have_the_columns_of_the_contract_and_a_row_a_request() {
    for (log, phase) in logs().iter().zip(PHASES) {
        assert_eq!(log.header.join(","), HEADER);
        let rows: BTreeSet<_> = log.pairs("repetition", "seq").into_iter().collect();
        assert_eq!((rows.len() as u64, log.rows.len() as u64), (2 * REQUESTS, 2 * REQUESTS));
        assert!(log.column("phase").iter().all(|name| *name == phase));
    }
    assert_eq!(results().table("calibration.csv").header.join(","), HEADER);
}

#[test]
fn stages_sum_to_latency_as_whole_microseconds() {
    for log in logs().iter().chain([&results().table("calibration.csv")]) {
        let [latency, ttfb, receive] = ["latency_ms", "ttfb_ms", "receive_ms"].map(|name| log.at(name));
        for row in &log.rows {
            let stages = STAGES.iter().map(|stage| &row[log.at(stage)]);
            let sum: u64 = stages.filter(|stage| !stage.is_empty()).map(|stage| micros(stage)).sum();
            assert_eq!(sum, micros(&row[latency]), "{row:?}");
            assert_eq!(micros(&row[ttfb]) + micros(&row[receive]), micros(&row[latency]), "{row:?}");
        }
    }
}

#[test]
fn calibration_calls_alone_and_in_batches() {
    let calibration = results().table("calibration.csv");
    let of_size =
        |size: &str| calibration.column("batch_size").iter().filter(|found| **found == size).count();
    assert_eq!([of_size(""), of_size("2"), of_size("4")], [16, 20, 40], "each twice");
}

#[test]
fn before_opens_a_connection_for_each_request() {
    let [before, _] = logs();
    assert!(before.column("conn_reused").iter().all(|reused| *reused == "false"));
    let connections: HashSet<_> = before.pairs("repetition", "conn_id").into_iter().collect();
    assert_eq!(connections.len() as u64, 2 * REQUESTS);
    assert!(before.column("batch_id").iter().all(|batch| batch.is_empty()));
}

#[test]
fn after_keeps_its_connections_and_fills_batches() {
    let [_, after] = logs();
    for repetition in ["1", "2"] {
        let uses = after.pairs("repetition", "conn_id").into_iter().filter(|(which, _)| *which == repetition);
        let connections: HashSet<_> = uses.collect();
        assert!((1..=CONNECTIONS).contains(&connections.len()), "{connections:?}");
    }
    assert!(after.column("conn_reused").contains(&"true"));
    let sizes = after.column("batch_size").into_iter().filter(|size| !size.is_empty());
    let sizes: Vec<u64> = sizes.map(|size| size.parse().expect("a number")).collect();
    assert_eq!(sizes.iter().max(), Some(&BATCH), "16 callers wait for 4 connections");
}

#[test]
fn members_of_a_batch_share_the_exchange_and_number_as_many_as_it_says() {
    let [_, after] = logs();
    let batches: HashSet<_> = after.pairs("repetition", "batch_id").into_iter().collect();
    for (repetition, batch) in batches.into_iter().filter(|(_, batch)| !batch.is_empty()) {
        let [at, of] = ["repetition", "batch_id"].map(|name| after.at(name));
        let members: Vec<_> =
            after.rows.iter().filter(|row| row[at] == repetition && row[of] == batch).collect();
        let shared = ["conn_id", "send_ms", "wait_ms", "batch_size"].map(|name| after.at(name));
        assert!(shared.iter().all(|at| members.iter().all(|row| row[*at] == members[0][*at])), "{members:?}");
        assert_eq!(members[0][after.at("batch_size")], members.len().to_string());
    }
}

#[test]
fn phases_are_interleaved() {
    let manifest = results().manifest();
    let repetitions = manifest["repetitions"].as_array().expect("a list").iter();
    let phases = repetitions.filter(|one| one["phase"] == "before" || one["phase"] == "after");
    let order: Vec<_> = phases.map(|one| format!("{} {}", text(&one["phase"]), one["repetition"])).collect();
    assert_eq!(order, ["before 1", "after 1", "after 2", "before 2"]);
}

#[test]
fn trace_ids_are_unique_and_the_ones_the_server_saw() {
    let [before, after] = logs();
    let all: HashSet<_> = before.column("trace_id").into_iter().chain(after.column("trace_id")).collect();
    assert_eq!(all.len() as u64, 4 * REQUESTS);
    for repetition in ["1", "2"] {
        let rows =
            before.pairs("repetition", "trace_id").into_iter().filter(|(which, _)| *which == repetition);
        let sent: BTreeSet<_> = rows.map(|(_, id)| id).collect();
        let truth = results().table(&format!("truth_before-{repetition}.csv"));
        assert_eq!(sent, truth.column("trace_id").into_iter().collect::<BTreeSet<_>>());
    }
}

#[test]
fn both_forms_of_the_comparison_say_the_same() {
    let (comparison, table) = (results().comparison(), results().table("comparison.csv"));
    assert_eq!(table.header.join(","), "metric,unit,before,after,difference,ratio");
    for row in &table.rows {
        for (phase, written) in PHASES.iter().zip(&row[2..4]) {
            let expected = figure(&comparison["phases"][phase], &row[0]).as_f64();
            assert_eq!(written.parse().ok(), expected, "{phase} {row:?}");
        }
        if let Some(difference) = comparison["difference"].get(&row[0]) {
            assert_eq!(row[4].parse().ok(), difference["ms"].as_f64(), "{row:?}");
            assert_eq!(row[5].parse().ok(), difference["ratio"].as_f64(), "{row:?}");
        }
    }
    let metrics = table.column("metric");
    for metric in ["mean", "p50", "p95", "p99", "planned", "succeeded", "failed", "unsent", "throughput"] {
        assert!(metrics.contains(&metric), "{metric} is not among {metrics:?}");
    }
}

fn figure<'a>(phase: &'a Value, metric: &str) -> &'a Value {
    match metric {
        "planned" | "succeeded" | "failed" | "unsent" => &phase[metric],
        "throughput" => &phase["throughput_rps"],
        percentile => match percentile.strip_prefix("ttfb_") {
            Some(ttfb) => &phase["ttfb_ms"][ttfb],
            None => &phase["latency_ms"][percentile],
        },
    }
}

#[test]
fn the_manifest_names_plan_and_machine() {
    let manifest = results().manifest();
    let digest = Plan::of_prompts(REQUESTS, 7).digest().expect("built-in prompts").to_string();
    assert_eq!(text(&manifest["plan"]["digest"]), digest);
    assert_eq!(text(&results().comparison()["plan_digest"]), digest);
    let sources = [
        ("kernel", "kernel/osrelease"),
        ("somaxconn", "net/core/somaxconn"),
        ("tcp_syncookies", "net/ipv4/tcp_syncookies"),
        ("tcp_abort_on_overflow", "net/ipv4/tcp_abort_on_overflow"),
        ("tcp_syn_linear_timeouts", "net/ipv4/tcp_syn_linear_timeouts"),
    ];
    for (key, source) in sources {
        let setting = std::fs::read_to_string(Path::new("/proc/sys").join(source)).ok();
        let recorded = &manifest["machine"][key];
        let recorded =
            recorded.as_str().map(String::from).or(recorded.as_i64().map(|number| number.to_string()));
        assert_eq!(recorded, setting.map(|text| text.trim().to_string()), "{key}");
    }
}

#[test]
fn analyze_gives_the_same_bytes_and_the_same_exit_code() {
    let files = ["comparison.json", "comparison.csv", "analysis.json"];
    for run in [&*RUN, &Run::prove("analyze_missed", &["--sla", "p95=1ms", "-n", "8"])] {
        let copy = copied(&run.results(), "analyze");
        let written = files.map(|name| copy.text(name));
        for name in files {
            std::fs::remove_file(copy.path(name)).expect("the copy is this test's own");
        }
        let analyze = Command::new(EXE).arg("analyze").arg(&copy.0).output().expect("the binary starts");
        assert_eq!(analyze.status.code(), Some(run.code()));
        assert_eq!(written, files.map(|name| copy.text(name)));
    }
}

#[test]
fn causes_come_from_the_before_log_alone() {
    let copy = copied(&results(), "analyze_before_alone");
    let before = |analysis: Value| serde_json::to_string(&analysis["phases"]["before"]).expect("JSON");
    let whole = before(copy.json("analysis.json"));
    std::fs::remove_file(copy.path("after.csv")).expect("the copy is this test's own");
    let mut manifest = copy.manifest();
    manifest["scenario"] = Value::Null;
    manifest["plan"]["before"] = "".into();
    manifest["plan"]["workers"] = 1.into();
    std::fs::write(copy.path("manifest.json"), manifest.to_string()).expect("the copy is this test's own");
    let analyze = Command::new(EXE).arg("analyze").arg(&copy.0).output().expect("the binary starts");
    assert_eq!(analyze.status.code(), Some(1), "a phase without one success");
    assert_eq!(before(copy.json("analysis.json")), whole);
    let caveats = copy.json("analysis.json")["caveats"].to_string();
    assert!(caveats.contains("missing_log") && caveats.contains("after.csv"), "{caveats}");
    let after = &copy.json("analysis.json")["phases"]["after"];
    assert_eq!((count(&after["succeeded"]), &after["causes"]), (0, &Value::Array(Vec::new())));
}

/// On a run made by hand: which lines there are hangs on what is found, so on what a real run happened to meet.
#[test]
fn the_summary_names_the_first_cause_as_the_analysis_does() {
    let run = Results(fresh_folder("summary_of_causes"));
    HandmadeRun::of(vec![rising(400, 900); 2], vec![rising(400, 400); 2]).write(&run.0);
    let analyze = Command::new(EXE).arg("analyze").arg(&run.0).output().expect("the binary starts");
    let shown = String::from_utf8(analyze.stdout).expect("text");
    let analysis = run.json("analysis.json");
    let first = &analysis["phases"]["before"]["causes"][0];
    let share = first["share_of_tail_excess"].as_f64().expect("a share") * 100.0;
    let line = |name: &str| {
        let found = shown.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        found.unwrap_or_else(|| panic!("no line {name}: {shown}"))
    };
    assert!(line("slowest 5 % before").starts_with(&format!("{share:.0} % ")), "{first}");
    // It is wrapped between words; what goes on is indented.
    let remedy = text(&first["remedy"]);
    let screen = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(remedy.starts_with(line("remedy ")) && screen.contains(&remedy), "{remedy}: {shown}");
}

fn copied(results: &Results, name: &str) -> Results {
    let copy = fresh_folder(name);
    for entry in results.0.read_dir().expect("a folder") {
        let entry = entry.expect("an entry");
        std::fs::copy(entry.path(), copy.join(entry.file_name())).expect("a copy");
    }
    Results(copy)
}

#[test]
#[cfg(target_os = "linux")]
fn each_repetition_meets_a_fresh_mock_on_the_same_ports() {
    let out = fresh_folder("same_ports");
    // Each mock lives for a second and more, so that no pause of this test's own can hide one from it.
    let slow = ["--repetitions", "2", "-n", "96", "--set", "mock.fixed_ms=100", "--set", "after.batch=1"];
    let mut command = prove_command(&out, &slow);
    let mut prove = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let (mut pids, mut ports) = (HashSet::new(), HashSet::new());
    let status = wait_until("the run ends", || {
        for mock in
            children_of(prove.id()).iter().filter(|child| child.arguments.contains(&"--truth-log".into()))
        {
            pids.insert(mock.pid);
            ports.insert(["--port", "--control-port"].map(|flag| mock.flag(flag).map(String::from)));
        }
        prove.try_wait().expect("a child")
    });
    assert!(status.success());
    assert_eq!((pids.len(), ports.len()), (4, 1), "{ports:?}");
    assert!(ports.iter().flatten().all(Option::is_some), "{ports:?}");
}

#[test]
fn every_repetition_notes_how_the_client_fared() {
    let manifest = results().manifest();
    for repetition in manifest["repetitions"].as_array().expect("a list") {
        let health = &repetition["health"];
        let [wall, engine, process] =
            ["wall_us", "engine_cpu_us", "process_cpu_us"].map(|key| count(&health[key]));
        // The kernel splits the time of a thread and of its process each in its own way.
        assert!(wall > 0 && 0 < engine && engine <= process + 2_000, "{repetition}");
        assert!(health["wall_drift_us"].is_i64(), "{repetition}");
        assert!(count(&health["ticks"]) == 0 || health["lag_p99_us"].is_u64(), "{repetition}");
    }
}

/// As many connections as callers: nobody waits, so nothing is there to share.
#[test]
fn a_phase_whose_batches_never_form_says_so_and_so_do_the_rungs() {
    let run = Run::prove("never_batched", &["--ladder", "-n", "8", "-c", "4"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.results().all_caveats().contains(&"never_batched".to_string()), "{}", run.stdout());
    let analysis = run.results().json("analysis.json");
    let rungs = analysis["ladder"].as_array().expect("a list");
    let flags: Vec<bool> = rungs.iter().map(|rung| rung["never_batched"] == true).collect();
    assert_eq!(flags, [false, false, true, true], "{rungs:?}");
    assert!(!results().all_caveats().contains(&"never_batched".to_string()), "16 callers share 4");
}

#[test]
fn the_ladder_adds_one_thing_at_a_time_and_says_the_same_everywhere() {
    let run = Run::prove("ladder", &["--ladder", "-n", "24"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let analysis = run.results().json("analysis.json");
    let rungs = analysis["ladder"].as_array().expect("a list");
    let strategies: Vec<_> = rungs.iter().map(|rung| text(&rung["strategy"])).collect();
    let expected =
        ["per_request", "pool of 4", "pool of 4, batches of up to 2", "pool of 4, batches of up to 4"];
    assert_eq!(strategies, expected);
    for rung in rungs {
        assert_eq!([count(&rung["planned"]), count(&rung["succeeded"])], [48; 2], "two passes");
        let p95 = rung["p95_ms"].as_f64().expect("all succeeded");
        let line = run.stdout().lines().find(|line| {
            line.starts_with(&format!("{} ", text(&rung["strategy"]))) && line.contains(&format!("{p95:.1}"))
        });
        assert!(line.is_some_and(|line| line.ends_with("met")), "{rung} is not in {}", run.stdout());
    }
    let log = run.results().table("ladder_reuse_batch_2.csv");
    assert!(log.column("phase").iter().all(|part| *part == "ladder_reuse_batch_2"));
    assert_eq!(log.column("batch_size").iter().max(), Some(&"2"));
    assert!(results().json("analysis.json")["ladder"].is_null(), "only where it is asked for");
}
