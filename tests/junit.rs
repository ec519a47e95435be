//! The verdict as JUnit XML, read back by a reader of that format: missed fails, in doubt is skipped, never passed.

use crate::common::handmade::{compared, phase};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus};
use spanload::analyze::{Caveat, Comparison, Confidence, NoResult, PhaseData, Verdict};
use spanload::model::{CaveatKind, Metric, Statistic};
use spanload::report::{Format, Junit};

/// Three repetitions of 200 requests around so many milliseconds; a level each.
fn around(levels: [u64; 3]) -> PhaseData {
    phase(&levels.map(|level| (0..200).map(|seq| Some(level + seq % 10)).collect()))
}

fn xml(comparison: &Comparison) -> String {
    let junit = Junit { exit: comparison.exit };
    String::from_utf8(junit.render(comparison).expect("a document")).expect("text")
}

fn report(comparison: &Comparison) -> Report {
    Report::deserialize_from_str(&xml(comparison)).expect("JUnit XML")
}

fn property<'a>(case: &'a TestCase, name: &str) -> &'a str {
    case.properties.iter().find(|property| property.name.as_str() == name).expect(name).value.as_str()
}

fn outcome(case: &TestCase) -> &'static str {
    match &case.status {
        TestCaseStatus::Success { .. } => "passed",
        TestCaseStatus::Skipped { .. } => "skipped",
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => "failed",
        TestCaseStatus::NonSuccess { .. } => "error",
    }
}

#[test]
fn each_line_of_the_sla_is_a_case_with_its_figures() {
    let lines = ["p95=800ms", "p99=405ms", "mean=1ms", "error_rate=1%"];
    let comparison = compared(&around([900; 3]), &around([390, 400, 410]), &lines, false);
    let report = report(&comparison);
    let sla = &report.test_suites[0];
    let found: Vec<_> = sla.test_cases.iter().map(|case| (case.name.as_str(), outcome(case))).collect();
    let expected = [
        ("P95 ≤ 800 ms", "passed"),
        ("P99 ≤ 405 ms", "failed"),
        ("mean ≤ 1 ms", "failed"),
        ("error rate ≤ 1 %", "passed"),
    ];
    let mut found = found;
    found.sort_unstable();
    let mut expected = expected;
    expected.sort_unstable();
    assert_eq!(found, expected);
    let p95 = sla.test_cases.iter().find(|case| case.name.as_str().starts_with("P95")).expect("a case");
    let judged =
        comparison.sla.iter().find(|line| line.metric == Metric::latency(Statistic::P95)).expect("a line");
    assert_eq!(property(p95, "actual"), format!("{:.3}", judged.after.expect("a figure")));
    let ends = judged.after_ci95.expect("an interval");
    assert_eq!(property(p95, "interval"), format!("[{:.3}, {:.3}]", ends.lo, ends.hi));
    assert_eq!(
        (property(p95, "limit"), property(p95, "n"), property(p95, "repetitions")),
        ("≤ 800 ms", "600", "3")
    );
    assert_eq!((report.tests, report.failures, report.skipped, report.errors), (8, 2, 1, 0));
}

#[test]
fn met_but_in_doubt_is_skipped() {
    // P95 is just below the limit in two repetitions and above it in one: the interval holds it.
    let comparison = compared(&around([900; 3]), &around([380, 390, 400]), &["p95=405ms"], false);
    assert_eq!(
        (comparison.exit.code(), comparison.sla[0].confidence),
        (99, spanload::analyze::Confidence::Straddles)
    );
    assert_eq!(
        outcome(&report(&comparison).test_suites[0].test_cases[0]),
        "failed",
        "missed, whatever the doubt"
    );
    let comparison = compared(&around([900; 3]), &around([380, 390, 400]), &["p95=410ms"], false);
    assert_eq!(
        (comparison.exit.code(), comparison.sla[0].confidence),
        (0, spanload::analyze::Confidence::Straddles)
    );
    let report = report(&comparison);
    let TestCaseStatus::Skipped { message, .. } = &report.test_suites[0].test_cases[0].status else {
        panic!("{report:?}");
    };
    assert!(message.as_ref().is_some_and(|message| message.contains("straddles")), "{message:?}");
    assert_eq!((report.skipped, report.failures), (2, 0), "the line, and what is in doubt of the run");
}

