//! A file of the run that is gone is named, with what cannot be said without it; no figure stands for one of nothing.

use crate::common;
use crate::common::page::{Page, analyze, reference_logs, reported};
use crate::common::run::Results;

fn without(files: &[&str]) -> Results {
    let thread = std::thread::current();
    let test = thread.name().and_then(|name| name.rsplit("::").next()).unwrap_or_default();
    let results = reference_logs(&format!("missing_{test}_{}", files[0]));
    for file in files {
        std::fs::remove_file(results.path(file)).expect("the reference run has it");
    }
    results
}

fn caveats(results: &Results) -> Vec<String> {
    let comparison = results.comparison();
    let caveats = comparison["caveats"].as_array().expect("a list").iter();
    caveats
        .filter(|one| one["kind"] == "missing_file")
        .map(|one| common::run::text(&one["message"]))
        .collect()
}

#[test]
fn each_file_that_is_gone_is_named_with_what_is_lost_and_what_to_do() {
    let cases = [
        ("calibration.csv", "what a call costs the idle server is not known"),
        ("single_calls.csv", "cannot tell whether equal work took equal time"),
        ("answers.jsonl", "those that differ cannot be shown"),
        ("input_py.csv", "the given load test's own figures are not known"),
        ("truth_input_py.csv", "what the server did with the given load test's requests is not known"),
        ("truth_before-1.csv", "what the server did with the given load test's requests is not known"),
        ("truth_after-2.csv", "what the server received and when can no longer be looked into"),
    ];
    for (file, lost) in cases {
        let results = without(&[file]);
        let page = reported(&results, &[]).visible();
        let message = page.lines().find(|line| line.contains(&format!("{file} is missing: ")));
        let message = message.unwrap_or_else(|| panic!("{file} is not named: {page}"));
        assert!(
            message.contains(lost) && message.contains("restore it") && message.contains("run again"),
            "{message}"
        );
        assert!(
            !page.contains("No caveat was raised") && !page.contains("No caveat: every check"),
            "{file}: {page}"
        );
        analyze(&results, 0);
        assert_eq!(caveats(&results).len(), 1, "{file}: {:?}", caveats(&results));
    }
}

#[test]
fn a_script_without_its_log_has_no_figures() {
    let results = without(&["input_py.csv"]);
    analyze(&results, 0);
    assert!(results.comparison()["baseline_script"].is_null());
    let text = Page::read(&results.path("report.html")).visible();
    assert!(!text.contains("over 0 requests") && !text.contains("reports P95"), "{text}");
}

#[test]
fn the_server_s_own_logs_are_one_caveat() {
    let results = without(&["truth_before-2.csv", "truth_before-3.csv", "truth_after-1.csv"]);
    analyze(&results, 0);
    let found = caveats(&results);
    assert!(found.len() == 1 && found[0].starts_with("truth_after-1.csv, truth_before-2.csv"), "{found:?}");
}

#[test]
fn a_whole_run_misses_nothing() {
    let results = reference_logs("missing_nothing");
    analyze(&results, 0);
    assert!(caveats(&results).is_empty(), "{:?}", caveats(&results));
}
