//! The single calls beside the repetitions: where they stand, that they touch no phase, and what they tell of the server.

use crate::common;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::run::{Results, Run, count, text};
use crate::common::wire::{Server, pause};

const REQUESTS: u64 = 40;
/// Calibration, calls before the before phase, the phase, calls after it: what the server answers until the after phase.
const BEFORE_AFTER: u64 = 2 * 8 + 3 + REQUESTS + 3;

#[test]
fn calls_stand_on_both_sides_of_each_repetition_and_in_no_phase() {
    let run = Run::prove("single_calls", &["--repetitions", "2"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let (results, manifest) = (run.results(), run.results().manifest());
    let sets = manifest["single_calls"].as_array().expect("a list");
    let beside = |set: &serde_json::Value| {
        format!("{} {} {}", text(&set["phase"]), set["repetition"], set["at_end"] == true)
    };
    let expected = ["before 1", "after 1", "after 2", "before 2"];
    let expected: Vec<_> =
        expected.iter().flat_map(|one| [format!("{one} false"), format!("{one} true")]).collect();
    assert_eq!(sets.iter().map(beside).collect::<Vec<_>>(), expected);
    idle_meanwhile(sets, &manifest["repetitions"]);

    let calls = results.table("single_calls.csv");
    assert!(calls.column("phase").iter().all(|phase| *phase == "single_calls"));
    let mut of_set: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    calls
        .pairs("repetition", "seq")
        .into_iter()
        .for_each(|(set, seq)| of_set.entry(set).or_default().push(seq));
    assert_eq!(of_set.len(), sets.len());
    assert!(of_set.values().all(|seqs| *seqs == ["0", "1", "2"]), "one after the other: {of_set:?}");
    assert_foreign(&results, &calls.column("trace_id"));
}

/// Each set starts when its repetition has ended, or ends before it starts; by the manifest's own clock.
fn idle_meanwhile(sets: &[serde_json::Value], repetitions: &serde_json::Value) {
    for set in sets {
        let of = |phase: &serde_json::Value, repetition: &serde_json::Value| {
            let mut all = repetitions.as_array().expect("a list").iter();
            all.find(|one| one["phase"] == *phase && one["repetition"] == *repetition).expect("it ran")
        };
        let repetition = of(&set["phase"], &set["repetition"]);
        let calls = of(&"single_calls".into(), &set["set"]);
        let [start, made] = [repetition, calls].map(|one| count(&one["started_unix_us"]));
        let end = start + count(&repetition["health"]["wall_us"]);
        assert!(if set["at_end"] == true { made >= end } else { made < start }, "{set} {repetition}");
    }
}

/// A damaged file beside the phases' own costs what it tells, and nothing else.
#[test]
fn without_the_calls_the_phases_are_analysed_all_the_same() {
    let run = Run::prove("equal_work_damaged", &["-n", "16", "-c", "4"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    std::fs::write(run.results().path("single_calls.csv"), "").expect("it can be written");
    let again = std::process::Command::new(common::EXE).arg("analyze").arg(&run.results().0).output();
    assert_eq!(again.expect("the binary starts").status.code(), Some(0));
    assert!(run.results().all_caveats().contains(&"unread_log".to_string()));
}

/// Neither a phase's log nor what the mock logged of it knows one of these calls.
fn assert_foreign(results: &Results, ids: &[&str]) {
    for file in ["before.csv", "after.csv", "truth_before-1.csv", "truth_after-2.csv"] {
        let table = results.table(file);
        assert!(ids.iter().all(|id| !table.column("trace_id").contains(id)), "{file}");
    }
}

/// Answers single calls after 20 ms, from the after phase on after so many, and says of itself what it is told to.
fn server(later_ms: u64, says: fn(u64) -> String) -> Server {
    let answered = Arc::new(AtomicU64::new(0));
    Server::start(move |_, mut peer| {
        while peer.request().is_some() {
            let later = answered.fetch_add(1, Ordering::SeqCst) >= BEFORE_AFTER;
            let time = if later { later_ms } else { 20 };
            pause(time);
            peer.write(&format!("HTTP/1.1 200 OK\r\n{}Content-Length: 2\r\n\r\n{{}}", says(time)));
        }
    })
}

fn unequal_work(name: &str, server: &Server) -> Option<String> {
    let requests = REQUESTS.to_string();
    let flags = ["--target", &server.url(), "--set", "after.batch=1", "-n", &requests, "--warmup", "none"];
    let run = Run::prove(name, &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let comparison = run.results().comparison();
    let mut caveats = comparison["caveats"].as_array().expect("a list").iter();
    caveats.find(|caveat| caveat["kind"] == "unequal_work").map(|caveat| text(&caveat["message"]))
}

/// By its own word: what the waits of real calls tell depends on what else the machine does.
#[test]
fn a_server_that_grew_slower_is_found_by_its_single_calls() {
    let told = |time| format!("Server-Timing: compute;dur={time}\r\n");
    let message = unequal_work("slower_compute", &server(60, told)).expect("a caveat");
    assert!(message.contains("its compute for a single call") && message.contains("3 times"), "{message}");
    assert_eq!(unequal_work("equal_compute", &server(20, told)), None, "equal work raises nothing");
}

#[test]
fn a_server_that_says_what_items_cost_is_taken_at_its_word() {
    let items = |time| format!("Server-Timing: item;dur={time}\r\n");
    let message = unequal_work("dearer_items", &server(60, items)).expect("a caveat");
    assert!(message.contains("3 times") && message.contains("median of 40 pairs"), "{message}");
    let same = |_| "Server-Timing: item;dur=20\r\n".to_string();
    assert_eq!(unequal_work("same_items", &server(60, same)), None, "equal work, whatever its calls took");
}
