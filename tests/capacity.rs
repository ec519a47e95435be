//! `spanload capacity` on real servers: what it writes, says and exits with. How it searches is tested without a clock, in
//! `src/analyze/capacity`.
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::common::EXE;
use crate::common::run::{Table, fresh_folder};
use crate::common::wire::Server;

fn capacity(name: &str, url: &str, flags: &[&str]) -> (Output, PathBuf) {
    let out = fresh_folder(name);
    let mut command = Command::new(EXE);
    command.args([
        "capacity",
        "scenarios/default.toml",
        "--no-metrics",
        "--no-probe",
        "--set",
        "after.batch=1",
    ]);
    let output = command.args(["--target", url, "--out"]).arg(&out).args(flags).output().expect("it starts");
    (output, out.join("latest"))
}

fn document(folder: &std::path::Path) -> Value {
    let text = std::fs::read(folder.join("capacity.json")).expect("it was written");
    serde_json::from_slice(&text).expect("JSON")
}

/// Echoes the built-in bodies before the 300th, and refuses those from there on: a measurement of more requests does not hold,
/// however fast the machine is.
fn limited() -> Server {
    Server::start(|_, mut peer| {
        while let Some(request) = peer.request() {
            let id = request.body.split("req-").nth(1).and_then(|rest| rest.get(..6)?.parse::<u32>().ok());
            match id {
                Some(id) if id < 300 => peer.answer(&request.body),
                _ => peer.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
            }
        }
    })
}

fn failing() -> Server {
    Server::start(|_, mut peer| {
        while peer.request().is_some() {
            peer.write("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
        }
    })
}

/// How fast a server answers is the machine's business: only what does not depend on it is asked. There is no limit of time.
#[test]
fn each_measurement_has_its_rows_and_the_same_requests_in_both_phases() {
    let server = limited();
    let flags = ["-q", "400", "-d", "100ms", "--patterns", "2", "--precision", "4", "--time", "60m"];
    let sla = ["--sla", "p95=60s", "--sla", "error_rate=0%"];
    let (output, folder) = capacity("capacity_rows", &server.url(), &[&flags[..], &sla].concat());
    let found = document(&folder);
    let measured = found["measurements"].as_array().expect("a list");
    assert!(!measured.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut idle = measured.iter().map(|one| &one["server_idle"]);
    assert!(
        idle.next().is_some_and(Value::is_null) && idle.all(Value::is_boolean),
        "asked before each but the first"
    );
    let mut first_dues = Vec::new();
    for phase in ["before", "after"] {
        let log = std::fs::read_to_string(folder.join(format!("capacity_{phase}.csv"))).expect("a log");
        let table = Table::read(&log);
        let of_phase: Vec<&Value> = measured.iter().filter(|one| one["phase"] == phase).collect();
        let planned: u64 = of_phase.iter().map(|one| one["requests"].as_u64().expect("a count")).sum();
        assert_eq!(table.column("seq").len() as u64, planned, "a row for each request of {phase}");
        let dues = |repetition: &Value| {
            let both =
                table.column("repetition").into_iter().zip(table.column("seq")).zip(table.column("due_ms"));
            let repetition = repetition.to_string();
            let own = both.filter(|((one, _), _)| **one == repetition);
            let mut dues: Vec<(u64, String)> =
                own.map(|((_, seq), due)| (seq.parse().expect("a number"), due.to_string())).collect();
            dues.sort();
            dues
        };
        // The search begins at the same rate: what one pattern sends there is the same in both phases.
        let first = of_phase.iter().find(|one| one["pattern"] == 1).expect("a first measurement");
        assert_eq!((&first["rate_rps"], &first["requests"]), (&Value::from(400.0), &Value::from(200)));
        let here = dues(&first["repetition"]);
        assert_eq!(here.len(), 200);
        assert!(here.windows(2).all(|pair| pair[0].0 < pair[1].0), "each request once");
        first_dues.push(here);
    }
    assert_eq!(first_dues[0], first_dues[1], "the same arrivals in both phases");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("the highest rate at which") && said.contains("P95 ≤ 60000 ms"), "{said}");
    let brackets = [&found["before"]["brackets"], &found["after"]["brackets"]];
    for bracket in brackets.into_iter().flat_map(|brackets| brackets.as_array().expect("a list")) {
        for (rate, repetitions) in [("holds_rps", "holds_repetitions"), ("fails_rps", "fails_repetitions")] {
            let named = bracket[repetitions].as_array().expect("a list").len();
            assert_eq!(bracket[rate].is_null(), named == 0, "the measurements that decided: {bracket}");
        }
    }
    for file in ["capacity.csv", "capacity.html", "manifest.json"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let table = std::fs::read_to_string(folder.join("capacity.csv")).expect("a table");
    assert_eq!(table.lines().count(), measured.len() + 1);
}

#[test]
fn a_server_that_only_fails_holds_no_rate_and_the_search_ends() {
    let server = failing();
    let flags = ["-q", "4000", "-d", "100ms", "--patterns", "1", "--sla", "error_rate=0%"];
    let (output, folder) =
        capacity("capacity_fails", &server.url(), &[&flags[..], &["--time", "60m"]].concat());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("does not hold, not even at"), "{said}");
    assert!(said.contains("a longer -d") && said.contains("0 of 2 searches ended within 5 %"), "{said}");
    let found = document(&folder);
    assert_eq!((&found["ended_by"], &found["before"]["rate_rps"]), (&"precision".into(), &Value::Null));
    assert_eq!(found["before"]["brackets"][0]["ended_by"], "lowest");
    assert!(found["measurements"].as_array().expect("a list").iter().all(|one| one["goodput_rps"] == 0.0));
    let lowest = found["before"]["brackets"][0]["fails_rps"].as_f64().expect("a rate");
    assert!(
        (300.0..=400.0).contains(&lowest),
        "200 requests in six times 100 ms are the lowest rate: {lowest}"
    );
}

#[test]
fn what_the_after_phase_must_hold_decides_the_exit_code() {
    let server = failing();
    let flags = ["-q", "400", "-d", "100ms", "--patterns", "1", "--precision", "4", "--sla", "error_rate=0%"];
    let flags = [&flags[..], &["--time", "60m", "--least", "1"]].concat();
    let (output, _) = capacity("capacity_least", &server.url(), &flags);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // That it holds some rate depends on the machine, that it holds none does not.
    assert_eq!(output.status.code(), Some(99), "{said}");
    assert!(said.contains("1 requests/s after (--least), not shown to be held (exit code 99)"), "{said}");
}

#[test]
fn bad_input_is_named_before_anything_is_sent() {
    let server = Server::echo(0);
    for (flags, words) in [
        (&["-n", "100"][..], "use -d"),
        (&["--set", "load.steps=[\"1s@5\"]"], "steps and traces have rates of their own"),
        (&["--patterns", "0"], "--patterns"),
        (&["--precision", "1"], "--precision 1"),
        (&["--least", "0"], "--least"),
        (&["-q", "0"], "load.rate"),
        (&["-c", "8"], "load.workers"),
    ] {
        // Should one of them not be refused, it shall not search for long.
        let flags = [flags, &["--time", "1s"]].concat();
        let (output, _) = capacity("capacity_bad", &server.url(), &flags);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{flags:?}: {said}");
        assert!(said.contains(words), "{flags:?}: {said}");
    }
    assert_eq!(server.accepted(), 0, "nothing was sent");
}
