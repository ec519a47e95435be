//! Open loads by the command line: the same instants for both phases, and a manifest that says which load it was.

use serde_json::json;

use crate::common::run::{Run, count, fresh_folder, text};

#[test]
fn both_phases_are_due_when_the_plan_says() {
    let run = Run::prove("arrivals_rate", &["-q", "200", "--repetitions", "2"]);
    let results = run.results();
    for log in ["before.csv", "after.csv"] {
        let table = results.table(log);
        let mut dues = table.pairs("seq", "due_ms");
        assert_eq!(dues.len(), 80, "{log}");
        dues.sort_by_key(|(seq, _)| seq.parse::<u64>().expect("a number"));
        for (row, (seq, due)) in dues.into_iter().enumerate() {
            assert_eq!(
                (seq, due),
                ((row / 2).to_string().as_str(), format!("{}.000", row / 2 * 5).as_str()),
                "{log}"
            );
        }
    }
    let manifest = results.manifest();
    let plan = &manifest["plan"];
    assert_eq!((count(&plan["requests"]), count(&plan["workers"])), (40, 0));
    let expected = json!({"kind": "constant", "rate": 200.0, "last_due_us": 195_000, "offered_rps": 200.0});
    assert_eq!(plan["arrival"], expected);
    for repetition in manifest["repetitions"].as_array().expect("a list") {
        let releases = &repetition["health"]["releases"];
        match repetition["phase"].as_str() {
            Some("before" | "after") => assert_eq!(count(&releases["all"]), 40),
            _ => assert!(releases.is_null(), "calls to the idle server wait for each other"),
        }
    }
    let analysis = results.json("analysis.json");
    assert!(analysis["phases"]["before"]["saturation"].is_null(), "there are no callers");
    assert!(analysis["prediction"]["server"]["callers"].is_null());
    assert!(analysis["prediction"]["assumptions"].to_string().contains("the same arrivals"));
    assert!(results.text("report.html").contains("constant arrivals at 200/s"));
}

/// However busy the machine is: a run that is late is invalid, and one that is not is judged.
#[test]
fn a_verdict_is_only_given_where_requests_were_let_go_in_time() {
    let run = Run::prove("arrivals_verdict", &["-q", "100"]);
    let comparison = run.results().comparison();
    let late = run.results().all_caveats().contains(&"released_late".to_string());
    assert_eq!(text(&comparison["verdict"]), if late { "missed" } else { "met" }, "{}", run.stdout());
    assert_eq!(run.code(), if late { 99 } else { 0 });
}

#[test]
fn a_trace_is_played_and_quick_takes_no_more_than_there_is() {
    let trace = fresh_folder("arrivals_trace_file").join("trace.csv");
    let rows: String = (0..30).map(|row| format!("2023-11-16 18:17:0{}.5,10,20\n", row / 10)).collect();
    std::fs::write(&trace, format!("TIMESTAMP,ContextTokens,GeneratedTokens\n{rows}")).expect("writable");
    let set = format!("load.trace={}", trace.display());
    let run = Run::prove("arrivals_trace", &["--quick", "--set", &set, "--set", "load.trace_scale=0.1"]);
    let manifest = run.results().manifest();
    let (plan, read) = (&manifest["plan"], &manifest["plan"]["arrival"]["read"]);
    assert_eq!((count(&plan["requests"]), count(&plan["arrival"]["last_due_us"])), (30, 200_000));
    assert_eq!(
        (text(&read["format"]), count(&read["stamps"]), count(&read["largest_group"])),
        ("azure".into(), 3, 10)
    );
    assert!(run.stderr().contains("bursts of up to 10; load.trace_jitter spreads them"), "{}", run.stderr());
}
