//! The warm-up of a run: what the server gets, when and how often; and the runs that show whether it was needed.
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};

use spanload::model::{AnswerDigest, Digest, Sample};

use crate::common::EXE;
use crate::common::handmade_run::{HandmadeRun, waited};
use crate::common::run::{Results, Run, fresh_folder, prove_command, text};
use crate::common::wire::Server;

/// Echoes, and keeps the bodies in the order in which they came; the first so many are refused.
fn witness(refused: usize) -> (Server, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let kept = Arc::clone(&seen);
    let server = Server::start(move |_, mut peer| {
        while let Some(request) = peer.request() {
            let mut seen = kept.lock().expect("no test panics with it");
            seen.push(request.body.clone());
            let refuse = seen.len() <= refused;
            drop(seen);
            match refuse {
                true => peer.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
                false => peer.answer(&request.body),
            }
        }
    });
    (server, seen)
}

/// Single requests to a server of the test's, with so many distinct bodies in a file.
fn prove(name: &str, server: &Server, bodies: u64, flags: &[&str]) -> Run {
    let out = fresh_folder(name);
    let file = out.join("bodies.jsonl");
    let lines: String = (0..bodies).map(|body| format!("{{\"body\":{body}}}\n")).collect();
    std::fs::write(&file, lines).expect("the folder is writable");
    let payloads = format!("load.payloads={}", file.display());
    let url = server.url();
    let fixed =
        ["--target", &url, "--set", "after.batch=1", "--no-metrics", "--no-probe", "--set", &payloads];
    let fixed = [&fixed[..], &["--set", "load.seed=0", "-n", "24", "-c", "4"]].concat();
    let output = prove_command(&out, &fixed).args(flags).output().expect("the binary starts");
    Run { out, output }
}

fn counted(bodies: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    bodies.iter().for_each(|body| *counts.entry(body.as_str()).or_default() += 1);
    counts
}

