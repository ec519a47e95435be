//! `report.html`: always written, true to the JSON files, escaped, of one file, and of a bounded length.

use std::process::Command;

use crate::common::EXE;
use crate::common::page::{Made, Page, grouped, number, reference, report, reported};
use crate::common::run::{Results, Run, fresh_folder};
use serde_json::json;

#[test]
fn every_figure_is_the_one_in_the_files() {
    let results = reference("page_figures");
    let files = json!({ "comparison": results.comparison(), "analysis": results.json("analysis.json") });
    let figures = Page::read(&results.path("report.html")).figures();
    assert!(figures.len() > 250, "{} figures", figures.len());
    for figure in &figures {
        figure.assert_from(&files);
    }
    let derived = figures.iter().filter(|figure| figure.from.contains(' ')).count();
    assert!(derived >= 8, "mean and throughput, and the changes of causes: {derived}");
    let shown: Vec<&str> = figures.iter().map(|figure| figure.from.as_str()).collect();
    for phase in ["before", "after"] {
        for name in ["p50", "p95", "p99", "p99_9", "mean", "min", "max"] {
            assert!(
                shown.contains(&format!("comparison:/phases/{phase}/latency_ms/{name}").as_str()),
                "{phase} {name}"
            );
        }
    }
}

#[test]
fn the_page_is_a_pure_function_of_logs_manifest_and_analysis() {
    let results = reference("page_pure");
    let first = std::fs::read(results.path("report.html")).expect("analyze wrote it");
    assert!(reported(&results, &[]).bytes() == first, "report and analyze write the same page");
    let elsewhere = results.path("elsewhere.html");
    std::fs::remove_file(results.path("comparison.json")).expect("analyze wrote it");
    assert_eq!(report(&results, &["--out", elsewhere.to_str().expect("text")]).status.code(), Some(0));
    assert!(std::fs::read(elsewhere).expect("written") == first, "it is made from the logs");
    assert!(!results.path("comparison.json").exists(), "report changes no other file");
}

#[test]
fn the_page_is_one_file_that_asks_for_nothing() {
    let page = Page::read(&reference("page_alone").path("report.html"));
    assert!(page.bytes().len() <= 1_000_000, "{} bytes", page.bytes().len());
    page.assert_alone();
    assert!(
        !page.text().contains("http://") && !page.text().contains("https://"),
        "no link without an address of Jaeger"
    );
}

#[test]
fn every_section_stands_in_its_place() {
    let results = reference("page_order");
    let text = Page::read(&results.path("report.html")).visible();
    let p95 = |phase: &str| {
        let value = &results.comparison()["phases"][phase]["latency_ms"]["p95"];
        grouped(number(value), 1)
    };
    let title = format!("P95 went down from {} ms to {} ms", p95("before"), p95("after"));
    let order = [
        "SLA met",
        &title,
        "Was the SLA met?",
        "Before and after",
        "Where the time went",
        "Why it was slow",
        "Percentiles",
        "Every request",
        "All 3,600 requests that were sent are here",
        "Stages of four requests",
        "Predicted beside measured",
        "Answers compared",
        "Were both phases alike?",
        "Errors",
        "How to reproduce",
        "spanload prove",
        "Words",
    ];
    let mut from = 0;
    for words in order {
        let found = text[from..]
            .find(words)
            .unwrap_or_else(|| panic!("`{words}` is not behind what comes before it"));
        from += found + words.len();
    }
}

