//! A comparison made by hand: each format as it is read, all with the same numbers, and what is judged.

use std::path::PathBuf;

use crate::common::handmade::{compared, phase};
use serde_json::Value;
use spanload::analyze::{Comparison, Confidence, PhaseData, Verdict};
use spanload::model::{Caveat, CaveatKind};
use spanload::report::{Colour, Csv, Format, Json, Markdown, Summary, Terminal};

/// Three repetitions of twenty requests, each repetition a little slower than the one before it.
fn before() -> PhaseData {
    phase(&[0, 20, 40].map(|slower| (0..20).map(|seq| Some(900 + slower + 25 * seq)).collect()))
}

/// One request of the second repetition has no answer.
fn after() -> PhaseData {
    let latency =
        |repetition: u64, seq: u64| (repetition != 1 || seq != 7).then_some(400 + 9 * repetition + 11 * seq);
    phase(&[0, 1, 2].map(|repetition| (0..20).map(|seq| latency(repetition, seq)).collect()))
}

fn comparison() -> Comparison {
    let lines = ["p95=800ms", "mean=500ms", "error_rate=1%", "throughput=5rps"];
    compared(&before(), &after(), &lines, false)
}

fn text(format: &impl Format) -> String {
    let bytes = format.render(&comparison()).expect("a document");
    String::from_utf8(bytes).expect("text")
}

fn terminal() -> Terminal {
    Terminal { summary: summary(), colour: Colour(false), width: None }
}

fn summary() -> Summary {
    Summary {
        strategies: ["per_request".into(), "pool of 4, batches of up to 4".into()],
        folder: Some(PathBuf::from("results/20260102T030405Z-abcd")),
        exit: comparison().exit,
        ..Summary::default()
    }
}

#[test]
fn the_terminal_text() {
    insta::assert_snapshot!(text(&terminal()));
}

#[test]
fn the_markdown() {
    insta::assert_snapshot!(text(&Markdown { summary: summary() }));
}

#[test]
fn the_json() {
    insta::assert_snapshot!(text(&Json));
}

#[test]
fn the_csv() {
    insta::assert_snapshot!(text(&Csv));
}

/// The figures of a line of the terminal's table that starts with a name.
fn figures<'a>(screen: &'a str, name: &str) -> Vec<&'a str> {
    let line = screen.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no {name} in {screen}")).split_whitespace().collect()
}

#[test]
fn all_formats_say_the_same_numbers() {
    let (screen, table) = (text(&terminal()), text(&Csv));
    let json: Value = serde_json::from_str(&text(&Json)).expect("JSON");
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let mut compared = 0;
    for row in rows.records().map(|row| row.expect("a row")) {
        let of_json = |phase: &str| match &row[0] {
            count @ ("planned" | "succeeded" | "failed" | "unsent") => json["phases"][phase][count].as_f64(),
            "throughput" => json["phases"][phase]["throughput_rps"].as_f64(),
            word => match word.strip_prefix("ttfb_") {
                Some(ttfb) => json["phases"][phase]["ttfb_ms"][ttfb].as_f64(),
                None => json["phases"][phase]["latency_ms"][word].as_f64(),
            },
        };
        let (before, after) = (row[2].parse().ok(), row[3].parse().ok());
        assert_eq!((before, after), (of_json("before"), of_json("after")), "{row:?}");
        let name = match &row[0] {
            "planned" | "succeeded" | "failed" | "unsent" => continue,
            "throughput" => "throughput, requests/s".into(),
            "ttfb_p95" => "TTFB P95".into(),
            "min" | "p75" | "p90" | "p99_9" => continue,
            other if other.starts_with("ttfb_") => continue,
            word @ ("mean" | "max") => word.to_string(),
            percentile => percentile.to_uppercase().replace('_', "."),
        };
        let shown = |value: Option<f64>| value.map_or("none".into(), |value| format!("{value:.1}"));
        assert_eq!(figures(&screen, &name)[..2], [shown(before), shown(after)], "{row:?}");
        compared += 1;
    }
    assert_eq!(compared, 7, "the screen shows those that people ask for");
}