#[test]
fn what_a_strict_run_fails_of_is_no_pass() {
    let of_run = |comparison: &Comparison| {
        let report = report(comparison);
        let case = report.test_suites[1].test_cases.last().expect("cases").clone();
        assert_eq!(case.name.as_str(), "nothing leaves the result in doubt");
        let message = match &case.status {
            TestCaseStatus::NonSuccess { message, .. } | TestCaseStatus::Skipped { message, .. } => message,
            TestCaseStatus::Success { .. } => &None,
        };
        let message = message.as_ref().map_or(String::new(), |message| message.as_str().to_string());
        (outcome(&case), message)
    };
    let mut comparison = compared(&around([900; 3]), &around([390, 400, 410]), &["p95=800ms"], true);
    assert_eq!((comparison.exit.code(), of_run(&comparison)), (0, ("passed", String::new())));
    comparison.caveats.push(Caveat::new(CaveatKind::ClockStepped, "somebody set the clock"));
    let words = "clock_stepped: somebody set the clock".to_string();
    assert_eq!(of_run(&comparison), ("skipped", words.clone()), "in doubt is no pass");
    comparison.exit = comparison.exit_for(true);
    assert_eq!((comparison.exit.code(), of_run(&comparison)), (98, ("failed", words)));
    let straddling = compared(&around([900; 3]), &around([380, 390, 400]), &["p95=410ms"], true);
    let (outcome, message) = of_run(&straddling);
    assert_eq!(
        (straddling.exit.code(), outcome, message.as_str()),
        (98, "failed", "P95 ≤ 410 ms: the interval does not settle it")
    );
}

#[test]
fn where_there_is_no_figure_there_is_no_unit() {
    let mut levels = vec![vec![Some(400); 200]; 3];
    levels.iter_mut().for_each(|repetition| repetition[180..].fill(None));
    let comparison = compared(&around([900; 3]), &phase(&levels), &["p95=800ms"], false);
    let text = xml(&comparison);
    assert!(text.contains("no answer at that rank, 95 % interval"), "{text}");
}

#[test]
fn answers_that_differ_fail_though_every_line_is_met() {
    let mut comparison = compared(&around([900; 3]), &around([400; 3]), &["p95=800ms"], false);
    let cases = |comparison: &Comparison| {
        let report = report(comparison);
        let cases = report.test_suites[1].test_cases.iter();
        cases.map(|case| (case.name.as_str().to_string(), outcome(case))).collect::<Vec<_>>()
    };
    let sent = ("every planned request was sent".to_string(), "passed");
    let answered = ("requests succeeded in both phases".to_string(), "passed");
    let beyond_doubt = ("nothing leaves the result in doubt".to_string(), "passed");
    assert_eq!(cases(&comparison), [sent, answered, ("answers are no worse".into(), "passed"), beyond_doubt]);
    (comparison.quality.different, comparison.quality.degraded) = (3, true);
    assert_eq!(cases(&comparison)[2].1, "failed");
    (comparison.quality.different, comparison.quality.compared) = (0, 0);
    comparison.quality.degraded = false;
    assert_eq!(cases(&comparison)[2].1, "skipped", "nothing compared is no pass");
    comparison.phases.after.unsent = 1;
    assert_eq!(cases(&comparison)[0].1, "failed");
    comparison.phases.before.succeeded = 0;
    assert_eq!(cases(&comparison)[1].1, "failed", "such a run ends with 1, whatever its lines say");
}

#[test]
fn what_comes_from_elsewhere_stays_text() {
    let mut comparison = compared(&around([900; 3]), &around([400; 3]), &["p95=800ms"], false);
    comparison.run_id = "<evil a=\"'&\x1b[31m\0\u{ffff}]]>".into();
    comparison.caveats.push(Caveat::new(CaveatKind::Other("evil".into()), "\x1b"));
    let text = xml(&comparison);
    assert!(text.chars().all(|letter| letter == '\n' || !letter.is_control()), "{text:?}");
    let report = report(&comparison);
    let run_id = report.test_suites[0].properties.iter().find(|property| property.name.as_str() == "run_id");
    let shown = "<evil a=\"'&\\u{1b}[31m\\u{0}\\u{ffff}]]>";
    assert_eq!(run_id.map(|property| property.value.as_str()), Some(shown));
}

#[test]
fn a_line_of_which_the_figure_is_no_result_fails_and_says_why() {
    let mut comparison = compared(&around([900; 3]), &around([390, 400, 410]), &["p95=800ms"], false);
    let line = &mut comparison.sla[0];
    (line.verdict, line.confidence) = (Verdict::Missed, Confidence::Straddles);
    (line.no_result, line.after_ci95) = (Some(NoResult::Overloaded), None);
    let report = report(&comparison);
    let case = &report.test_suites[0].test_cases[0];
    assert_eq!(outcome(case), "failed");
    let xml = xml(&comparison);
    assert!(
        xml.contains("type=\"no_result\"") && xml.contains("missed, grows with the length of the run"),
        "{xml}"
    );
    assert!(!xml.contains("too few requests") && property(case, "actual").ends_with('†'), "{xml}");
}