/// Each sentence stands there exactly where its condition holds in the files.
#[test]
fn what_broke_the_sla_and_what_met_it_is_said() {
    let results = reference("page_credit");
    let page = Page::read(&results.path("report.html"));
    let (text, comparison, analysis) = (page.visible(), results.comparison(), results.json("analysis.json"));
    let said = |words: &str, holds: bool| assert_eq!(text.contains(words), holds, "{words}: {text}");
    let limit = number(&comparison["sla"][0]["limit_ms"]);
    let before = &analysis["phases"]["before"];
    said("The server is full", before["saturation"]["saturated"] == json!(true));
    let median = number(&comparison["phases"]["before"]["latency_ms"]["p50"]);
    said(&format!("the median, {} ms, misses the limit", grouped(median, 1)), median > limit);
    let candidates = analysis["prediction"]["candidates"].as_array().expect("a list");
    let alone =
        candidates.iter().find(|one| one["strategy"] == "pool of 8").expect("the pool of the after phase");
    let alone = number(&alone["p95_ms"]);
    said(&format!("to miss it, at P95 {} ms", grouped(alone, 1)), alone > limit);
    said("Batching met the SLA", alone > limit);
    let screen = Command::new(EXE).arg("analyze").arg(&results.0).output().expect("the binary starts").stdout;
    let screen = String::from_utf8(screen).expect("text").split_whitespace().collect::<Vec<_>>().join(" ");
    let credit = format!(
        "what met the SLA batching; kept connections alone (pool of 8) are predicted to miss it, at P95 {alone:.1} ms"
    );
    assert_eq!(screen.contains(&credit), alone > limit, "{screen}");
    let remedy = "batch too (after.batch), for ";
    assert!(text.contains(remedy) && !screen.contains(remedy), "the screen says what did help: {screen}");
    let ends = comparison["difference"]["p95"]["ci95_ratio"].as_array().expect("both ends");
    said(
        "The interval of how P95 changed holds 100 % of what it was",
        number(&ends[0]) <= 1.0 && number(&ends[1]) >= 1.0,
    );
    said("each request in a batch is charged its whole call", true);
    said("all requests in it (up to 8) fail", true);
    said("client and server shared its processors", true);
}

#[test]
fn traces_open_where_jaeger_is_known() {
    let results = reference("page_jaeger");
    let page = reported(&results, &["--jaeger-url", "http://127.0.0.1:16686/"]);
    page.assert_alone();
    let slowest = results.table("before.csv");
    let time = |text: &str| text.parse::<f64>().expect("a time");
    let (latency, trace) = (slowest.column("latency_ms"), slowest.column("trace_id"));
    let at = (0..latency.len())
        .max_by(|one, other| time(latency[*one]).total_cmp(&time(latency[*other])))
        .expect("rows");
    assert!(
        page.text().contains(&format!("href=\"http://127.0.0.1:16686/trace/{}\"", trace[at])),
        "the slowest request's trace"
    );
    let after = results.table("after.csv");
    let (seq, repetition) = (slowest.column("seq")[at], slowest.column("repetition")[at]);
    let same = (0..after.rows.len())
        .find(|row| (after.column("seq")[*row], after.column("repetition")[*row]) == (seq, repetition));
    let partner = after.column("trace_id")[same.expect("the same request after")];
    assert!(
        page.text().contains(&format!("/trace/{}...{partner}\"", trace[at])),
        "the same request before and after"
    );
    let refused = report(&results, &["--jaeger-url", "javascript:alert(1)"]);
    let complaint = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && complaint.contains("--jaeger-url"), "{complaint}");
}

#[test]
fn the_run_can_name_jaeger_itself() {
    let made = Made::new("page_jaeger_scenario");
    made.change_manifest(|manifest| {
        manifest["scenario"] = json!({ "telemetry": { "jaeger_url": "http://jaeger:16686" } })
    });
    assert!(reported(&made.results, &[]).text().contains("href=\"http://jaeger:16686/trace/"));
}

#[test]
fn the_text_of_a_small_page() {
    let page = reported(&Made::new("page_snapshot").results, &[]);
    page.assert_alone();
    insta::assert_snapshot!(page.visible());
}

