//! The first things that a reader sees say the same as the verdict, and what they say is the log's.

use std::collections::BTreeMap;

use crate::common::page::{Made, Page, analyze, grouped, number, reference, reference_logs, reported};
use crate::common::run::{Results, Table, count};
use serde_json::json;

/// The lines from one heading to the next.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from}: {text}")) + from.len();
    let end = text[start..].find(to).unwrap_or_else(|| panic!("no {to} behind {from}: {text}")) + start;
    text[start..end].trim()
}

fn assert_figures(results: &Results, page: &Page) {
    let files = json!({ "comparison": results.comparison(), "analysis": results.json("analysis.json") });
    page.figures().iter().for_each(|figure| figure.assert_from(&files));
}

#[test]
fn requests_that_were_never_sent_come_before_what_looks_well() {
    let results = reference_logs("verdict_unsent");
    let log = std::fs::read(results.path("before.csv")).expect("a log");
    std::fs::write(results.path("before.csv"), &log[..200_000]).expect("writable");
    analyze(&results, 99);
    let page = Page::read(&results.path("report.html"));
    let (text, before) = (page.visible(), &results.comparison()["phases"]["before"]);
    let unsent = count(&before["unsent"]);
    assert!(unsent > 100 && before["latency_ms"]["p95"].is_null(), "{before}");
    let lead = format!("{unsent} of 1,800 planned requests of the before phase were never sent");
    let title = between(&text, "SLA missed", "The 95 % interval");
    assert!(
        title.starts_with(&format!("{lead}, so the SLA counts as missed. P95 went from none")),
        "{title}"
    );
    let met = between(&text, "Was the SLA met?", "Exit code");
    assert!(
        met.starts_with(&format!("No. Every line is kept, and still the run counts as missed: {lead}.")),
        "{met}"
    );
    assert_figures(&results, &page);
}

#[test]
fn what_is_bought_on_a_miss_is_not_called_a_fix() {
    let results = reference_logs("verdict_missed");
    let mut manifest = results.manifest();
    manifest["sla"][0]["limit_us"] = json!(430_000);
    std::fs::write(results.path("manifest.json"), manifest.to_string()).expect("writable");
    analyze(&results, 99);
    let page = Page::read(&results.path("report.html"));
    let text = page.visible();
    let beyond = number(&results.comparison()["sla"][0]["after_ms"]) - 430.0;
    let fixed = between(&text, "What fixed it?", "Can I trust it?");
    let said = fixed.strip_prefix("The SLA is still missed: after misses P95 ≤ 430 ms by ");
    let said = said.and_then(|rest| rest.split(' ').next()).unwrap_or_else(|| panic!("{fixed}"));
    assert!((time(said) - beyond).abs() <= 0.051, "{said} ms of {beyond}");
    assert!(fixed.contains("P95 changes by −"), "what it bought stays: {fixed}");
    for praise in ["met the SLA", "met this line"] {
        assert!(!fixed.contains(praise), "{praise}: {fixed}");
    }
    assert_figures(&results, &page);
}

/// The logs of the phases change places.
#[test]
fn a_change_that_breaks_a_kept_sla_is_said_to() {
    let results = reference_logs("verdict_worse");
    let [before, after] = ["before", "after"].map(|name| results.text(&format!("{name}.csv")));
    let put = |name: &str, text: String| std::fs::write(results.path(name), text).expect("writable");
    put("before.csv", after.replace(",after,", ",before,"));
    put("after.csv", before.replace(",before,", ",after,"));
    analyze(&results, 99);
    let page = Page::read(&results.path("report.html"));
    let text = page.visible();
    let fixed = between(&text, "What fixed it?", "Can I trust it?");
    let said = "There was nothing to fix: before keeps the SLA. The change made it worse: after misses P95 ≤ 800 ms by";
    assert!(fixed.starts_with(said), "{fixed}");
    assert!(!fixed.contains("still") && !fixed.contains("keeps the SLA too"), "{fixed}");
    assert_figures(&results, &page);
}

/// P95 is within its limit, but ten requests have another answer.
#[test]
fn nothing_met_the_sla_where_it_is_missed() {
    let results = reference_logs("verdict_differs");
    let table = results.table("after.csv");
    let digests: Vec<_> = table.column("answer_digest")[..10].to_vec();
    let another = |log: String, digest: &&str| log.replace(digest, &"0".repeat(digest.len()));
    let log = digests.iter().fold(results.text("after.csv"), another);
    std::fs::write(results.path("after.csv"), log).expect("writable");
    let shown = analyze(&results, 99);
    assert!(shown.contains("predicted P95") && !shown.contains("what met the SLA"), "{shown}");
}

