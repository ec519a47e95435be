//! Collectors that are down, refuse, swallow or dawdle: the run's numbers do not change, its end is bounded, and every
//! span is accounted for.
#![allow(clippy::disallowed_methods, reason = "the tests time the command from outside")]
mod common;
#[path = "common/otlp.rs"]
mod otlp;

use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::run::{Results, Run, count, fresh_folder, prove_command};
use common::wait_until;
use otlp::Collector;

/// What the end may take beside the spans: analysis, files, a busy machine.
const SLACK: Duration = Duration::from_secs(3);

/// Accepts connections and never says a word.
struct BlackHole {
    url: String,
}

impl BlackHole {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            let mut kept: Vec<TcpStream> = Vec::new();
            listener.incoming().for_each(|stream| kept.extend(stream));
        });
        BlackHole { url }
    }
}

/// Where nobody listens.
fn refusing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// Created, exported, failed, dropped.
fn totals(results: &Results) -> [u64; 4] {
    let spans = &results.manifest()["telemetry"]["spans"];
    ["created", "exported", "failed", "dropped"].map(|key| count(&spans[key]))
}

/// Runs, and tells how long it took from the end of the last repetition to the end of the process.
fn run_to_its_end(name: &str, url: &str, protocol: &str) -> (Run, Duration) {
    let flags = ["--otlp-endpoint", url, "--otlp-protocol", protocol, "--no-metrics"];
    let run = Run::prove(name, &flags);
    let ended = std::time::SystemTime::now();
    let manifest = run.results().manifest();
    let last = manifest["repetitions"].as_array().and_then(|all| all.last()).expect("repetitions");
    let wall = count(&last["started_unix_us"]) + count(&last["health"]["wall_us"]);
    let wall = std::time::UNIX_EPOCH + Duration::from_micros(wall);
    (run, ended.duration_since(wall).expect("later"))
}

fn check_lost(run: &Run, took: Duration, bound: Duration) {
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let [created, exported, failed, dropped] = totals(&run.results());
    assert_eq!(created, exported + failed + dropped);
    assert!(failed + dropped > 0 && created > 100, "{created} created, {failed} failed, {dropped} dropped");
    assert!(run.results().all_caveats().contains(&"telemetry_loss".to_string()));
    assert!(run.stdout().contains("spans did not reach the collector"), "{}", run.stdout());
    assert!(took < bound, "the end took {took:?}");
}

#[test]
fn a_collector_that_refuses_costs_no_time() {
    for protocol in ["grpc", "http/protobuf"] {
        let name = format!("collector_refuses_{}", &protocol[..4]);
        let (run, took) = run_to_its_end(&name, &refusing(), protocol);
        check_lost(&run, took, SLACK);
        assert_eq!(totals(&run.results())[1], 0);
    }
}

#[test]
fn a_collector_that_swallows_costs_five_seconds() {
    for protocol in ["grpc", "http/protobuf"] {
        let name = format!("collector_swallows_{}", &protocol[..4]);
        let (run, took) = run_to_its_end(&name, &BlackHole::open().url, protocol);
        check_lost(&run, took, Duration::from_secs(5) + SLACK);
    }
}

#[test]
fn a_collector_that_dawdles_gets_what_it_can_take() {
    let collector = Collector::start(Duration::from_millis(1_500));
    let out = fresh_folder("collector_dawdles");
    let flags =
        ["--otlp-endpoint", &collector.grpc_url(), "--otlp-protocol=grpc", "--no-metrics", "-n", "400"];
    let mut command = prove_command(&out, &flags);
    command.env("OTEL_BSP_MAX_QUEUE_SIZE", "300").env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100");
    let run = Run { output: command.output().expect("the binary starts"), out };
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let [created, exported, failed, dropped] = totals(&run.results());
    assert_eq!(created, exported + failed + dropped);
    assert!(exported > 0 && dropped > 0, "{exported} of {created}, {dropped} dropped");
    // A batch whose answer came too late has arrived all the same.
    let arrived = collector.count("spanload") as u64;
    assert!((exported..=exported + failed).contains(&arrived), "{arrived}, {exported} and {failed}");
}