#[test]
fn what_came_from_outside_is_escaped() {
    let made = Made::new("page_escaped");
    const BAD: &str = "<script>alert(1)</script>\u{1b}[2J\u{202e}\"'&";
    made.change_manifest(|manifest| {
        for pointer in [
            "/version",
            "/started_at",
            "/plan/before",
            "/plan/after",
            "/plan/digest",
            "/machine/platform",
            "/machine/kernel",
        ] {
            *manifest.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = json!(BAD);
        }
        manifest["command"] = json!(["spanload", BAD]);
        manifest["scenario"] = json!({ "target": { "headers": [BAD], "path": BAD }, BAD: { "deep": BAD } });
        manifest["caveats"] = json!([{ "kind": BAD, "message": BAD }]);
        manifest["baseline_script"] =
            json!({ "path": BAD, "sha256": BAD, "exit_code": 0, "interpreter": BAD });
    });
    // A column that this version does not know: its name is bytes from outside.
    let log = std::fs::read(made.results.path("after.csv")).expect("a log");
    let lines = log.split_inclusive(|byte| *byte == b'\n').enumerate();
    let widened = lines.flat_map(|(at, line)| {
        let more: &[u8] = if at == 0 { b",<i>\xff\xfe\x1b[31m" } else { b",1" };
        [&line[..line.len() - 1], more, b"\n"].concat()
    });
    std::fs::write(made.results.path("after.csv"), widened.collect::<Vec<u8>>()).expect("writable");
    made.answers_differ(b"<img src=x onerror=alert(1)>\x1b[31m\xff\xfe");
    let page = reported(&made.results, &[]);
    let text = page.text();
    for raw in ["<script>alert", "<i>", "<img", "onerror=alert(1)>", "\u{1b}", "\u{202e}"] {
        assert!(!text.contains(raw), "{raw:?} went through");
    }
    assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;␛[2J"), "it is shown as what it is");
    assert!(text.contains("&lt;img src=x onerror=alert(1)&gt;"), "the answers that differ are shown");
    assert!(text.contains("&lt;i&gt;"), "the unknown column is named");
    page.assert_alone();
}

#[test]
fn a_short_run_says_too_few_samples_in_place_of_charts() {
    let run = Run::prove("page_short", &["-n", "4", "--repetitions", "1"]);
    let page = Page::read(&run.results().path("report.html"));
    let text = page.visible();
    for words in ["Too few samples for a tail", "Too few samples for a curve", "too few samples: 4 of the"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!page.text().contains("class=\"curve"), "no curve of four requests");
}

#[test]
fn a_failed_run_has_its_page() {
    let made = Made::new("page_failed");
    made.all_fail("after");
    let text = reported(&made.results, &[]).visible();
    assert!(
        text.contains("Run failed") && text.contains("Not one request of the after phase succeeded"),
        "{text}"
    );
    for words in [
        "http_5xx",
        "with status 503",
        ": 200, such as request 0 of repetition 1",
        "Too few samples: no request of this phase succeeded",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn an_interrupted_run_has_its_page() {
    let made = Made::new("page_interrupted");
    made.change_manifest(|manifest| manifest["interrupted"] = json!(130));
    made.cut("after.csv", 50);
    let text = reported(&made.results, &[]).visible();
    assert!(
        text.contains("Interrupted")
            && text.contains("150 of 400 planned requests were never sent. Nothing is proven."),
        "{text}"
    );
    assert!(text.contains("Read this first"), "{text}");
    assert!(text.contains("Not judged.") && text.contains("not judged: the run is not whole"), "{text}");
    for mark in ["✗ missed", "✓ met", "No.", "Yes.", "(missed)", "(met too)", "P95 changes by"] {
        assert!(!text.contains(mark), "{mark} where nothing was judged: {text}");
    }
}

#[test]
fn caveats_come_before_the_figures() {
    let made = Made::new("page_caveats");
    made.change_manifest(|manifest| {
        manifest["caveats"] = json!([{ "kind": "tested", "message": "mind the gap" }])
    });
    let text = reported(&made.results, &[]).visible();
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    assert!(place("mind the gap") < place("Was the SLA met?") && place("1 caveat") < place("mind the gap"));
}

#[test]
fn an_incomplete_folder_gives_a_page_that_says_what_is_missing() {
    let gone = |name: &str, file: &str| {
        let made = Made::new(name);
        std::fs::remove_file(made.results.path(file)).expect("it is there");
        made
    };
    let page = reported(&gone("page_no_manifest", "manifest.json").results, &[]).visible();
    assert!(
        page.contains("This run cannot be compared: without manifest.json there are no figures")
            && page.contains("missing"),
        "{page}"
    );
    let page = reported(&gone("page_no_before", "before.csv").results, &[]).visible();
    assert!(page.contains("cannot read") && page.contains("before.csv"), "{page}");
    let page = reported(&gone("page_no_after", "after.csv").results, &[]).visible();
    assert!(page.contains("after.csv is missing: all its requests count as unsent"), "{page}");
    let made = Made::new("page_damaged_manifest");
    std::fs::write(made.results.path("manifest.json"), b"{\"run_id\": \"<script>\xff\"").expect("writable");
    let page = reported(&made.results, &[]);
    assert!(page.visible().contains("is no manifest of spanload") && !page.text().contains("\"<script>"));
    let empty = Results(fresh_folder("page_empty"));
    let output = report(&empty, &[]);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && complaint.contains("holds no run"), "{complaint}");
    assert!(!empty.path("report.html").exists(), "no page in a folder that is none of a run");
}
