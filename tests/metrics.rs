//! `/metrics` as a scraper sees it, and what it leaves behind.
mod formats;
mod logs;

use crate::common;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::common::exposition::Exposition;
use crate::common::otlp::{Collector, Refusal};
use crate::common::run::{Results, Run, count, fresh_folder, prove_command, text};
use logs::{check_against_the_logs, check_quantile};
use spanload::telemetry::names;

/// A run whose port is known.
struct Scraped {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    address: SocketAddr,
    out: std::path::PathBuf,
    /// Before it said where its metrics are.
    said: String,
}

impl Scraped {
    fn start(name: &str, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let out = fresh_folder(name);
        let mut command = prove_command(&out, &[&["--metrics-port", "0"], flags].concat());
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).expect("text") > 0, "it says where its metrics are");
            if let Some(url) = line.trim().strip_prefix("metrics at ") {
                break common::address(url.strip_suffix("/metrics").expect("a path"));
            }
            said.push_str(&line);
        };
        Scraped { child, stderr, address, out, said }
    }

    fn scrape(&self) -> Option<Exposition> {
        common::get_open_metrics(self.address).ok().map(|answer| Exposition::parse(&answer.body))
    }

    /// Scrapes until the run is over; the last exposition that was seen.
    fn follow(mut self) -> (Exposition, Vec<Exposition>, Results, String) {
        let mut seen = Vec::new();
        while self.child.try_wait().expect("a child").is_none() {
            seen.extend(self.scrape());
            std::thread::sleep(Duration::from_millis(100));
        }
        let mut said = std::mem::take(&mut self.said);
        self.stderr.read_to_string(&mut said).expect("text");
        let last = seen.last().cloned().expect("it was scraped");
        (last, seen, Results(self.out.join("runs/latest")), said)
    }
}

/// What makes every counter and histogram move: errors, resets, batches, slow requests, a collector that is slow.
/// Forty callers in front of four slots and a backlog of four: SYNs are lost whatever else the machine does.
const EVENTFUL: [&str; 18] = [
    "-n",
    "300",
    "-c",
    "40",
    "--sla",
    "p50=20ms",
    "--sla",
    "p95=60ms",
    "--sla",
    "error_rate=90%",
    "--sla",
    "throughput=1rps",
    "--set",
    "mock.error_rate=0.05",
    "--set",
    "mock.max_connections=4",
    "--set",
    "mock.backlog=4",
];

/// A stuck telemetry thread is not made to order (a test of its own moves this one), nor is a kernel that drops data
/// (that of the series does), and so many errors miss the SLA (the last scrape's test sees it met).
const ELSEWHERE: [&str; 3] =
    ["spanload_samples_dropped_total", "spanload_retransmits_total", "spanload_verdict"];