#[test]
fn ctrl_c_loses_no_span() {
    let collector = Collector::start(Duration::ZERO);
    let out = fresh_folder("collector_interrupt");
    let flags = [
        "--otlp-endpoint",
        &collector.grpc_url(),
        "--otlp-protocol=grpc",
        "-n",
        "4000",
        "--metrics-port",
        "0",
    ];
    let child = prove_command(&out, &flags).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let child = child.expect("the binary starts");
    wait_until("spans arrive", || (collector.count("spanload") > 1_000).then_some(()));
    common::kill(child.id(), libc::SIGINT);
    let began = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(began.elapsed() < Duration::from_secs(5) + SLACK, "{:?}", began.elapsed());
    let results = Results(out.join("runs/latest"));
    let [created, exported, failed, dropped] = totals(&results);
    assert_eq!((created, failed, dropped), (exported, 0, 0));
    let traces: std::collections::HashSet<_> = collector.spans().iter().map(otlp::Received::trace).collect();
    let mut sent = 0;
    for part in ["before.csv", "after.csv", "calibration.csv"] {
        for (trace, error) in results.table(part).pairs("trace_id", "error") {
            sent += usize::from(error != "unsent");
            assert!(error == "unsent" || traces.contains(trace), "{trace} of {part}, {error}");
        }
    }
    assert!(sent > 100, "{sent}");
    let exposition = results.text("metrics.prom");
    assert!(exposition.contains(&format!("outcome=\"exported\"}} {exported}")), "{exposition}");
    assert!(exposition.ends_with("# EOF\n"));
}

#[test]
fn an_export_gives_up_on_a_collector_that_swallows() {
    let run = Run::prove("collector_export", &["--no-metrics"]);
    let hole = BlackHole::open();
    let mut export = std::process::Command::new(common::EXE);
    export.arg("export").arg(run.out.join("runs/latest"));
    export.args(["--otlp-endpoint", &hole.url, "--otlp-protocol", "grpc"]);
    export.env("OTEL_BSP_MAX_QUEUE_SIZE", "20").env("OTEL_EXPORTER_OTLP_TIMEOUT", "1000");
    let began = Instant::now();
    let output = export.output().expect("the binary starts");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{said}");
    // Each of the batches would take a second: there are more than thirty.
    assert!(began.elapsed() < Duration::from_secs(3) + SLACK, "{:?}: {said}", began.elapsed());
    let account = said.lines().find(|line| line.starts_with("traces: ")).expect("what became of the spans");
    let figures: Vec<u64> = account.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [created, exported, failed, dropped] = figures[..] else { panic!("{account}") };
    assert_eq!((created, exported), (failed + dropped, 0), "{account}");
    assert!(created > 600 && failed <= 60, "{account}");
}

/// Interleaved, because this machine drifts: with a collector that swallows everything, and without one.
#[test]
#[ignore = "times a run against another; run it alone on a quiet machine"]
fn a_bad_collector_does_not_move_the_numbers() {
    let hole = BlackHole::open();
    let scenario =
        ["-n", "400", "--set", "mock.fixed_ms=50", "--set", "mock.item_ms=0", "--set", "mock.replicas=64"];
    let p95 = |name: &str, more: &[&str]| {
        let run = Run::prove(
            name,
            &[&scenario[..], &["--set", "mock.max_connections=64", "--no-metrics"], more].concat(),
        );
        assert_eq!(run.code(), 0, "{}", run.stderr());
        let value = run.results().comparison()["phases"]["after"]["latency_ms"]["p95"].as_f64();
        value.expect("a percentile")
    };
    let with = ["--otlp-endpoint", &hole.url, "--otlp-protocol=grpc"];
    let mut ratios: Vec<f64> = Vec::new();
    for pair in 0..5 {
        let (one, other) = if pair % 2 == 0 {
            let one = p95("collector_moves_with", &with);
            (one, p95("collector_moves_without", &[]))
        } else {
            let other = p95("collector_moves_without", &[]);
            (p95("collector_moves_with", &with), other)
        };
        println!("pair {pair}: P95 with {one:.3} ms, without {other:.3} ms");
        ratios.push(one / other);
    }
    ratios.sort_by(f64::total_cmp);
    assert!((0.95..1.05).contains(&ratios[2]), "{ratios:?}");
}
