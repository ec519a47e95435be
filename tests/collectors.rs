//! Collectors that are down, refuse, swallow or dawdle: the run's numbers do not change, its end is bounded, and every
//! span is accounted for.

use crate::common;
use crate::common::otlp;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::common::holes::{BlackHole, Refusing, WebPage};
use crate::common::otlp::{Collector, Refusal};
use crate::common::run::{Results, Run, count, fresh_folder, prove_command, text};
use crate::common::wait_until;
use crate::common::wire::Server;

/// Ten times what is given to a collector at the end: a run that waits longer hangs. What an end really takes is measured
/// elsewhere.
const HANGS: Duration = Duration::from_secs(60);

/// Created, exported, failed, dropped.
fn totals(results: &Results) -> [u64; 4] {
    totals_of(results, "spans")
}

fn totals_of(results: &Results, whose: &str) -> [u64; 4] {
    let spans = &results.manifest()["telemetry"][whose];
    ["created", "exported", "failed", "dropped"].map(|key| count(&spans[key]))
}

/// Runs to the end, which must come.
fn run_to_its_end(name: &str, flags: &[&str]) -> Run {
    let run = Run::prove(name, &[&["--no-metrics"], flags].concat());
    let ended = std::time::SystemTime::now();
    let manifest = run.results().manifest();
    let last = manifest["repetitions"].as_array().and_then(|all| all.last()).expect("repetitions");
    let wall = count(&last["started_unix_us"]) + count(&last["health"]["wall_us"]);
    let took = ended.duration_since(std::time::UNIX_EPOCH + Duration::from_micros(wall));
    assert!(took.as_ref().is_ok_and(|took| *took < HANGS), "the end took {took:?}");
    run
}

fn check_lost(run: &Run) {
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let [created, exported, failed, dropped] = totals(&run.results());
    assert_eq!(created, exported + failed + dropped);
    assert!(failed + dropped > 0 && created > 100, "{created} created, {failed} failed, {dropped} dropped");
    assert!(run.results().all_caveats().contains(&"telemetry_loss".to_string()));
    assert!(run.stdout().contains("spans did not reach the collector"), "{}", run.stdout());
}

#[test]
fn what_a_collector_refuses_is_counted_and_said() {
    for protocol in ["grpc", "http/protobuf"] {
        let name = format!("collector_refuses_{}", &protocol[..4]);
        let collector = Refusing::bind();
        let run = run_to_its_end(&name, &["--otlp-endpoint", &collector.url, "--otlp-protocol", protocol]);
        check_lost(&run);
        assert_eq!(totals(&run.results())[1], 0);
    }
}

/// A server that knows nothing of spans answers 200 too.
#[test]
fn a_page_in_place_of_an_answer_is_no_export() {
    let page = WebPage::open();
    let run =
        run_to_its_end("collector_page", &["--otlp-endpoint", &page.url, "--otlp-protocol", "http/protobuf"]);
    check_lost(&run);
    assert_eq!(totals(&run.results())[1], 0, "nothing counts as exported");
    let folded = run.stdout().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(folded.contains("it answered 200 with what is no answer of OTLP"), "{folded}");
}

#[test]
fn a_load_says_why_a_collector_that_swallows_has_lost_spans() {
    let (hole, target) = (BlackHole::open(), Server::echo(0));
    let log = fresh_folder("collector_load").join("load.csv");
    let mut load = std::process::Command::new(common::EXE);
    load.args([
        "load",
        "scenarios/default.toml",
        "-n",
        "40",
        "--no-metrics",
        "--no-probe",
        "--target",
        &target.url(),
    ]);
    load.args(["--otlp-endpoint", &hole.url, "--otlp-protocol", "grpc", "-o"]).arg(log);
    let output = load.output().expect("the binary starts");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(0), "{said}");
    for words in ["did not reach the collector", "last because: ", "within 5 s of the end"] {
        assert!(said.contains(words), "no {words} in {said}");
    }
}

#[test]
fn what_a_collector_swallows_is_counted_and_said() {
    for protocol in ["grpc", "http/protobuf"] {
        let name = format!("collector_swallows_{}", &protocol[..4]);
        let hole = BlackHole::open();
        let run = run_to_its_end(&name, &["--otlp-endpoint", &hole.url, "--otlp-protocol", protocol]);
        check_lost(&run);
        let server = totals_of(&run.results(), "server_spans");
        assert!(server[0] > 0 && server[0] == server[2] + server[3], "those of the mock too: {server:?}");
    }
}