#[test]
fn the_page_can_be_made_again_wherever_its_folder_lies() {
    let made = Made::new("verdict_again");
    let text = reported(&made.results, &[]).visible();
    assert!(text.contains("made again, byte for byte, by spanload report .."), "{text}");
    let jaeger = reported(&made.results, &["--jaeger-url", "http://127.0.0.1:16686"]).visible();
    assert!(jaeger.contains("spanload report . --jaeger-url http://127.0.0.1:16686"), "{jaeger}");
}

#[test]
fn a_percentile_of_too_few_samples_has_a_mark_that_says_so() {
    let page = reported(&Made::new("verdict_few").results, &[]);
    let text = page.text();
    assert!(page.visible().contains("A hollow mark rests on too few samples."));
    assert_eq!(text.matches(" (too few samples)</title>").count(), 2, "P99 of 200 requests, P95 is known");
    assert_eq!(text.matches("class=\"mark before few\"").count(), 1);
    assert!(!text.contains("none ms"), "what was not predicted is said in words");
    assert!(text.contains(": measured 1,09") && text.contains(", not predicted\""), "{text}");
}

/// By the logs, for these figures stand in no JSON.
#[test]
fn conditions_and_opening_are_the_log_s() {
    let results = reference("verdict_logs");
    let text = Page::read(&results.path("report.html")).visible();
    let [before, after] = single_calls(&results);
    let line = format!(
        "mean compute, as the server says, {} ms before ({} calls) and {} ms after ({} calls): equal work took equal time.",
        grouped(before.0, 2),
        before.1,
        grouped(after.0, 2),
        after.1
    );
    assert!(text.contains(&line), "no `{line}` in {text}");
    assert!(text.contains("As many requests succeeded and failed before as after"), "{text}");
    let logs = ["before", "after"].map(|phase| results.table(&format!("{phase}.csv")));
    for (size, mean, calls) in logs.iter().flat_map(service_times) {
        let cells = format!("{} | {} |", grouped(mean, 1), grouped(calls, 0));
        let row = text
            .lines()
            .filter(|line| line.starts_with(&format!("{size} |")))
            .any(|line| line.contains(&cells));
        assert!(row, "no `{cells}` for calls of {size}: {text}");
    }
    let [of_tail, of_requests] = opening(&logs[0]).map(|share| format!("{:.0} %", share * 100.0));
    let said = format!(
        "{of_tail} of the time of the slowest belongs to requests due in the first second of a repetition ({of_requests} of all"
    );
    assert!(text.contains(&said), "no `{said}` in {text}");
}

fn time(text: &str) -> f64 {
    text.parse().expect("a time")
}

/// Mean compute and number of the calls beside each phase.
fn single_calls(results: &Results) -> [(f64, usize); 2] {
    let manifest = results.manifest();
    let sets = manifest["single_calls"].as_array().expect("a list");
    let log = results.table("single_calls.csv");
    ["before", "after"].map(|phase| {
        let beside = |set: &str| {
            sets.iter().any(|one| one["phase"] == phase && one["set"].as_u64() == set.parse().ok())
        };
        let calls = log.pairs("repetition", "server_compute_ms").into_iter().filter(|(set, _)| beside(set));
        let times: Vec<f64> = calls.map(|(_, compute)| time(compute)).collect();
        (times.iter().sum::<f64>() / times.len() as f64, times.len())
    })
}

/// Size of a call, its mean compute, and how many there were.
fn service_times(log: &Table) -> Vec<(u32, f64, f64)> {
    let mut sizes: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (size, compute) in log.pairs("batch_size", "server_compute_ms") {
        sizes.entry(size.parse().unwrap_or(1)).or_default().push(time(compute));
    }
    let mean = |times: &Vec<f64>| times.iter().sum::<f64>() / times.len() as f64;
    sizes
        .into_iter()
        .map(|(size, times)| (size, mean(&times), times.len() as f64 / f64::from(size)))
        .collect()
}

/// Of the tail's time and of all requests: what is due in the first second.
fn opening(log: &Table) -> [f64; 2] {
    let rows: Vec<(f64, f64)> = log
        .pairs("due_ms", "latency_ms")
        .into_iter()
        .map(|(due, latency)| (time(due), time(latency)))
        .collect();
    let mut latencies: Vec<f64> = rows.iter().map(|row| row.1).collect();
    latencies.sort_by(f64::total_cmp);
    let threshold = latencies[(latencies.len() * 95).div_ceil(100) - 1];
    let tail = |first: bool| {
        let slow = rows.iter().filter(|(due, latency)| *latency >= threshold && (!first || *due < 1_000.0));
        slow.map(|row| row.1).sum::<f64>()
    };
    let opening = rows.iter().filter(|(due, _)| *due < 1_000.0).count();
    [tail(true) / tail(false), opening as f64 / rows.len() as f64]
}
