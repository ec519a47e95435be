//! `spanload import` on logs that the real tools wrote (tests/tools/run records them), on bad ones, and what the commands make of
//! the run that it leaves.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::common::EXE;
use crate::common::handmade_run::{HandmadeRun, rising};
use crate::common::otlp::{Collector, Received};
use crate::common::run::{Table, fresh_folder};

/// Log, format, requests, failures: these are facts of the recorded files.
const RECORDED: [(&str, &str, usize, usize); 9] = [
    ("k6.csv", "k6 CSV", 24, 5),
    ("k6.json", "k6 JSON", 24, 5),
    ("vegeta.csv", "vegeta CSV", 24, 5),
    ("vegeta.json", "vegeta JSON", 24, 5),
    ("oha.csv", "oha CSV", 22, 3),
    ("hey.csv", "hey CSV", 22, 3),
    ("locust.csv", "Locust CSV by a listener", 99, 22),
    ("aiperf.jsonl", "AIPerf JSONL", 12, 1),
    ("guidellm.json", "GuideLLM JSON", 12, 1),
];
const STAGES: [&str; 8] =
    ["queue_ms", "retry_ms", "dns_ms", "connect_ms", "tls_ms", "send_ms", "wait_ms", "receive_ms"];

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/recorded").join(name)
}

fn spanload(args: &[&str]) -> Output {
    let mut command = Command::new(EXE);
    command.env_remove("GITHUB_STEP_SUMMARY").args(args).output().expect("the binary starts")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("an ASCII path")
}

/// The folder of the run that comes of a log.
fn imported(log: &Path, folder: &Path, flags: &[&str]) -> PathBuf {
    let run = folder.join(log.file_stem().expect("a name"));
    let output = spanload(&[&["import", text(log), "--run", text(&run)], flags].concat());
    assert_eq!(output.status.code(), Some(0), "{}: {output:?}", log.display());
    // It is printed as it is seen from where the command was given.
    let printed = String::from_utf8_lossy(&output.stdout).trim().to_string();
    assert!(run.ends_with(&printed), "{printed}");
    run
}

fn refused(log: &str, contents: &[u8], flags: &[&str]) -> String {
    let folder = fresh_folder(&format!("import_refused_{log}"));
    let (file, run) = (folder.join(log), folder.join("run"));
    fs::write(&file, contents).expect("the disk has room");
    let output = spanload(&[&["import", text(&file), "--run", text(&run)], flags].concat());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!run.exists(), "nothing is left behind");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn rows(run: &Path) -> Table {
    Table::read(&fs::read_to_string(run.join("before.csv")).expect("a log"))
}

fn record(run: &Path) -> Value {
    let manifest = fs::read(run.join("manifest.json")).expect("a manifest");
    serde_json::from_slice::<Value>(&manifest).expect("JSON")["imported"].clone()
}

/// Thousandths of a millisecond; absent is none.
fn micros(field: &str) -> Option<u64> {
    (!field.is_empty()).then(|| field.replace('.', "").parse().expect("a time with three decimals"))
}

#[test]
fn what_real_tools_wrote_becomes_rows_whose_stages_sum_to_the_latency() {
    let folder = fresh_folder("import_recorded");
    for (log, format, requests, failed) in RECORDED {
        let run = imported(&recorded(log), &folder.join(log), &[]);
        assert_eq!((&record(&run)["format"], &record(&run)["file"]), (&format.into(), &log.into()));
        let table = rows(&run);
        let stages = STAGES.map(|stage| table.column(stage));
        let latencies = table.column("latency_ms");
        assert_eq!(latencies.len(), requests, "{log}");
        assert_eq!(table.column("error").iter().filter(|error| !error.is_empty()).count(), failed, "{log}");
        for (at, latency) in latencies.iter().enumerate() {
            let known = stages.iter().filter_map(|stage| micros(stage[at]));
            assert_eq!(known.clone().sum::<u64>(), micros(latency).unwrap_or_default(), "{log}, row {at}");
            let success = table.column("error")[at].is_empty();
            assert!(known.count() > 0 || !success, "{log}, row {at}");
        }
        let due: Vec<_> = table.column("due_ms").iter().filter_map(|due| micros(due)).collect();
        assert!(due.contains(&0), "{log}: counted from the first one");
    }
}

/// What the reference run kept of the given load test.
#[test]
fn the_log_of_the_given_load_test_is_known() {
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/reference/input_py.csv");
    let run = imported(&log, &fresh_folder("import_input_py"), &[]);
    assert_eq!(
        (&record(&run)["format"], rows(&run).column("latency_ms").len()),
        (&"CSV of input.py".into(), 600)
    );
}

