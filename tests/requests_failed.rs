//! Failures that no percentile shows: they are told, and a load of little else has failed.

use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};

use spanload::analyze::PhaseData;

use crate::common::EXE;
use crate::common::handmade::{compared, phase};
use crate::common::run::{Results, Run, fresh_folder, prove_command, text};
use crate::common::wire::Server;

/// Two repetitions in which so many of 200 requests have no answer.
fn failing(failures: u64) -> PhaseData {
    let repetition = |from: u64| (0..200).map(|seq| (seq >= failures).then_some(from + seq)).collect();
    phase(&[repetition(300), repetition(301)])
}

fn kinds(before: u64, after: u64, sla: &[&str]) -> Vec<String> {
    let comparison = compared(&failing(before), &failing(after), sla, false);
    comparison.caveats.iter().map(|caveat| caveat.kind.name().to_string()).collect()
}

#[test]
fn as_many_failures_in_both_phases_are_told_where_nothing_judges_them() {
    let is_told =
        |before, after, sla: &[&str]| kinds(before, after, sla).contains(&"requests_failed".to_string());
    let time: &[&str] = &["p95=800ms"];
    assert!(is_told(4, 4, time), "{:?}", kinds(4, 4, time));
    assert!(!is_told(1, 1, time), "half a percent is among the figures");
    assert!(!is_told(4, 4, &["p95=800ms", "error_rate=3%"]), "a line judges them");
    assert!(
        !is_told(0, 20, time) && kinds(0, 20, time).contains(&"unequal_errors".to_string()),
        "told as such"
    );
    let comparison = compared(&failing(4), &failing(4), time, false);
    let caveat =
        comparison.caveats.iter().find(|caveat| caveat.kind.name() == "requests_failed").expect("told");
    for words in
        ["2.0 % of the before phase and 2.0 % of the after phase", "16 × timeout", "--sla error_rate=1%"]
    {
        assert!(caveat.message.contains(words), "no {words} in {}", caveat.message);
    }
}

/// Answers 503 to the requests of which `fails` says so, counted from 0.
fn refusing(fails: impl Fn(u64) -> bool + Send + Sync + 'static) -> Server {
    let count = AtomicU64::new(0);
    Server::start(move |_, mut peer| {
        while let Some(request) = peer.request() {
            if fails(count.fetch_add(1, Ordering::SeqCst)) {
                peer.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
            } else {
                peer.answer(&request.body);
            }
        }
    })
}

fn load(server: &Server, flags: &[&str]) -> Output {
    let log = fresh_folder("requests_failed_load").join("load.csv");
    let mut command = Command::new(EXE);
    command.args([
        "load",
        "scenarios/default.toml",
        "--no-metrics",
        "--no-probe",
        "--quiet",
        "-c",
        "1",
        "-n",
        "100",
    ]);
    command.args(["--target", &server.url(), "-o"]).arg(log).args(flags).output().expect("the binary starts")
}

#[test]
fn a_load_has_failed_where_hardly_anything_or_nothing_after_some_instant_succeeds() {
    let outcome = |fails: fn(u64) -> bool, flags: &[&str]| {
        let output = load(&refusing(fails), flags);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let nearly_all: fn(u64) -> bool = |at| at != 50;
    let (code, said) = outcome(nearly_all, &[]);
    assert!(code == Some(1) && said.contains("99 of 100 requests failed (99.0 %)"), "{code:?} {said}");
    assert!(said.contains("--max-error-rate"), "{said}");
    assert_eq!(
        outcome(nearly_all, &["--max-error-rate", "100%"]).0,
        Some(0),
        "whoever wants that may have it"
    );
    let dies: fn(u64) -> bool = |at| at >= 80;
    let (code, said) = outcome(dies, &[]);
    assert!(code == Some(1) && said.contains("nothing but errors came after"), "{code:?} {said}");
    assert!(said.contains("the last 20 of 100 requests failed"), "{said}");
    let ends_with_a_few: fn(u64) -> bool = |at| at >= 95;
    assert_eq!(outcome(ends_with_a_few, &[]).0, Some(0));
    let (code, said) = outcome(ends_with_a_few, &["--max-error-rate", "4%"]);
    assert!(
        code == Some(1) && said.contains("5 of 100 requests failed (5.0 %), more than the 4 %"),
        "{code:?} {said}"
    );
    assert_eq!(outcome(ends_with_a_few, &["--max-error-rate", "5%"]).0, Some(0), "the limit is inclusive");
    let (code, said) = outcome(dies, &["--max-error-rate", "many"]);
    assert!(
        code == Some(2) && said.contains("load.max_error_rate") && said.contains("1%"),
        "{code:?} {said}"
    );
}

#[test]
fn a_run_has_failed_where_more_failed_than_may() {
    let server = refusing(|at| at % 20 == 7);
    let out = fresh_folder("requests_failed_prove");
    let (url, batch) = (server.url(), "after.batch=1");
    let flags = [
        "--target",
        &url,
        "-n",
        "200",
        "-c",
        "4",
        "--no-metrics",
        "--no-probe",
        "--warmup",
        "none",
        "--set",
        batch,
    ];
    let output =
        prove_command(&out, &flags).args(["--max-error-rate", "1%"]).output().expect("the binary starts");
    let run = Run { out, output };
    assert_eq!(run.code(), 1, "{}", run.stderr());
    let Results(folder) = run.results();
    let results = Results(folder);
    assert_eq!(results.comparison()["exit_code"], 1);
    let caveats = results.comparison()["caveats"].as_array().expect("a list").clone();
    let failed = caveats.iter().find(|caveat| caveat["kind"] == "requests_failed").expect("it is said");
    assert!(text(&failed["message"]).contains("more than the 1 % of load.max_error_rate"), "{failed}");
    let again = Command::new(EXE).arg("analyze").arg(&results.0).output().expect("the binary starts");
    assert_eq!(again.status.code(), Some(1), "from the files it is the same");
    let capacity =
        Command::new(EXE).args(["capacity", "--max-error-rate", "1%"]).output().expect("the binary starts");
    assert_eq!(capacity.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&capacity.stderr).contains("--sla error_rate=1%"), "{capacity:?}");
}
