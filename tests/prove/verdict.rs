//! What a run is judged by, and its exit code.
use super::*;

#[test]
fn a_missed_sla_ends_with_99() {
    let run = Run::prove("missed", &["--sla", "p95=1ms", "-n", "8"]);
    assert_eq!(run.code(), 99, "{}", run.stderr());
    let comparison = run.results().comparison();
    assert_eq!((text(&comparison["verdict"]), count(&comparison["exit_code"])), ("missed".into(), 99));
    assert!(run.stdout().contains("SLA MISSED"), "{}", run.stdout());
    assert!(run.results().caveats().is_empty(), "{:?}", run.results().caveats());
}

#[test]
fn every_line_of_the_sla_must_be_met() {
    let run = Run::prove("two_lines", &["--sla", "p50=30s", "--sla", "p99=1ms", "-n", "8"]);
    assert_eq!(run.code(), 99, "{}", run.stderr());
    let comparison = run.results().comparison();
    let lines = comparison["sla"].as_array().expect("a list").iter();
    let verdicts: Vec<_> = lines.map(|line| (text(&line["metric"]), text(&line["verdict"]))).collect();
    let expected = [("p50", "met"), ("p95", "met"), ("p99", "missed")];
    assert_eq!(verdicts, expected.map(|(metric, verdict)| (metric.to_string(), verdict.to_string())));
    let caveats = run.results().all_caveats();
    assert!(!caveats.contains(&"nothing_to_fix".to_string()), "P99 is to be fixed: {caveats:?}");
}

#[test]
fn the_sla_may_judge_more_than_percentiles() {
    let flags = ["mean=30s", "max=30s", "error_rate=50%", "throughput=1rps"].map(|line| ["--sla", line]);
    let run = Run::prove("all_metrics", flags.as_flattened());
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let comparison = run.results().comparison();
    let lines = comparison["sla"].as_array().expect("a list").iter();
    let judged: Vec<_> = lines
        .map(|line| {
            (text(&line["metric"]), text(&line["unit"]), line["limit"].as_f64(), line["limit_ms"].as_f64())
        })
        .collect();
    let line = |metric: &str, unit: &str, limit, millis| (metric.into(), unit.into(), Some(limit), millis);
    let expected = [
        line("error_rate", "share", 0.5, None),
        line("max", "ms", 30_000.0, Some(30_000.0)),
        line("mean", "ms", 30_000.0, Some(30_000.0)),
        line("p95", "ms", 30_000.0, Some(30_000.0)),
        line("throughput", "requests/s", 1.0, None),
    ];
    assert_eq!(judged, expected);
    let missed = Run::prove("low_throughput", &["--sla", "throughput=100000rps", "-n", "8"]);
    assert_eq!(missed.code(), 99, "{}", missed.stdout());
}

/// Eight requests cannot bound a P95, so it straddles whatever the limit.
#[test]
fn strict_takes_a_success_in_doubt_for_none() {
    let analyze = |run: &Run, flags: &[&str]| {
        let mut command = Command::new(EXE);
        let output =
            command.arg("analyze").arg(run.results().0).args(flags).output().expect("the binary starts");
        output.status.code()
    };
    let lenient = Run::prove("lenient", &["-n", "8"]);
    let written = lenient.results().text("comparison.json");
    assert_eq!(
        (lenient.code(), analyze(&lenient, &[]), analyze(&lenient, &["--strict"])),
        (0, Some(0), Some(98))
    );
    assert_eq!(lenient.results().text("comparison.json"), written, "the run's own exit code stays");
    let strict = Run::prove("strict", &["-n", "8", "--strict"]);
    let comparison = strict.results().comparison();
    assert_eq!((strict.code(), count(&comparison["exit_code"]), analyze(&strict, &[])), (98, 98, Some(98)));
    assert_eq!([text(&comparison["verdict"]), text(&comparison["confidence"])], ["met", "straddles"]);
    assert!(strict.stdout().contains("(exit code 98)"), "{}", strict.stdout());
}

