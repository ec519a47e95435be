//! What a run does with a server that is gone, or never answers: it ends early, says so, and counts every request.
use std::process::{Command, Output};

use serde_json::Value;

use crate::common::EXE;
use crate::common::run::{Results, Table, fresh_folder, prove_command};
use crate::common::wire::{Peer, Server, listener};

fn load(name: &str, url: &str, flags: &[&str]) -> (Output, Table) {
    let log = fresh_folder(name).join("load.csv");
    let mut command = Command::new(EXE);
    command
        .args([
            "load",
            "scenarios/default.toml",
            "--quiet",
            "--no-metrics",
            "--no-probe",
            "--target",
            url,
            "-o",
        ])
        .arg(&log);
    let output = command.args(flags).output().expect("the binary starts");
    (output, Table::read(&std::fs::read_to_string(log).expect("a log")))
}

/// How many rows have each error word; the success is empty.
fn errors(table: &Table) -> std::collections::BTreeMap<String, usize> {
    let mut errors = std::collections::BTreeMap::new();
    table.column("error").into_iter().for_each(|word| *errors.entry(word.to_string()).or_default() += 1);
    errors
}

/// A server that serves so many connections, each until the client leaves it, and then is gone.
fn gone_after(connections: usize) -> String {
    let listener = listener();
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    std::thread::spawn(move || {
        for stream in listener.incoming().take(connections) {
            let mut peer = Peer::new(stream.expect("a connection"));
            std::thread::spawn(move || {
                while let Some(request) = peer.request() {
                    peer.answer(&request.body);
                }
            });
        }
    });
    url
}

/// planned = succeeded + failed + unsent, of each phase.
fn assert_all_counted(comparison: &Value) {
    for phase in ["before", "after"] {
        let of = |key: &str| comparison["phases"][phase][key].as_u64().expect("a count");
        assert_eq!(of("planned"), of("succeeded") + of("failed") + of("unsent"), "{comparison}");
    }
}

#[test]
fn a_server_that_is_gone_ends_a_load_and_the_rest_is_unsent() {
    let flags = ["-n", "200000", "-c", "10", "--set", "load.abort_after=1s"];
    let (output, table) = load("backoff_gone", &gone_after(1 + 20), &flags);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let errors = errors(&table);
    assert_eq!(errors.values().sum::<usize>(), 200_000);
    assert!(errors["connect_refused"] >= 10 && errors["connect_refused"] < 2_000, "{errors:?}");
    assert!(errors["unsent"] > 190_000, "{errors:?}");
    for words in ["ended early", "connect_refused", "load.abort_after"] {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_run_goes_on_to_no_further_repetition_of_a_phase_without_hope() {
    let out = fresh_folder("backoff_prove");
    let url = gone_after(60);
    let flags =
        ["--target", &url, "-n", "400", "-c", "4", "--repetitions", "3", "--set", "load.abort_after=500ms"];
    let output = prove_command(&out, &flags)
        .args(["--no-metrics", "--no-probe", "--warmup", "none"])
        .output()
        .expect("the binary starts");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    let results = Results(out.join("runs/latest"));
    let manifest = results.manifest();
    let repetitions = manifest["repetitions"].as_array().expect("a list");
    let phases: Vec<_> =
        repetitions.iter().filter(|one| one["phase"] == "before" || one["phase"] == "after").collect();
    assert_eq!(phases.len(), 1, "{phases:#?}");
    assert!(phases[0]["gave_up_us"].as_u64().expect("when") >= 500_000);
    let comparison = results.comparison();
    assert_all_counted(&comparison);
    assert!(comparison["phases"]["before"]["succeeded"].as_u64() > Some(0));
    assert_eq!(comparison["phases"]["after"]["unsent"], 1_200, "it was never begun");
    let caveats = results.all_caveats();
    assert!(caveats.contains(&"ended_early".to_string()), "{caveats:?}");
    assert!(!caveats.contains(&"missing_rows".to_string()), "nothing was lost: {caveats:?}");
    assert!(
        stdout.contains("ended early") && results.text("report.html").contains("ended early"),
        "{stdout}"
    );
}

#[test]
fn a_server_that_never_answers_costs_three_calls_and_not_all_of_them() {
    let out = fresh_folder("backoff_silent");
    let server = Server::start(|_, mut peer| {
        peer.request();
        peer.until_closed();
    });
    let url = server.url();
    let flags = [
        "--target",
        &url,
        "-n",
        "8",
        "-c",
        "2",
        "--timeout",
        "200ms",
        "--set",
        "load.abort_after=300ms",
        "--no-metrics",
        "--no-probe",
        "--warmup",
        "none",
    ];
    let output = prove_command(&out, &flags).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let results = Results(out.join("runs/latest"));
    let calibration = errors(&results.table("calibration.csv"));
    assert_eq!((calibration["timeout"], calibration["unsent"]), (3, 5), "{calibration:?}");
    assert_eq!(results.table("single_calls.csv").column("error").len(), 0, "the server is known by then");
    let caveats = results.all_caveats();
    assert!(caveats.contains(&"calls_given_up".to_string()), "{caveats:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("three calls in a row"));
    assert_all_counted(&results.comparison());
}