#[test]
fn screen_and_json_judge_alike() {
    let (screen, json): (_, Value) = (text(&terminal()), serde_json::from_str(&text(&Json)).expect("JSON"));
    let lines: Vec<_> =
        screen.lines().filter(|line| line.starts_with("SLA ") && line.contains(": before ")).collect();
    let judged = json["sla"].as_array().expect("a list");
    assert_eq!(lines.len(), judged.len());
    for (line, judged) in lines.iter().zip(judged) {
        let scale = if judged["unit"] == "share" { 100.0 } else { 1.0 };
        let number = |value: &Value| value.as_f64().map(|value| format!("{:.3}", value * scale));
        let [before, after] =
            ["before", "after"].map(|key| number(&judged[key]).unwrap_or("no answer to a request".into()));
        let [verdict, confidence] =
            ["verdict", "confidence"].map(|key| judged[key].as_str().expect("a word"));
        let (interval, words) = match judged["after_ci95"].as_array() {
            Some(ends) => {
                let ends = ends.iter().filter_map(number).collect::<Vec<_>>().join(", ");
                (format!("[{ends}]"), [verdict, confidence])
            }
            None if judged["after"].is_null() => ("(no interval)".into(), [verdict, confidence]),
            None => ("(no interval)".into(), [verdict, "too few requests for an interval"]),
        };
        assert!(
            line.contains(&format!("before {before}")) && line.contains(&format!("after {after}")),
            "{line}"
        );
        assert!(line.contains(&interval), "{line} {interval}");
        assert!(line.ends_with(&words.join(", ")), "{line}");
    }
    assert!(screen.contains(json["interval_method"].as_str().expect("a text")));
    assert!(screen.contains(&format!("(exit code {})", json["exit_code"])));
}

/// The line of a metric, judged against these limits.
fn verdict(line: &str) -> (Verdict, Confidence) {
    let judged = compared(&before(), &after(), &[line], false).sla.remove(0);
    (judged.verdict, judged.confidence)
}

#[test]
fn limits_are_inclusive_and_judged_without_rounding() {
    let repeated = [Some(300), Some(400), None, Some(600)];
    let (before, after) = (before(), phase(&vec![repeated.to_vec(); 3]));
    // Three of four each; from the first due to the last end are 1.0 s: the request without an answer ends last.
    let cases = [
        ("error_rate=25%", "error_rate=24.9999%"),
        ("throughput=2.5rps", "throughput=2.501rps"),
        ("p50=400ms", "p50=399.999ms"),
    ];
    for (met, missed) in cases {
        let verdict = |line| compared(&before, &after, &[line], false).sla[0].verdict;
        assert_eq!((verdict(met), verdict(missed)), (Verdict::Met, Verdict::Missed), "{met}");
    }
    let whole = phase(&[vec![Some(300), Some(500)]]);
    for (met, missed) in [("mean=400ms", "mean=399.999ms"), ("max=500ms", "max=499.999ms")] {
        let verdict = |line| compared(&whole, &whole, &[line], false).sla[0].verdict;
        assert_eq!((verdict(met), verdict(missed)), (Verdict::Met, Verdict::Missed), "{met}");
    }
}

#[test]
fn a_limit_within_the_interval_straddles() {
    assert_eq!(verdict("p95=800ms"), (Verdict::Met, Confidence::Clear));
    assert_eq!(verdict("p95=630ms"), (Verdict::Met, Confidence::Straddles));
    assert_eq!(verdict("p95=600ms"), (Verdict::Missed, Confidence::Straddles));
    assert_eq!(verdict("p95=100ms"), (Verdict::Missed, Confidence::Clear));
    assert_eq!(verdict("throughput=1rps"), (Verdict::Met, Confidence::Clear));
    assert_eq!(verdict("error_rate=2%"), (Verdict::Met, Confidence::Straddles));
    assert_eq!(verdict("error_rate=50%"), (Verdict::Met, Confidence::Clear));
    assert_eq!(verdict("max=9s"), (Verdict::Missed, Confidence::Straddles), "two repetitions have one");
}

#[test]
fn a_percentile_without_an_answer_has_no_interval() {
    let comparison = comparison();
    let [before, after] =
        [&comparison.phases.before, &comparison.phases.after].map(|phase| &phase.latency_ci95_ms);
    assert!(before.p99.is_some() && after.p95.is_some());
    assert!(after.p99.is_none(), "in the second repetition of twenty it is the one without");
    assert!(comparison.difference.p99.ci95_ms.is_none() && comparison.difference.p95.ci95_ms.is_some());
}