#[test]
fn fast_failures_are_no_success() {
    let run =
        Run::prove("failures", &["--set", "mock.error_rate=0.1", "--set", "after.batch=1", "-n", "100"]);
    assert_eq!(run.code(), 99, "{}", run.stderr());
    let comparison = run.results().comparison();
    for phase in PHASES {
        let counts = &comparison["phases"][phase];
        let failed = count(&counts["failed"]);
        assert!((6..20).contains(&failed), "{failed} of 100 failed at a rate of 10 %");
        assert_eq!(count(&counts["errors"]["http_5xx"]), failed);
        assert_eq!(count(&counts["succeeded"]) + failed, 100);
        assert!(counts["latency_ms"]["p95"].is_null() && counts["latency_ms"]["p50"].is_f64());
        assert!(counts["success_latency_ms"]["p95"].is_f64());
        let log = run.results().table(&format!("{phase}.csv"));
        let refused = log.pairs("status", "error").into_iter().filter(|pair| *pair == ("503", "http_5xx"));
        assert_eq!(refused.count() as u64, failed);
    }
    assert!(comparison["sla"][0]["after_ms"].is_null());
}

#[test]
fn a_phase_without_one_success_has_failed() {
    let run = Run::prove("no_success", &["--set", "mock.error_rate=1", "-n", "8"]);
    assert_eq!(run.code(), 1, "{}", run.stderr());
    assert_eq!(text(&run.results().comparison()["verdict"]), "missed");
    assert!(run.results().caveats().contains(&"no_success".to_string()));
}

#[test]
fn worse_answers_are_no_gain_however_fast() {
    let run = Run::prove("degraded", &["--set", "mock.degraded_rate=1"]);
    assert_eq!(run.code(), 99, "{}", run.stderr());
    let comparison = run.results().comparison();
    assert_eq!(text(&comparison["sla"][0]["verdict"]), "met", "the line alone would be met");
    assert_eq!(text(&comparison["verdict"]), "missed");
    let quality = &comparison["quality"];
    let [compared, equal, different] = ["compared", "equal", "different"].map(|key| count(&quality[key]));
    assert!(different > 0 && compared == REQUESTS && compared == equal + different, "{quality}");
    assert_eq!(run.results().caveats(), ["answers_differ"]);
    assert_examples_differ(&run.results(), quality["examples"].as_array().expect("a list"));
}

fn assert_examples_differ(results: &Results, examples: &[Value]) {
    assert!(!examples.is_empty());
    let [before, after] = PHASES.map(|phase| results.table(&format!("{phase}.csv")));
    for example in examples {
        let seq = example.to_string();
        let answer = |log: &Table| {
            let pairs = log.pairs("seq", "answer_digest");
            pairs.into_iter().find(|pair| pair.0 == seq).map(|pair| pair.1.to_string())
        };
        assert_ne!(answer(&before), answer(&after), "request {seq}");
    }
}

#[test]
fn a_run_that_was_cut_short_is_never_met() {
    let run = Run::prove("cut_short", &[]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let log = run.results().path("before.csv");
    let text = std::fs::read_to_string(&log).expect("a log");
    let lines: Vec<_> = text.lines().collect();
    std::fs::write(&log, format!("{}\n", lines[..lines.len() - 1].join("\n"))).expect("it can be written");
    let again = std::process::Command::new(EXE).arg("analyze").arg(&run.results().0).output();
    assert_eq!(again.expect("the binary starts").status.code(), Some(99));
    let comparison = run.results().comparison();
    assert_eq!(count(&comparison["phases"]["before"]["unsent"]), 1);
    assert_eq!(comparison["verdict"], "missed");
}

#[test]
fn what_a_small_run_cannot_show_is_said() {
    let caveats = results().all_caveats();
    for kind in ["too_few_samples", "nothing_to_fix"] {
        assert!(caveats.contains(&kind.to_string()), "80 requests, a limit of 30 s: {caveats:?}");
    }
}