#[test]
fn every_distinct_body_is_sent_once_before_anything_else_and_is_part_of_no_phase() {
    let (server, seen) = witness(0);
    // Ten bodies, sent again and again by 24 requests of a phase.
    let run = prove("warmup_all", &server, 10, &[]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let seen = seen.lock().expect("the run has ended");
    let warmup = counted(&seen[..10]);
    assert!(warmup.len() == 10 && warmup.values().all(|times| *times == 1), "{warmup:?}");
    let (results, manifest) = (run.results(), run.results().manifest());
    let log = results.table("warmup.csv");
    assert!(log.column("phase").iter().all(|part| *part == "warmup") && log.column("seq").len() == 10);
    let record = &manifest["warmup"];
    assert_eq!((text(&record["asked"]), record["bodies"].as_u64()), ("all".into(), Some(10)), "{record}");
    assert_eq!(manifest["repetitions"][0]["phase"], "warmup", "before the calibration and both phases");
    let comparison = results.comparison();
    assert_eq!(comparison["phases"]["before"]["planned"], 24);
    assert!(!comparison.to_string().contains("warmup"), "never judged: {comparison}");
    let page = results.text("report.html");
    assert!(page.contains("Warm-up (all), logged apart and never judged: 10 distinct bodies"));
    assert!(
        page.contains("10 distinct bodies of the plan, per_request, once"),
        "as before, one request a call"
    );
}

#[test]
fn a_share_is_the_start_of_the_plan_and_none_is_none() {
    let (server, seen) = witness(0);
    let run = prove("warmup_share", &server, 100, &["--warmup", "25%"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let expected: Vec<String> = (0..6).map(|body| format!("{{\"body\":{body}}}")).collect();
    let mut sent = seen.lock().expect("the run has ended")[..6].to_vec();
    sent.sort();
    assert_eq!(sent, expected, "of 24 requests");
    let none = prove("warmup_none", &server, 100, &["--warmup", "none"]);
    assert_eq!(none.code(), 0, "{}", none.stderr());
    assert!(!none.results().path("warmup.csv").exists() && none.results().manifest()["warmup"].is_null());
    assert!(none.results().text("report.html").contains("No warm-up was sent"));
}

#[test]
fn a_time_sends_the_bodies_again_and_again_and_only_those_of_the_plan() {
    let (server, seen) = witness(0);
    let run = prove("warmup_time", &server, 100, &["--warmup", "300ms"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let log = run.results().table("warmup.csv");
    let rows = log.column("seq").len();
    assert!(log.column("error").iter().all(|error| error.is_empty()), "nothing is cut off, nothing unsent");
    let seen = seen.lock().expect("the run has ended");
    let planned: Vec<String> = (0..24).map(|body| format!("{{\"body\":{body}}}")).collect();
    assert!(rows > 0 && seen[..rows].iter().all(|body| planned.contains(body)), "{rows}");
}

#[test]
fn calls_to_the_idle_server_carry_bodies_that_no_phase_sends_each_its_own() {
    let (server, seen) = witness(0);
    // 24 for the phases, 2 × 8 for the calibration, 4 × 3 beside the repetitions.
    let run = prove("warmup_idle", &server, 24 + 16 + 12, &[]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let seen = seen.lock().expect("the run has ended").clone();
    let counts = counted(&seen);
    let of = |from: u64, to: u64| {
        (from..to)
            .map(|body| counts.get(format!("{{\"body\":{body}}}").as_str()).copied())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(0, 24), vec![Some(3); 24], "once in the warm-up and in each phase");
    assert_eq!(of(24, 52), vec![Some(1); 28], "one call each");
    let manifest = run.results().manifest();
    assert_eq!(
        (&manifest["idle_bodies"]["needed"], &manifest["idle_bodies"]["unknown"]),
        (&28.into(), &28.into())
    );
    assert!(run.results().text("report.html").contains("carried a body of its own that no phase sends"));
}

#[test]
fn where_a_file_has_no_bodies_left_that_is_said_and_is_no_caveat() {
    let (server, _) = witness(0);
    let run = prove("warmup_idle_short", &server, 24, &[]);
    assert_eq!((run.code(), run.results().caveats()), (0, Vec::new()), "{}", run.stderr());
    assert_eq!(run.results().manifest()["idle_bodies"]["unknown"], 0);
    assert!(
        run.results().text("report.html").contains("calls to the idle server repeat bodies: 28 need one")
    );
}

#[test]
fn failures_of_the_warm_up_are_said_and_one_without_hope_ends_the_run() {
    let (server, _) = witness(5);
    let run = prove("warmup_failures", &server, 24, &[]);
    assert_eq!(
        (run.code(), run.results().caveats()),
        (0, vec!["warmup_failed".to_string()]),
        "{}",
        run.stderr()
    );
    assert!(run.stderr().contains("5 of 24 requests of the warm-up failed"), "{}", run.stderr());
    let (server, seen) = witness(usize::MAX);
    let flags = ["--set", "load.abort_after=1ms", "--warmup", "60s"];
    let hopeless = prove("warmup_hopeless", &server, 24, &flags);
    assert_eq!(hopeless.code(), 1, "{}", hopeless.stderr());
    assert_eq!(hopeless.results().caveats()[..2], ["warmup_failed", "ended_early"]);
    assert!(hopeless.results().table("before.csv").column("seq").is_empty(), "no phase was begun");
    assert!(hopeless.stdout().contains("RUN FAILED"), "{}", hopeless.stdout());
    let log = hopeless.results().table("warmup.csv");
    // Each of the four callers may have had one that was due and did not reach the server.
    assert!(
        log.column("seq").len() <= seen.lock().expect("the run has ended").len() + 4,
        "no row of what was to come"
    );
}

#[test]
fn each_fresh_mock_gets_a_warm_up_that_is_asked_for_and_none_by_itself() {
    let flags = ["--warmup", "all", "--repetitions", "2", "-n", "8", "-c", "2", "--set", "after.batch=1"];
    let run = Run::prove("warmup_mock", &flags);
    assert_eq!((run.code(), run.results().caveats()), (0, Vec::new()), "{}", run.stderr());
    let log = run.results().table("warmup.csv");
    let mut sets: BTreeMap<&str, usize> = BTreeMap::new();
    log.column("repetition").into_iter().for_each(|set| *sets.entry(set).or_default() += 1);
    assert_eq!(sets, ["1", "2", "3", "4"].map(|set| (set, 8)).into());
    let plain = Run::prove("warmup_mock_none", &["-n", "8", "-c", "2"]);
    assert!(
        !plain.results().path("warmup.csv").exists() && plain.results().manifest()["idle_bodies"].is_null()
    );
}

#[test]
fn a_load_alone_sends_one_where_it_is_asked_for_and_does_not_log_it() {
    let (server, seen) = witness(0);
    let log = fresh_folder("warmup_load").join("load.csv");
    let load = |flags: &[&str]| {
        let mut command = Command::new(EXE);
        command.args([
            "load",
            "-n",
            "6",
            "-c",
            "2",
            "--no-metrics",
            "--no-probe",
            "--target",
            &server.url(),
            "-o",
        ]);
        let output = command.arg(&log).args(flags).output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read_to_string(&log).expect("a log").lines().count()
    };
    assert_eq!((load(&[]), seen.lock().expect("it has ended").len()), (7, 6));
    assert_eq!((load(&["--warmup", "all"]), seen.lock().expect("it has ended").len()), (7, 6 + 12));
}

/// Repetitions of one phase, each of requests that take about so long.
fn repetitions(milliseconds: [u64; 3]) -> Vec<Vec<Sample>> {
    let one = |from: u64| (0..160).map(|seq| waited(seq, from + seq % 7)).collect();
    milliseconds.into_iter().map(one).collect()
}

fn analyze(name: &str, before: [u64; 3], flags: &[&str]) -> (Option<i32>, String, std::path::PathBuf) {
    let folder = fresh_folder(name);
    HandmadeRun { aa: true, ..HandmadeRun::of(repetitions(before), repetitions([401, 399, 400])) }
        .write(&folder);
    let output =
        Command::new(EXE).arg("analyze").arg(&folder).args(flags).output().expect("the binary starts");
    (output.status.code(), String::from_utf8(output.stdout).expect("text"), folder)
}

/// What only a comparison with an optimisation has.
const OF_AN_OPTIMISATION: [&str; 6] =
    ["optimisation that", "SLA met", "SLA MISSED", "predicted P95", "What fixed it?", "Was the SLA met?"];

#[test]
fn an_aa_run_says_whether_there_is_a_difference_in_every_format() {
    for (name, before, code, words) in [
        ("aa_same", [400, 401, 399], 0, "no difference, as it should be"),
        ("aa_cold", [900, 401, 399], 99, "a difference where none should be"),
    ] {
        let (exit, screen, folder) = analyze(name, before, &[]);
        assert_eq!(exit, Some(code), "{screen}");
        assert!(screen.contains(&format!("A/A: {words} (exit code {code})")), "{screen}");
        assert!(screen.contains("P95 after ÷ before") && !screen.contains("SLA P95"), "{screen}");
        let comparison = std::fs::read_to_string(folder.join("comparison.json")).expect("written");
        let comparison: serde_json::Value = serde_json::from_str(&comparison).expect("JSON");
        assert_eq!(comparison["aa"]["difference_found"], code == 99, "{comparison}");
        let page = std::fs::read_to_string(folder.join("report.html")).expect("written");
        assert!(page.contains(words) && page.contains("Do the phases differ?"), "{page}");
        let analysis = std::fs::read_to_string(folder.join("analysis.json")).expect("written");
        assert!(!analysis.contains("\"prediction\""), "{analysis}");
        let markdown = analyze(name, before, &["--format", "markdown"]).1;
        assert!(markdown.contains(&format!("A/A: {words}")), "{markdown}");
        let junit = analyze(name, before, &["--junit", "-"]).1;
        assert!(junit.contains("the phases of an A/A run do not differ"), "{junit}");
        assert_eq!(junit.contains("difference_found"), code == 99, "{junit}");
        for text in [screen, page, markdown, junit] {
            let found = OF_AN_OPTIMISATION.into_iter().find(|words| text.contains(words));
            assert_eq!(found, None, "{text}");
        }
    }
}

#[test]
fn an_aa_run_sends_both_phases_as_before_and_refuses_a_ladder() {
    let run = Run::prove("aa_run", &["--aa", "-n", "8", "-c", "2"]);
    let manifest = run.results().manifest();
    assert_eq!((&manifest["aa"], &manifest["plan"]["before"]), (&true.into(), &manifest["plan"]["after"]));
    assert!(run.results().table("after.csv").column("batch_id").iter().all(|batch| batch.is_empty()));
    assert!(run.stderr().contains("[after] is ignored"), "{}", run.stderr());
    assert!(!run.results().comparison()["aa"].is_null());
    let refused = Run::prove("aa_ladder", &["--aa", "--ladder"]);
    assert_eq!(refused.code(), 2);
}

#[test]
fn answers_that_differ_in_an_aa_run_are_the_server_s_own_doing() {
    let (before, mut after) = (repetitions([400, 401, 399]), repetitions([401, 399, 400]));
    after[1][3].answer_digest = Some(AnswerDigest::OfValue(Digest::of(b"another")));
    let folder = fresh_folder("aa_answers");
    HandmadeRun { aa: true, ..HandmadeRun::of(before, after) }.write(&folder);
    let output = Command::new(EXE).arg("analyze").arg(&folder).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "no difference in time: {output:?}");
    assert_eq!(Results(folder).all_caveats(), ["answers_vary"]);
}

/// A search for two arrival sequences, whose second rate sends twice as many requests as the first one.
fn search(name: &str, flags: &[&str]) -> Results {
    let out = fresh_folder(name);
    let mut command = Command::new(EXE);
    command.args(["capacity", "scenarios/default.toml", "--no-metrics", "--no-probe", "--quiet"]);
    command.args(["-q", "800", "-d", "250ms", "--patterns", "2", "--precision", "4", "--sla", "p95=60s"]);
    command.args(["--set", "after.batch=1", "--out"]).arg(&out).args(flags);
    // Whether a rate holds is the machine's business.
    command.output().expect("the binary starts");
    Results(out.join("latest"))
}

#[test]
fn a_search_sends_each_body_to_a_server_of_your_own_before_either_phase_does() {
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let kept = Arc::clone(&seen);
    // From the 300th body on it refuses, so that the search ends with the second rate.
    let server = Server::start(move |_, mut peer| {
        while let Some(request) = peer.request() {
            kept.lock().expect("no test panics with it").push(request.body.clone());
            let id = request.body.split("req-").nth(1).and_then(|rest| rest.get(..6)?.parse::<u32>().ok());
            match id {
                Some(id) if id < 300 => peer.answer(&request.body),
                _ => peer.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
            }
        }
    });
    let results = search("warmup_capacity", &["--target", &server.url(), "--time", "60m"]);
    let warmed = results.table("warmup.csv").column("seq").len();
    let distinct = counted(&seen.lock().expect("the run has ended")).len();
    let document: serde_json::Value = serde_json::from_str(&results.text("capacity.json")).expect("JSON");
    let measured = document["measurements"].as_array().expect("a list");
    assert!(measured.iter().any(|one| one["pattern"] == 2), "{document}");
    let largest = measured.iter().filter_map(|one| one["requests"].as_u64()).max().expect("one");
    assert_eq!(
        (warmed as u64, distinct as u64),
        (largest, largest),
        "all of the largest plan, and no others"
    );
    assert_eq!(results.manifest()["warmup"]["bodies"], largest);
}

#[test]
fn a_search_warms_the_mock_for_each_measurement_where_that_is_asked_for() {
    let flags = ["--warmup", "all", "--time", "1ms", "--set", "mock.fixed_ms=0", "--set", "mock.item_ms=1"];
    let results = search("warmup_capacity_mock", &flags);
    let rows = results.table("warmup.csv");
    let measured = results.manifest()["repetitions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["phase"] != "warmup")
        .count();
    assert!(measured > 0);
    assert_eq!(rows.column("repetition").iter().collect::<std::collections::BTreeSet<_>>().len(), measured);
}