#[test]
fn csv_and_json_of_one_run_are_the_same_rows() {
    let folder = fresh_folder("import_same");
    let of = |log: &str| {
        let table = rows(&imported(&recorded(log), &folder.join(log), &[]));
        let columns = ["seq", "due_ms", "latency_ms", "status", "error", "bytes_sent", "bytes_received"];
        columns.map(|column| table.column(column).iter().map(|field| field.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(of("vegeta.csv"), of("vegeta.json"));
}

#[test]
fn the_latency_of_k6_has_its_connection_in_it() {
    let folder = fresh_folder("import_k6");
    let log = fs::read_to_string(recorded("k6.csv")).expect("a log");
    let sum = |metrics: &[&str]| -> f64 {
        let rows = log.lines().map(|line| line.split(',').collect::<Vec<_>>());
        rows.filter(|row| metrics.contains(&row[0])).map(|row| row[2].parse::<f64>().expect("a number")).sum()
    };
    let table = rows(&imported(&recorded("k6.csv"), &folder, &[]));
    let whole: u64 = table.column("latency_ms").iter().filter_map(|latency| micros(latency)).sum();
    let expected = sum(&["http_req_duration", "http_req_blocked"]);
    assert!((whole as f64 / 1e3 - expected).abs() < 0.1, "{whole} µs, {expected} ms");
    assert!(sum(&["http_req_blocked"]) > 0.3, "else this proves nothing");
}

/// No file of the tool's own: typed after its documented keys.
#[test]
fn vllm_bench_is_read_by_its_documented_keys() {
    let folder = fresh_folder("import_vllm");
    let log = folder.join("vllm.json");
    let document = r#"{"date": "20260102-030405", "num_prompts": 3, "request_rate": Infinity, "burstiness": 1.0, "p99_itl_ms": NaN,
        "completed": 2, "ttfts": [0.25, 0.5, 0.0], "itls": [[0.01, 0.02], [], []], "start_times": [10.5, 10.0, 11.0],
        "generated_texts": ["NaN", "", ""], "errors": ["", "", "Traceback\nasyncio.TimeoutError"]}"#;
    fs::write(&log, document).expect("the disk has room");
    let table = rows(&imported(&log, &folder, &[]));
    assert_eq!(table.column("due_ms"), ["0.000", "500.000", "1000.000"]);
    assert_eq!(table.column("latency_ms"), ["500.000", "280.000", ""]);
    assert_eq!(table.column("ttfb_ms"), ["500.000", "250.000", ""]);
    assert_eq!(table.column("error"), ["", "", "timeout"]);
}

#[test]
fn any_table_is_read_by_its_columns() {
    let folder = fresh_folder("import_mapped");
    let log = folder.join("requests.csv");
    fs::write(&log, "when;elapsed;code;why;dns\n1767323045.5;12.5;200;;\n1767323045.25;7;;timed out;0.5\n")
        .expect("room");
    let maps = ["latency=elapsed:ms", "start=when:s", "status=code", "error=why", "dns=dns:ms"];
    let flags: Vec<&str> = maps.iter().flat_map(|map| ["--map", *map]).collect();
    let run = imported(&log, &folder, &flags);
    let table = rows(&run);
    assert_eq!(table.column("due_ms"), ["0.000", "250.000"], "in the order of their starts");
    assert_eq!(table.column("latency_ms"), ["7.000", "12.500"]);
    assert_eq!(table.column("wait_ms"), ["6.500", "12.500"]);
    assert_eq!((table.column("dns_ms"), table.column("error")), (vec!["0.500", ""], vec!["timeout", ""]));
    assert_eq!(table.column("bytes_received"), ["", ""], "absent, not nothing");
    let merged = record(&run)["equivalence"]["merged"].to_string();
    assert!(merged.contains(r#"{"into":"wait","stage":"connect"}"#) && !merged.contains("dns"), "{merged}");
}

#[test]
fn what_is_wrong_is_named_with_file_line_column_and_remedy() {
    let k6 = fs::read_to_string(recorded("k6.csv")).expect("a log");
    let oha = fs::read_to_string(recorded("oha.csv")).expect("a log");
    let vegeta = fs::read_to_string(recorded("vegeta.csv")).expect("a log");
    let aiperf = fs::read_to_string(recorded("aiperf.jsonl")).expect("a log");
    let line = |text: &str, at: usize| text.lines().nth(at).expect("a line").to_string();
    let cut = |text: &str, lines: usize| {
        text.lines().take(lines).map(|line| format!("{line}\n")).collect::<String>()
    };
    let second = line(&oha, 1);
    let fields: Vec<&str> = second.split(',').collect();
    let with = |at: usize, field: &str| {
        let mut fields = fields.clone();
        fields[at] = field;
        format!("{}\n{}\n", line(&oha, 0), fields.join(","))
    };
    let cases = [
        (
            "other_version",
            oha.replacen("request-duration", "duration", 1),
            "oha CSV, but has no column request-duration",
        ),
        (
            "comma",
            oha.replacen(fields[4], &fields[4].replace('.', ","), 1),
            "line 2: it has 8 fields where 7 are to be; a decimal comma",
        ),
        ("nan", with(4, "NaN"), "line 2, column request-duration: `NaN` is no time"),
        ("negative", with(0, "x"), "line 2, column request-start: `x` is no number"),
        ("hours", with(4, "144000"), "line 2, column request-duration: 144000 s are 40.0 hours"),
        ("less", with(4, "-0.1"), "line 2, column request-duration: -0.1 s is a negative time"),
        ("shifted", with(3, "9"), "line 2: the first byte comes after the last one"),
        ("cut", oha.trim_end().into(), "line 23: the line has no end; the last line was cut off"),
        (
            "cut_row",
            format!("{}\n0.1,0.2", line(&oha, 0)),
            "line 2: it has 2 fields where 7 are to be; the last line was cut off",
        ),
        (
            "k6_cut",
            cut(&k6, 7),
            "line 2: the request has no http_req_waiting; the rows of a request must stand together",
        ),
        (
            "k6_tags",
            k6.replacen("expected_response", "x", 1).replacen("status", "y", 1),
            "line 1: column `expected_response` is missing",
        ),
        (
            "k6_sorted",
            format!("{}\n{}\n", line(&k6, 0), line(&k6, 3)),
            "line 2: `http_req_blocked` belongs to no request",
        ),
        ("twice", format!("{vegeta}{vegeta}"), "is there twice; the file has the logs of several runs"),
        (
            "aiperf_back",
            aiperf.replacen("\"request_end_ns\":1", "\"request_end_ns\":", 1),
            "line 1, column request_end_ns: times run backwards",
        ),
        ("aiperf_damaged", aiperf.replacen("\"metadata\":{", "\"metadata\":{{", 1), "line 1"),
        ("empty", String::new(), "it is empty"),
        ("header", format!("{}\n", line(&oha, 0)), "there is no request in it"),
    ];
    for (name, contents, problem) in cases {
        let said = refused(name, contents.as_bytes(), &[]);
        assert!(said.contains(problem) && said.contains(name), "{said}\n{problem}");
        assert!(said.len() < 2_000, "{said}");
    }
}

#[test]
fn a_clock_that_was_set_during_a_run_is_told_by_the_order() {
    let vegeta = fs::read_to_string(recorded("vegeta.csv")).expect("a log");
    let (first, rest) = vegeta.split_once('\n').expect("rows");
    let stamp: u64 = first.split(',').next().and_then(|stamp| stamp.parse().ok()).expect("a stamp");
    let later =
        format!("{rest}{}\n", first.replacen(&stamp.to_string(), &(stamp + 900_000_000_000).to_string(), 1));
    let said = refused("order", later.as_bytes(), &[]);
    assert!(said.contains("has an earlier time than request"), "{said}");
}

#[test]
fn what_is_no_regular_file_is_refused_and_a_folder_is_not_overwritten() {
    let folder = fresh_folder("import_folder");
    let output = spanload(&["import", text(&folder)]);
    assert_eq!(output.status.code(), Some(2));
    let run = imported(&recorded("hey.csv"), &folder, &[]);
    let again = spanload(&["import", text(&recorded("hey.csv")), "--run", text(&run)]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.code() == Some(2) && said.contains("it is there already"), "{said}");
    let unmapped = spanload(&["import", text(&recorded("hey.csv")), "--map", "latency=response-time"]);
    assert_eq!(unmapped.status.code(), Some(2), "a length without a unit");
    let twice = refused("twice_mapped", b"a,b\n1,2\n", &["--map", "latency=a:ms", "--map", "latency=b:ms"]);
    assert!(twice.contains("is mapped twice"), "{twice}");
}

fn json(args: &[&str], code: i32) -> Value {
    let output = spanload(&[args, &["--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn kinds(comparison: &Value) -> Vec<&str> {
    let caveats = comparison["caveats"].as_array().expect("a list");
    caveats.iter().filter_map(|caveat| caveat["kind"].as_str()).collect()
}

/// A plain log of 200 requests from 1,100 ms on.
fn slow_log(folder: &Path) -> PathBuf {
    let log = folder.join("slow.csv");
    let rows: String = (0..200).map(|at| format!("{},{}\n", 1_767_323_045 + at, 1_100 + at)).collect();
    fs::write(&log, format!("when,elapsed\n{rows}")).expect("the disk has room");
    log
}

const SLOW: [&str; 4] = ["--map", "latency=elapsed:ms", "--map", "start=when"];

#[test]
fn an_imported_log_is_compared_without_an_interval_and_never_clear() {
    let folder = fresh_folder("import_compare");
    let own = folder.join("own");
    HandmadeRun::of(vec![rising(200, 1_100); 3], vec![rising(200, 400), rising(200, 402), rising(200, 404)])
        .write(&own);
    let run = imported(&slow_log(&folder), &folder, &SLOW);
    let comparison = json(&["compare", text(&run), text(&own)], 0);
    assert_eq!(comparison["phases"]["before"]["latency_ms"]["p95"], 1_289.0);
    assert_eq!(comparison["difference"]["p95"]["ci95_ms"], Value::Null);
    assert_eq!(comparison["difference"]["p95"]["ci95_ratio"], Value::Null);
    assert!(comparison["difference"]["p95"]["ms"].is_number());
    assert_eq!((&comparison["verdict"], &comparison["confidence"]), (&"met".into(), &"straddles".into()));
    assert_eq!(kinds(&comparison), ["not_paired", "latency_differs"]);
    json(&["compare", text(&run), text(&own), "--strict"], 98);
    json(&["compare", text(&own), text(&run), "--sla", "p95=800ms"], 99);
}

#[test]
fn what_only_one_latency_contains_is_left_out_or_the_comparison_refused() {
    let folder = fresh_folder("import_common");
    let own = folder.join("own");
    HandmadeRun::of(vec![rising(200, 1_100)], vec![rising(200, 400)]).write(&own);
    let log = slow_log(&folder);
    let connected =
        imported(&log, &folder.join("a"), &[&SLOW[..], &["--latency-from", "connection"]].concat());
    let comparison = json(&["compare", text(&connected), text(&own)], 0);
    let differs = comparison["caveats"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|caveat| caveat["kind"] == "latency_differs");
    let message = differs.expect("it is said")["message"].to_string();
    assert!(message.contains("queue, retry, dns, connect, tls of run b are left out"), "{message}");
    let p95 = |comparison: &Value| comparison["phases"]["after"]["latency_ms"]["p95"].as_f64();
    let whole = json(&["compare", text(&own), text(&own)], 0);
    assert!(p95(&comparison) < p95(&whole), "{:?} {:?}", p95(&comparison), p95(&whole));
    let whole = imported(&log, &folder.join("b"), &SLOW);
    let output = spanload(&["compare", text(&whole), text(&connected)]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("nothing in common") && said.contains("cannot be told from wait"), "{said}");
}

#[test]
fn the_imported_run_is_judged_explained_and_shown_by_itself() {
    let folder = fresh_folder("import_alone");
    let run = imported(&slow_log(&folder), &folder, &[&SLOW[..], &["--sla", "p95=800ms"]].concat());
    let comparison = json(&["analyze", text(&run)], 99);
    assert_eq!((&comparison["verdict"], &comparison["confidence"]), (&"missed".into(), &"straddles".into()));
    assert_eq!(kinds(&comparison), ["only_imported"]);
    let fast = imported(&recorded("hey.csv"), &folder, &["--sla", "p50=10s"]);
    let comparison = json(&["analyze", text(&fast)], 0);
    assert!(!kinds(&comparison).contains(&"missing_log") && !kinds(&comparison).contains(&"no_success"));
    for args in [&["explain", "--slowest", "2", "--run"][..], &["report"]] {
        let output = spanload(&[args, &[text(&run)]].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    assert!(run.join("report.html").exists());
}

#[test]
fn the_spans_of_an_imported_run_can_be_exported() {
    let run = imported(&recorded("k6.csv"), &fresh_folder("import_export"), &[]);
    let collector = Collector::start(Duration::ZERO);
    let output =
        spanload(&["export", text(&run), "--otlp-endpoint", &collector.http_url(), "--trace-ratio", "1"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let traces: BTreeSet<String> = collector.spans().iter().map(Received::trace).collect();
    let table = rows(&run);
    assert!(table.column("trace_id").iter().all(|trace| traces.contains(*trace)), "{traces:?}");
}

#[test]
fn the_page_has_the_table_of_what_each_format_contains() {
    let page =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/import.md")).expect("the page");
    for format in spanload::baseline::foreign::known() {
        let row = page.lines().find(|line| line.starts_with(&format!("| {} |", format.name)));
        let row = row.unwrap_or_else(|| panic!("docs/import.md has no row for {}", format.name));
        assert!(row.contains(format.latency) && row.contains(format.failures), "{}: {row}", format.name);
        assert!(row.contains(format.from.words()) && row.contains(format.tested), "{}: {row}", format.name);
        for derived in format.derived {
            assert!(row.contains(derived), "{}: {derived}", format.name);
        }
    }
}