/// Takes what the client sends, and nothing from the mock: no silent loss.
#[test]
fn what_the_mock_loses_is_said_with_the_rest() {
    for protocol in ["grpc", "http/protobuf"] {
        let refusal = Refusal { every: 1, service: Some("spanload-mock"), status: 503 };
        let collector = Collector::start_refusing(Duration::ZERO, refusal);
        let url = if protocol == "grpc" { collector.grpc_url() } else { collector.http_url() };
        let name = format!("collector_mock_{}", &protocol[..4]);
        let run = Run::prove(&name, &["--no-metrics", "--otlp-endpoint", &url, "--otlp-protocol", protocol]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        let results = run.results();
        let [created, exported, ..] = totals(&results);
        assert_eq!(created, exported);
        let [created, exported, failed, dropped] = totals_of(&results, "server_spans");
        assert!(created > 100 && exported == 0, "{created} created, {exported} exported");
        assert_eq!(created, failed + dropped);
        let line = format!(
            "server traces: {created} spans created = 0 exported + {failed} failed + {dropped} dropped"
        );
        assert!(run.stderr().contains(&line), "no {line} in {}", run.stderr());
        let comparison = results.comparison();
        let caveats = comparison["caveats"].as_array().expect("a list");
        let loss = caveats.iter().find(|caveat| caveat["kind"] == "telemetry_loss").expect("a caveat");
        let message = text(&loss["message"]);
        assert!(message.contains(&format!("{created} of {created} server spans did not reach")), "{message}");
        assert!(
            message.contains("they are in no log: run again") && !message.contains("`spanload export`"),
            "{message}"
        );
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
        // So slow that what waits for the collector is sent in time whatever else is on.
        "--set",
        "mock.fixed_ms=100",
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
    assert!(began.elapsed() < HANGS, "{:?}", began.elapsed());
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
    let output = export.output().expect("the binary starts");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{said}");
    // It gives up after three batches of twenty.
    let account = said.lines().find(|line| line.starts_with("traces: ")).expect("what became of the spans");
    let figures: Vec<u64> = account.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [created, exported, failed, dropped] = figures[..] else { panic!("{account}") };
    assert_eq!((created, exported), (failed + dropped, 0), "{account}");
    assert!(created > 600 && failed <= 60, "{account}");
}

/// Exports a run in batches of a hundred spans; what was said of them, and whether it went well.
fn export(run: &Run, url: &str, protocol: &str) -> (Vec<u64>, bool) {
    let mut export = std::process::Command::new(common::EXE);
    export.arg("export").arg(run.out.join("runs/latest")).args(["--otlp-endpoint", url]);
    export.env("OTEL_BSP_MAX_QUEUE_SIZE", "200").env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100");
    let output = export.args(["--otlp-protocol", protocol]).output().expect("the binary starts");
    let said = String::from_utf8(output.stderr).expect("text");
    let account = said.lines().find(|line| line.starts_with("traces: ")).expect("what became of the spans");
    (account.split(' ').filter_map(|word| word.parse().ok()).collect(), output.status.success())
}

/// Over gRPC `UNAVAILABLE` and `INVALID_ARGUMENT`, over HTTP what the specification of OTLP calls retryable, and 400 and
/// 401. After a batch that failed none is tried again.
#[test]
fn a_refusal_that_may_pass_is_tried_once_more_and_one_that_may_not_is_believed() {
    let run = Run::prove("collector_again", &["--no-metrics"]);
    for protocol in ["grpc", "http/protobuf"] {
        let refusing = |every, status| {
            Collector::start_refusing(Duration::ZERO, Refusal { every, service: None, status })
        };
        let export_to = |collector: &Collector| {
            let url = if protocol == "grpc" { collector.grpc_url() } else { collector.http_url() };
            export(&run, &url, protocol)
        };
        let (figures, went_well) = export_to(&refusing(2, 503));
        assert!(went_well && figures[0] == figures[1], "{protocol}: nothing is lost: {figures:?}");
        let (figures, went_well) = export_to(&refusing(2, 400));
        assert!(!went_well && figures[2] > 100, "{protocol}: some batches fail: {figures:?}");
        // The first batch twice if it may pass, the next two once, until the export gives up.
        let may_pass: &[u16] = if protocol == "grpc" { &[503] } else { &[429, 502, 503, 504] };
        for (statuses, asked) in [(may_pass, 4), (&[400, 401], 3)] {
            for status in statuses {
                let down = refusing(1, *status);
                let (figures, went_well) = export_to(&down);
                assert!(!went_well && figures[1] == 0, "{protocol}, {status}: {figures:?}");
                assert_eq!(down.headers().len(), asked, "{protocol}, {status}");
            }
        }
    }
}