#[test]
fn intervals_hold_the_pooled_values() {
    let comparison = comparison();
    for (phase, name) in [(&comparison.phases.before, "before"), (&comparison.phases.after, "after")] {
        let (intervals, pooled) = (&phase.latency_ci95_ms, &phase.latency_ms);
        for (interval, value) in [(intervals.p50, pooled.p50), (intervals.p95, pooled.p95)] {
            let (interval, value) = interval.zip(value).expect("both");
            assert!(interval.holds(value), "{name}: {value} in {interval:?}");
        }
    }
    for difference in [&comparison.difference.p50, &comparison.difference.p95] {
        assert!(difference.ci95_ms.zip(difference.ms).is_some_and(|(interval, value)| interval.holds(value)));
        assert!(
            difference
                .ci95_ratio
                .zip(difference.ratio)
                .is_some_and(|(interval, value)| interval.holds(value))
        );
    }
}

#[test]
fn strict_takes_a_success_in_doubt_for_none() {
    // Sixty a repetition: so many requests that the few raise no caveat of their own.
    let latency = |seq: u64, slower: u64| Some(400 + slower + 11 * (seq % 20));
    let whole = phase(&[0, 9, 18].map(|slower| (0..60).map(|seq| latency(seq, slower)).collect()));
    let before = phase(&[0, 9, 18].map(|slower| (0..60).map(|seq| latency(seq, 900 + slower)).collect()));
    let code = |line, strict| compared(&before, &whole, &[line], strict).exit.code();
    assert_eq!([code("p95=800ms", false), code("p95=800ms", true)], [0, 0]);
    assert_eq!([code("p95=620ms", false), code("p95=620ms", true)], [0, 98]);
    assert_eq!([code("p95=100ms", false), code("p95=100ms", true)], [99, 99]);
    let mut caveated = compared(&before, &whole, &["p95=800ms"], false);
    caveated.caveats.push(Caveat::new(CaveatKind::Other("any".into()), "one"));
    assert_eq!(caveated.exit_for(true).code(), 98);
}

#[test]
fn the_whole_is_clear_if_what_straddles_cannot_turn_it() {
    let confidence = |lines: &[&str]| compared(&before(), &after(), lines, false).confidence;
    assert_eq!(confidence(&["p95=800ms", "p50=5s"]), Confidence::Clear);
    assert_eq!(confidence(&["p95=800ms", "p95=630ms"]), Confidence::Straddles);
    assert_eq!(confidence(&["p95=630ms", "p50=1ms"]), Confidence::Clear, "missed whatever P95 is");
}

#[test]
fn one_repetition_says_that_it_knows_nothing_beyond() {
    let latencies = |level: u64| (0..200).map(|seq| Some(level + seq * 37 % 100)).collect();
    let (before, after) = (phase(&[latencies(900)]), phase(&[latencies(400)]));
    let comparison =
        compared(&before, &after, &["p95=496ms", "max=800ms", "mean=800ms", "throughput=5rps"], false);
    assert_eq!(comparison.interval_method, "moving-block bootstrap, within one run only");
    let confidence: Vec<_> = comparison.sla.iter().map(|line| line.confidence).collect();
    let (clear, straddles) = (Confidence::Clear, Confidence::Straddles);
    assert_eq!(confidence, [straddles, straddles, clear, clear], "{:?}", comparison.sla);
    let interval = comparison.phases.after.latency_ci95_ms.p95.expect("200 requests bound it");
    assert!(interval.lo < 494.0 && (495.0..=499.0).contains(&interval.hi), "{interval:?}");
    assert!(comparison.phases.after.latency_ci95_ms.p99.is_none(), "200 requests do not");
    assert!(comparison.difference.p95.ci95_ms.is_some_and(|ms| ms.holds(-500.0) && ms.hi < -480.0));
}

#[test]
fn a_batch_counts_as_one_however_many_it_carries() {
    let batches = phase(&[(0..600).map(|seq| Some(400 + seq / 8 * 37 % 75)).collect()]);
    let apart = phase(&[(0..600).map(|seq| Some(400 + seq * 37 % 75)).collect()]);
    let intervals = |phase| compared(phase, phase, &["p95=1s"], false).phases.after.latency_ci95_ms;
    let ([batches, apart], none) = ([&batches, &apart].map(intervals), None);
    assert_eq!(batches.p99, none, "its requests are all of one batch, of 75");
    let width = |interval: Option<spanload::stats::Interval>| interval.map(|ends| ends.hi - ends.lo);
    assert!(width(batches.p50) > width(apart.p50), "{batches:?} {apart:?}");
}