#[test]
fn every_metric_moves() {
    let refusal = Refusal { every: 2, service: Some("spanload"), status: 400 };
    let collector = Collector::start_refusing(Duration::from_millis(1_500), refusal);
    let url = collector.grpc_url();
    let flags = [&EVENTFUL[..], &["--otlp-endpoint", &url, "--otlp-protocol=grpc"]].concat();
    let limits = [("OTEL_BSP_MAX_QUEUE_SIZE", "200"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100")];
    let (last, seen, results, _) = Scraped::start("metrics_move", &flags, &limits).follow();
    let written = Exposition::parse(&results.text("metrics.prom"));
    let ever = |name: &str| {
        seen.iter().chain([&written]).any(|one| one.of(name).iter().any(|series| series.value > 0.0))
    };
    let unmoved: Vec<&str> = names::ALL.iter().map(|metric| metric.name).filter(|name| !ever(name)).collect();
    let unmoved: Vec<&str> = unmoved.into_iter().filter(|name| !ELSEWHERE.contains(name)).collect();
    assert!(unmoved.is_empty(), "{unmoved:?}");
    assert!(ELSEWHERE.iter().all(|name| !written.of(name).is_empty()), "there, at least");
    for outcome in ["failed", "dropped"] {
        assert!(written.value("spanload_spans_total", &[("outcome", outcome)]) > 0.0, "{outcome}");
    }
    // What is still to come in the last scrape is the verdict, which the wait at the end is for.
    let run = text(&results.manifest()["run_id"]);
    assert_eq!(last.value("spanload_verdict", &[("run", &run)]), 0.0);
    check_labels(&written, &run);
    check_against_the_logs(&written, &results);
}

/// Bounded label sets: those of the table, and the run.
fn check_labels(exposition: &Exposition, run: &str) {
    for series in &exposition.series {
        let metric = names::ALL.into_iter().find(|metric| series.is_of(metric.name));
        let metric = metric.unwrap_or_else(|| panic!("{} is not in the table", series.name));
        let mut labels: Vec<&str> =
            series.labels.keys().map(String::as_str).filter(|label| *label != "le").collect();
        let mut expected = [&["run"], metric.labels].concat();
        labels.sort_unstable();
        expected.sort_unstable();
        assert_eq!(labels, expected, "{}", series.name);
        assert_eq!(series.labels["run"], run);
    }
}

#[test]
fn the_last_scrape_sees_the_verdict_and_the_file_is_that_scrape() {
    // Each phase lasts more than a second, so that it is scraped.
    let flags = ["-n", "400", "--set", "mock.fixed_ms=40"];
    let (last, seen, results, said) = Scraped::start("metrics_last", &flags, &[]).follow();
    assert!(said.contains("for a last scrape of /metrics"), "{said}");
    let comparison = results.comparison();
    for phase in ["before", "after"] {
        let exact = comparison["phases"][phase]["latency_ms"]["p95"].as_f64().expect("a percentile") / 1e3;
        let value = last.value("spanload_sla_value_seconds", &[("phase", phase), ("metric", "p95")]);
        assert!((value - exact).abs() < 1e-9, "{value} and {exact}");
        check_quantile(&last, phase, Some(exact * 1e3));
    }
    assert_eq!(last.value("spanload_sla_limit_seconds", &[("metric", "p95")]), 30.0);
    assert_eq!(
        (last.value("spanload_verdict", &[]), last.value("spanload_sla_met", &[("metric", "p95")])),
        (1.0, 1.0)
    );
    assert!(last.buckets("spanload_latency_seconds").contains(&30.0), "the limit is a bound");
    let written = Exposition::parse(&results.text("metrics.prom"));
    assert_eq!(written.sorted(), last.sorted());
    let running = |one: &Exposition| one.sum("spanload_phase_running", &[]);
    assert!(seen.iter().all(|one| running(one) <= 1.0), "one repetition at a time");
    assert!(seen.iter().any(|one| running(one) == 1.0) && running(&last) == 0.0);
    assert!(seen.iter().any(|one| one.sum("spanload_active_requests", &[]) > 0.0));
    assert_eq!(last.sum("spanload_active_requests", &[]) + last.sum("spanload_open_connections", &[]), 0.0);
}

#[test]
fn without_a_scraper_nobody_waits() {
    let run = Run::prove("metrics_nobody", &["--metrics-port", "0"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(!run.stderr().contains("last scrape"), "{}", run.stderr());
    assert!(run.results().text("metrics.prom").contains("spanload_verdict"));
    assert_eq!(count(&run.results().manifest()["telemetry"]["scrapes"]), 0);
}

#[test]
fn the_wait_for_a_scraper_that_is_gone_is_bounded_and_can_be_skipped() {
    for skip in [false, true] {
        let scraped = Scraped::start(if skip { "metrics_skip" } else { "metrics_gone" }, &[], &[]);
        assert!(scraped.scrape().is_some());
        let mut stderr = scraped.stderr;
        let mut line = String::new();
        while !line.contains("waiting up to 5 s for a last scrape") {
            line.clear();
            assert!(stderr.read_line(&mut line).expect("text") > 0, "it says that it waits");
        }
        if skip {
            common::kill(scraped.child.id(), libc::SIGINT);
        }
        let output = scraped.child.wait_with_output().expect("it ends");
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).expect("text");
        assert_eq!((rest.contains("skipped;"), rest.contains("no scrape came;")), (skip, !skip), "{rest}");
        assert_eq!(output.status.code(), Some(0), "the run was over: {output:?}");
    }
}

#[test]
fn a_port_that_was_asked_for_and_is_taken_is_a_usage_error() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let run = Run::prove("metrics_taken", &["--metrics-port", &port]);
    assert_eq!(run.code(), 2, "{}", run.stderr());
    assert!(run.stderr().contains(&format!("--metrics-port {port}")), "{}", run.stderr());
    assert!(!run.out.join("runs").exists(), "found out before a folder is made");
}

/// Runs a scenario in a network of its own, where nobody else can have the usual ports, or give them back.
#[cfg(target_os = "linux")]
fn with_the_usual_ports(scenario: fn()) {
    let scenario = move || {
        if common::namespace::enter().is_some() {
            scenario();
        }
    };
    std::thread::scope(|scope| scope.spawn(scenario).join().expect("the scenario holds"));
}

#[test]
#[cfg(target_os = "linux")]
fn usual_ports_that_are_taken_are_said_and_the_run_goes_on() {
    with_the_usual_ports(|| {
        // Where nobody can scrape the run, the mock's usual port is not asked for either.
        for (port, folder, warning) in [
            (9464, "metrics_usual_taken", "no live metrics, port 9464"),
            (9465, "metrics_usual_mock_taken", "port 9465 is taken"),
        ] {
            let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("alone");
            let run = Run::prove(folder, &[]);
            assert_eq!(run.code(), 0, "{}", run.stderr());
            assert!(run.stderr().contains(&format!("warning: {warning}")), "{}", run.stderr());
            assert!(run.results().text("metrics.prom").contains("spanload_latency_seconds_count"));
        }
        let run = Run::prove("metrics_no_mock_port", &["--no-metrics"]);
        assert!(!run.stderr().contains("9465"), "nobody wants metrics: {}", run.stderr());
    });
}

#[test]
#[cfg(target_os = "linux")]
fn run_and_mock_are_where_prometheus_looks_for_them() {
    with_the_usual_ports(|| {
        let out = fresh_folder("metrics_usual");
        let mut command = prove_command(&out, &["-n", "20000", "--set", "mock.fixed_ms=20"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        for (port, metric) in [(9464, "spanload_requests_total"), (9465, "spanload_mock_requests_total")] {
            common::wait_until(metric, || {
                let answer = common::get(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), "/metrics").ok()?;
                answer.body.contains(metric).then_some(())
            });
        }
        common::kill(child.id(), libc::SIGINT);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("is taken"), "{output:?}");
    });
}

#[test]
fn metrics_listen_on_loopback_alone() {
    let scraped = Scraped::start("metrics_loopback", &[], &[]);
    // First, for now the run waits for a second one before it ends.
    let answer = common::get_open_metrics(scraped.address).expect("an answer");
    assert_eq!(
        answer.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    let port = format!(":{:04X}", scraped.address.port());
    let sockets =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let listening: Vec<&str> = sockets
        .iter()
        .flat_map(|table| table.lines())
        .filter_map(|line| line.split_whitespace().nth(1).zip(line.split_whitespace().nth(3)))
        .filter(|(local, state)| local.ends_with(&port) && *state == "0A")
        .map(|(local, _)| local)
        .collect();
    assert_eq!(listening, [format!("0100007F{port}")]);
    let answer = common::get(scraped.address, "/").expect("an answer");
    assert_eq!(answer.status, 404);
    drop(scraped.follow());
}

#[test]
fn analyze_gives_the_same_bytes_whatever_telemetry_did() {
    let run =
        Run::prove("metrics_analyze", &["--metrics-port", "0", "--otlp-endpoint", "http://127.0.0.1:1"]);
    let results = run.results();
    let files = ["comparison.json", "comparison.csv", "analysis.json", "manifest.json", "metrics.prom"];
    let before = files.map(|name| results.text(name));
    let mut analyze = std::process::Command::new(common::EXE);
    analyze.arg("analyze").arg(&results.0).output().expect("the binary starts");
    assert_eq!(before, files.map(|name| results.text(name)));
}

#[test]
fn logs_for_programs_are_json_to_the_last_line() {
    let run = Run::prove("metrics_json", &["--metrics-port", "0", "--log-format", "json"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let lines: Vec<serde_json::Value> =
        run.stderr().lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let said = |word: &str| {
        lines.iter().any(|line| line["fields"]["message"].as_str().is_some_and(|text| text.contains(word)))
    };
    assert!(said("metrics at http://127.0.0.1") && said("before 1/1"), "{}", run.stderr());
}

#[test]
fn rust_log_chooses_what_is_logged() {
    let out = fresh_folder("metrics_rust_log");
    let mut command = prove_command(&out, &["--no-metrics", "--otlp-endpoint", "http://127.0.0.1:1"]);
    let output = command.env("RUST_LOG", "spanload=debug").output().expect("the binary starts");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.contains("a repetition begins"), "{said}");
}

/// Level and message of each line.
fn json_lines(stderr: &str) -> Vec<(String, String)> {
    let line = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect(line);
        (text(&line["level"]), text(&line["fields"]["message"]))
    };
    stderr.lines().map(line).collect()
}

#[test]
fn no_filter_takes_away_why_the_command_failed() {
    for filter in ["warn", "off", "spanload=off,spanload-failure=off"] {
        let out = fresh_folder("metrics_json_failure");
        let flags = ["--no-metrics", "--log-format", "json", "--target", "http://127.0.0.1:1"];
        let mut command = prove_command(&out, &flags);
        let output = command.env("RUST_LOG", filter).output().expect("the binary starts");
        let said = json_lines(&String::from_utf8(output.stderr).expect("text"));
        assert_eq!(output.status.code(), Some(1), "{said:?}");
        let [(level, message)] = &said[..] else { panic!("one line with {filter}: {said:?}") };
        assert!(level == "ERROR" && message.starts_with("error: "), "{said:?}");
    }
}

#[test]
fn a_caveat_is_a_warning_to_a_program() {
    let out = fresh_folder("metrics_json_caveat");
    let flags = ["--no-metrics", "--log-format", "json", "--otlp-endpoint", "http://127.0.0.1:1"];
    let output = prove_command(&out, &flags).env("RUST_LOG", "warn").output().expect("the binary starts");
    let said = json_lines(&String::from_utf8(output.stderr).expect("text"));
    let lost = said.iter().find(|(_, message)| message.contains("did not reach the collector"));
    assert_eq!(lost.map(|(level, _)| level.as_str()), Some("WARN"), "{said:?}");
    assert!(said.iter().all(|(level, _)| level != "INFO"), "{said:?}");
}

/// What a scrape would read is a copy for whoever wants it; the run is measured without it.
#[test]
fn a_last_exposition_that_cannot_be_written_does_not_fail_the_run() {
    let out = fresh_folder("metrics_unwritable");
    // It is measured for some seconds, in which the folder is found.
    let flags = ["--metrics-port", "0", "-n", "200", "--set", "mock.fixed_ms=100"];
    let mut command = prove_command(&out, &flags);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let folder = common::wait_until("the run has a folder", || {
        let mut folders = std::fs::read_dir(out.join("runs")).ok()?;
        folders.find_map(|entry| Some(entry.ok()?.path()).filter(|path| path.join("before.csv").exists()))
    });
    std::fs::create_dir(folder.join("metrics.prom")).expect("a folder where the file is to be");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(0), "{said}");
    let results = Results(folder);
    assert!(results.all_caveats().contains(&"no_exposition".to_string()), "{said}");
    assert!(
        said.contains("caveat: cannot write") && said.contains("metrics.prom lacks the verdict"),
        "{said}"
    );
}

#[test]
fn the_percentile_in_the_docs_is_the_one_that_prometheus_records() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let words = |path: &str| {
        let text = std::fs::read_to_string(root.join(path)).expect("a file");
        text.split_whitespace().collect::<String>()
    };
    let (rules, docs) = (words("grafana/rules/sla.yml"), words("docs/telemetry.md"));
    let record = "record:run_phase_le:spanload_latency_seconds_bucket:plannedexpr:|";
    let expression = rules.split_once(record).and_then(|(_, rest)| rest.split_once("-record:"));
    let (expression, _) = expression.expect("the rule comes before others");
    assert!(docs.contains(&format!("histogram_quantile(0.95,{expression})")), "{expression}");
}
