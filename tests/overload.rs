//! A phase that falls behind what comes: no format calls its latency a result, even one that is within the limit.

use std::process::Command;

use serde_json::{Value, json};

use crate::common::EXE;
use crate::common::handmade_run::{HandmadeRun, waited};
use crate::common::page::{Page, analyze};
use crate::common::run::{Results, fresh_folder};

const WHY: &str = "grows with the length of the run";

/// Ten requests a second. Before they take about as long; after each takes 3 ms longer than the one before it, and the last
/// one 610 ms.
fn falling_behind(name: &str) -> (Results, String) {
    let results = Results(fresh_folder(name));
    let before = (0..200).map(|seq| waited(seq, 100 + seq % 3)).collect::<Vec<_>>();
    let after = (0..200).map(|seq| waited(seq, 10 + 3 * seq)).collect::<Vec<_>>();
    HandmadeRun::of(vec![before; 2], vec![after; 2]).write(&results.0);
    let mut manifest = results.manifest();
    manifest["plan"]["arrival"] =
        json!({"kind": "constant", "rate": 10.0, "last_due_us": 19_900_000, "offered_rps": 10.0});
    std::fs::write(results.path("manifest.json"), manifest.to_string()).expect("writable");
    let screen = analyze(&results, 99);
    (results, screen)
}

/// Of a text, the line that starts so.
fn line<'a>(text: &'a str, start: &str) -> &'a str {
    let found = text.lines().find(|line| line.trim_start().starts_with(start));
    found.unwrap_or_else(|| panic!("no line {start} in {text}"))
}

#[test]
fn the_files_have_neither_difference_nor_interval_of_it() {
    let (results, _) = falling_behind("overload_files");
    let comparison = results.comparison();
    let sla = &comparison["sla"][0];
    assert!(sla["after"].as_f64().is_some_and(|after| after < 800.0), "its figure keeps the limit: {sla}");
    let judged =
        ["verdict", "confidence", "no_result", "after_ci95", "before_no_result"].map(|key| &sla[key]);
    let expected = [json!("missed"), json!("straddles"), json!("overloaded"), Value::Null, Value::Null];
    assert_eq!(judged, expected.each_ref());
    for percentile in ["p50", "p95", "p99", "mean"] {
        let difference = comparison["difference"][percentile].as_object().expect("figures");
        assert!(difference.values().all(Value::is_null), "{percentile}: {difference:?}");
    }
    let phases = &comparison["phases"];
    assert!(phases["before"]["latency_ci95_ms"]["p95"].is_array(), "before is steady");
    assert!(phases["after"]["latency_ci95_ms"]["p95"].is_null());
    assert_eq!(
        (&phases["before"]["load"]["overloaded"], &phases["after"]["load"]["overloaded"]),
        (&json!(false), &json!(true))
    );
    let caveats = results.all_caveats();
    assert!(
        caveats.contains(&"overloaded".into()) && !caveats.contains(&"gain_uncertain".into()),
        "{caveats:?}"
    );
    let table = results.table("comparison.csv");
    let p95 = table.pairs("metric", "difference").into_iter().find(|(metric, _)| *metric == "p95");
    assert_eq!(p95, Some(("p95", "")));
}

#[test]
fn the_screen_and_the_comment_mark_it() {
    let (results, screen) = falling_behind("overload_text");
    let p95: Vec<&str> = line(&screen, "P95 ").split_whitespace().collect();
    assert_eq!(p95.len(), 3, "no difference and no ratio: {p95:?}");
    assert!(!p95[1].ends_with('†') && p95[2].ends_with('†'), "{p95:?}");
    assert!(line(&screen, "†").contains(WHY), "{screen}");
    assert!(screen.contains(&format!("† (no interval):\n    missed, {WHY}")), "{screen}");
    assert!(!line(&screen, "slowest 5 % before").contains("length of the run"), "before is steady: {screen}");
    assert!(line(&screen, "SLA MISSED").ends_with(&format!("no result: {WHY}")), "{screen}");
    assert!(!screen.contains("clear") && !screen.contains("predicted P95"), "{screen}");
    let output = Command::new(EXE).args(["analyze", "--format", "markdown"]).arg(&results.0).output();
    let markdown = String::from_utf8(output.expect("the binary starts").stdout).expect("text");
    assert!(line(&markdown, "### spanload").contains(WHY), "{markdown}");
    let row = line(&markdown, "| P95 |");
    assert!(row.contains('†') && row.ends_with("| | | |") || row.ends_with("|  |  |  |"), "{row}");
    assert!(markdown.contains(&format!("† {WHY}")) && !markdown.contains("clear"), "{markdown}");
}

#[test]
fn the_page_says_no_falsehood_of_it() {
    let (results, _) = falling_behind("overload_page");
    let text = Page::read(&results.path("report.html")).visible();
    for said in [
        "latency grows with the length of the run, so that P95 keeps no limit, whatever its figure says",
        "No interval is given of a figure that is no result",
        "missed, the figure is no result",
        "Nothing can be said of how latency changed",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    for falsehood in
        ["above the limit", "lies wholly", "missed, clear", "P95 changes by", "within the limit of", "by −"]
    {
        assert!(!text.contains(falsehood), "{falsehood}: {text}");
    }
}
