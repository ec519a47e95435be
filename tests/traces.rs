//! Every planned request is a trace: what reaches a collector, checked against the rows of the log.

use crate::common;
use std::collections::HashMap;
use std::time::Duration;

use crate::common::otlp::{Collector, Received};
use crate::common::run::{Results, Run, Table, count, text};

const PHASES: [&str; 2] = ["before", "after"];
/// Each process places itself on the wall clock once, which others may move a little meanwhile; in microseconds.
const SLEWED: u64 = 50_000;
const STAGES: [&str; 8] = ["queue", "retry", "dns", "connect", "tls", "send", "wait", "receive"];

/// Milliseconds with three decimals, as whole microseconds.
fn micros(field: &str) -> u64 {
    let (whole, part) = field.split_once('.').unwrap_or_else(|| panic!("{field:?} has three decimals"));
    assert_eq!(part.len(), 3, "{field}");
    whole.parse::<u64>().expect("a number") * 1_000 + part.parse::<u64>().expect("a number")
}

/// The rows of a phase, each by the names of its columns.
fn rows(results: &Results, part: &str) -> Vec<HashMap<String, String>> {
    let Table { header, rows } = results.table(&format!("{part}.csv"));
    rows.into_iter().map(|row| header.iter().cloned().zip(row).collect()).collect()
}

/// When each repetition of a part began, in microseconds since the Unix epoch.
fn starts(results: &Results, part: &str) -> HashMap<String, u64> {
    let manifest = results.manifest();
    let all = manifest["repetitions"].as_array().expect("a list").clone();
    let of_part = all.iter().filter(|one| text(&one["phase"]) == part);
    of_part.map(|one| (one["repetition"].to_string(), count(&one["started_unix_us"]))).collect()
}

/// The first row of each batch leads it.
fn leaders(rows: &[HashMap<String, String>]) -> HashMap<(String, String), String> {
    let mut leaders = HashMap::new();
    for row in rows.iter().filter(|row| !row["batch_id"].is_empty()) {
        let batch = (row["repetition"].clone(), row["batch_id"].clone());
        leaders.entry(batch).or_insert_with(|| row["trace_id"].clone());
    }
    leaders
}

/// The spans of the client by trace, and those of the server by their parent.
struct Spans {
    client: HashMap<String, Vec<Received>>,
    server: Vec<Received>,
    own: Vec<Received>,
}

impl Spans {
    fn of(collector: &Collector) -> Self {
        let (server, client): (Vec<_>, Vec<_>) =
            collector.spans().into_iter().partition(|one| one.service == "spanload-mock");
        let (requests, own): (Vec<_>, Vec<_>) = client.into_iter().partition(|one| {
            !one.span.name.starts_with("phase ")
                && !one.span.name.starts_with("part ")
                && !one.span.name.starts_with("repetition ")
                && one.span.name != "run"
        });
        let mut client: HashMap<String, Vec<Received>> = HashMap::new();
        for one in requests {
            client.entry(one.trace()).or_default().push(one);
        }
        Spans { client, server, own }
    }

    fn root(&self, trace: &str) -> &Received {
        let spans = self.client.get(trace).unwrap_or_else(|| panic!("no trace {trace}"));
        let mut roots = spans.iter().filter(|one| one.parent().is_empty());
        let root = roots.next().expect("a root");
        assert!(roots.next().is_none(), "one root in {trace}");
        root
    }

    fn child(&self, trace: &str, name: &str) -> Option<&Received> {
        self.client[trace].iter().find(|one| one.span.name == name)
    }

    /// The server's spans of an exchange: of the trace itself, or of the one that the member links to.
    fn served(&self, root: &Received) -> Vec<&Received> {
        let (trace, parent) = root.link("exchange").unwrap_or_else(|| (root.trace(), root.id()));
        let server = self.server.iter().find(|one| one.trace() == trace && one.parent() == parent);
        let server = server.unwrap_or_else(|| panic!("the server continues {trace}"));
        let children = self.server.iter().filter(|one| one.parent() == server.id());
        std::iter::once(server).chain(children).collect()
    }
}

fn check_part(results: &Results, part: &str, spans: &Spans, complete: bool) -> usize {
    let (rows, starts) = (rows(results, part), starts(results, part));
    let leaders = leaders(&rows);
    for row in &rows {
        let trace = &row["trace_id"];
        let root = spans.root(trace);
        assert_eq!(
            (root.span.name.as_str(), root.span.kind),
            ("POST", 3),
            "a client span by the conventions"
        );
        let start = starts[&row["repetition"]] + micros(&row["due_ms"]);
        assert_eq!(root.micros(), (start, start + micros(&row["latency_ms"])), "{trace}");
        let mut at = start;
        for stage in STAGES {
            let field = &row[&format!("{stage}_ms")];
            let child = spans.child(trace, stage);
            assert_eq!(child.is_some(), !field.is_empty(), "{stage} of {trace}");
            let Some(child) = child else { continue };
            assert_eq!(
                (child.parent(), child.micros()),
                (root.id(), (at, at + micros(field))),
                "{stage} of {trace}"
            );
            at += micros(field);
        }
        assert_eq!(at, root.micros().1, "the stages fill the request");
        check_attributes(row, root, part);
        let leader = leaders.get(&(row["repetition"].clone(), row["batch_id"].clone())).unwrap_or(trace);
        let exchange = (leader != trace).then(|| (leader.clone(), spans.root(leader).id()));
        assert_eq!(root.link("exchange"), exchange, "{trace}");
        if complete {
            check_server(row, root, spans);
        }
    }
    rows.len()
}

fn check_attributes(row: &HashMap<String, String>, root: &Received, part: &str) {
    let expected = [
        ("http.request.method", "POST"),
        ("http.response.status_code", &row["status"]),
        ("server.address", "127.0.0.1"),
        ("network.protocol.version", "1.1"),
        ("spanload.part", part),
        ("spanload.repetition", &row["repetition"]),
        ("spanload.seq", &row["seq"]),
        ("spanload.connection.id", &row["conn_id"]),
        ("spanload.connection.reused", &row["conn_reused"]),
    ];
    for (name, value) in expected {
        assert_eq!(root.attribute(name), value, "{name}");
    }
    let phase = PHASES.contains(&part).then(|| part.to_string());
    assert_eq!(root.attributes.get("spanload.phase"), phase.as_ref(), "only of the two phases");
    let optional = [
        ("spanload.connection.syn_retransmits", "syn_retransmits"),
        ("spanload.retransmits", "retransmits"),
        ("spanload.batch.id", "batch_id"),
        ("spanload.batch.size", "batch_size"),
    ];
    for (name, column) in optional {
        assert_eq!(root.attributes.get(name).map_or("", String::as_str), row[column], "{name}");
    }
    let batched = row["batch_size"].parse().is_ok_and(|size: u32| size > 1);
    let path = if batched { "/v1/infer/batch" } else { "/v1/infer" };
    let url = format!("http://127.0.0.1:{}{path}", root.attribute("server.port"));
    assert_eq!(root.attribute("url.full"), url);
}

/// One trace shows client and server: the server's span lies within the client's wait, and reports the same times.
fn check_server(row: &HashMap<String, String>, root: &Received, spans: &Spans) {
    let served = spans.served(root);
    let names: Vec<_> = served.iter().map(|one| one.span.name.as_str()).collect();
    assert_eq!((names.len(), served[0].span.kind), (3, 2), "{names:?}");
    for (name, column) in [("queue", "server_queue_ms"), ("compute", "server_compute_ms")] {
        let child = served.iter().find(|one| one.span.name == name).expect("both children");
        assert_eq!(child.length(), micros(&row[column]), "{name} as the server told its caller");
    }
    let ((from, to), (start, end)) = (served[0].micros(), root.micros());
    assert!(start <= from + SLEWED && to <= end + SLEWED, "within the request: {from}–{to} in {start}–{end}");
}

/// A run and the collector of its spans.
fn traced(name: &str) -> (Run, Collector) {
    let collector = Collector::start(Duration::ZERO);
    let url = collector.grpc_url();
    let flags = ["--otlp-endpoint", &url, "--otlp-protocol=grpc", "--no-metrics", "--repetitions=2"];
    let run = Run::prove(name, &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    (run, collector)
}

/// What the mocks sent, against their own account. They have a second for their last spans, which a busy machine may take from
/// them: what they say they lost is missing, and nothing else. Whether all arrived.
fn check_account_of_the_mocks(results: &Results, spans: &Spans) -> bool {
    let served = &results.manifest()["telemetry"]["server_spans"];
    let [created, exported, failed, dropped] =
        ["created", "exported", "failed", "dropped"].map(|key| count(&served[key]));
    assert!(created > 0 && created == exported + failed + dropped, "{served}");
    // What was not acknowledged in time may have arrived all the same.
    let arrived = spans.server.len() as u64;
    assert!((exported..=exported + failed).contains(&arrived), "{arrived} arrived: {served}");
    created == exported
}

#[test]
fn every_span_agrees_with_its_row() {
    let (run, collector) = traced("traces_rows");
    let (results, spans) = (run.results(), Spans::of(&collector));
    let parts = ["before", "after", "calibration", "single_calls"];
    let complete = check_account_of_the_mocks(&results, &spans);
    let rows: usize = parts.map(|part| check_part(&results, part, &spans, complete)).iter().sum();
    assert_eq!(spans.client.len(), rows, "no trace beside");
    check_own(&results, &spans);
    let totals = &results.manifest()["telemetry"]["spans"];
    let [created, exported, failed, dropped] =
        ["created", "exported", "failed", "dropped"].map(|key| count(&totals[key]));
    assert_eq!((created, failed, dropped), (exported, 0, 0));
    assert_eq!(exported as usize, collector.count("spanload"));
    let line = format!("traces: {created} spans created = {created} exported + 0 failed + 0 dropped");
    assert!(run.stderr().contains(&line), "{}", run.stderr());
    assert_eq!(results.all_caveats().contains(&"telemetry_loss".to_string()), !complete);
}

/// The run holds its phases, these their repetitions, and requests are linked to the last.
fn check_own(results: &Results, spans: &Spans) {
    let named = |name: &str| {
        spans.own.iter().find(|one| one.span.name == name).unwrap_or_else(|| panic!("no {name}"))
    };
    let run = named("run");
    assert_eq!(run.attribute("spanload.run_id"), text(&results.manifest()["run_id"]));
    for part in ["before", "after", "calibration"] {
        let word = if PHASES.contains(&part) { "phase" } else { "part" };
        let phase = named(&format!("{word} {part}"));
        assert_eq!(phase.attribute("spanload.part"), part);
        assert_eq!(phase.attributes.contains_key("spanload.phase"), PHASES.contains(&part), "{part}");
        assert_eq!((phase.parent(), phase.trace()), (run.id(), run.trace()));
        for row in rows(results, part) {
            let repetition = named(&format!("repetition {part} {}", row["repetition"]));
            assert_eq!(repetition.parent(), phase.id());
            let root = spans.root(&row["trace_id"]);
            assert_eq!(root.link("repetition"), Some((repetition.trace(), repetition.id())));
            let ((from, to), (start, end)) = (outer(repetition), root.micros());
            assert!(from <= start + SLEWED && end <= to + SLEWED, "{from}–{to} holds {start}–{end}");
        }
    }
}

/// The run's own spans are timed while it is on, to the nanosecond.
fn outer(one: &Received) -> (u64, u64) {
    (one.span.start_time_unix_nano / 1_000, one.span.end_time_unix_nano.div_ceil(1_000))
}

/// What of a request's spans must not change: trace, id, parent, start, end, attributes.
type Essence = (String, String, String, u64, u64, Vec<(String, String)>);

fn essence(spans: &[Received]) -> Vec<Essence> {
    let mut all: Vec<_> = spans
        .iter()
        .filter(|one| one.service == "spanload" && !one.span.name.contains(' ') && one.span.name != "run")
        .map(|one| {
            let (start, end) = one.micros();
            let mut attributes: Vec<_> = one.attributes.clone().into_iter().collect();
            attributes.sort();
            (one.trace(), one.id(), one.parent(), start, end, attributes)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn an_export_from_the_log_is_the_live_one_again() {
    let [live, again] = [(); 2].map(|()| Collector::start(Duration::ZERO));
    let run = Run::prove(
        "traces_export",
        &["--otlp-endpoint", &live.grpc_url(), "--otlp-protocol=grpc", "--no-metrics"],
    );
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let mut export = std::process::Command::new(common::EXE);
    let output = export
        .arg("export")
        .arg(run.out.join("runs/latest"))
        .args(["--otlp-endpoint", &again.http_url()])
        // Whoever exports wants traces.
        .env("OTEL_TRACES_SAMPLER", "always_off")
        .output();
    let output = output.expect("the binary starts");
    assert!(output.status.success(), "{output:?}");
    let (first, second) = (live.spans(), again.spans());
    assert!(!essence(&first).is_empty());
    assert_eq!(essence(&first), essence(&second));
    let own = |spans: &[Received]| {
        let own = spans.iter().filter(|one| {
            one.service == "spanload" && (one.span.name.contains(' ') || one.span.name == "run")
        });
        let mut own: Vec<_> =
            own.map(|one| (one.span.name.clone(), one.trace(), one.id(), one.parent())).collect();
        own.sort();
        own
    };
    assert_eq!(own(&first), own(&second), "the spans that they are linked to");
    let links = |spans: &[Received]| {
        let mut links: Vec<_> =
            spans.iter().map(|one| (one.id(), one.link("exchange"), one.link("repetition"))).collect();
        links.retain(|(_, _, repetition)| repetition.is_some());
        links.sort();
        links
    };
    assert_eq!(links(&first), links(&second));
}

#[test]
fn over_http_by_the_standard_variables_and_secrets_stay_secret() {
    let collector = Collector::start(Duration::ZERO);
    let out = common::run::fresh_folder("traces_http");
    let mut command =
        common::run::prove_command(&out, &["--otlp-header", "x-more: t0pSecret", "--no-metrics"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.http_url())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cret")
        .env("OTEL_SERVICE_NAME", "checkout-load")
        .env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=ci,team=a");
    let run = Run { output: command.output().expect("the binary starts"), out };
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(collector.count("checkout-load") > 0 && collector.count("spanload-mock") > 0);
    for one in collector.spans() {
        assert_eq!(one.resource["deployment.environment"], "ci");
    }
    let headers = collector.headers();
    assert!(
        headers.iter().all(|all| all["authorization"] == "Bearer s3cret" && all["x-more"] == "t0pSecret")
    );
    for name in ["manifest.json", "comparison.json", "analysis.json"] {
        let file = run.results().text(name);
        assert!(!file.contains("s3cret") && !file.contains("t0pSecret"), "{name}");
    }
    assert!(!run.stderr().contains("t0pSecret") && !run.stdout().contains("t0pSecret"));
}

#[test]
fn a_ratio_of_none_keeps_the_slow_and_the_failed() {
    let collector = Collector::start(Duration::ZERO);
    let url = format!("--otlp-endpoint={}", collector.grpc_url());
    let flags = [&url, "--otlp-protocol=grpc", "--trace-ratio=0", "--sla=p95=60ms", "--no-metrics"];
    let run = Run::prove("traces_ratio", &[&flags[..], &["--set", "mock.error_rate=0.1"]].concat());
    let results = run.results();
    let mut expected: Vec<String> = Vec::new();
    let mut all = 0;
    for part in ["before", "after", "calibration", "single_calls"] {
        for row in rows(&results, part) {
            all += 1;
            if !row["error"].is_empty() || micros(&row["latency_ms"]) > 60_000 {
                expected.push(row["trace_id"].clone());
            }
        }
    }
    assert!(
        (1..all).contains(&expected.len()),
        "{} of {all} are slow or failed: the test tells nothing",
        expected.len()
    );
    let spans = Spans::of(&collector);
    let mut kept: Vec<String> = spans.client.keys().cloned().collect();
    expected.sort();
    kept.sort();
    assert_eq!(kept, expected);
    for trace in &kept {
        let root = spans.root(trace);
        assert!(root.attribute("spanload.slow") == "true" || root.attribute("error.type") == "503");
    }
}

#[test]
fn without_a_collector_there_are_no_traces_and_no_words_of_them() {
    let run = Run::prove("traces_offline", &["--no-metrics"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.results().manifest()["telemetry"]["spans"].is_null());
    assert!(!run.stderr().contains("traces:") && !run.stderr().contains("warning"), "{}", run.stderr());
    assert!(!run.results().path("metrics.prom").exists());
}

#[test]
fn the_mock_follows_the_flags_of_the_run_as_the_client_does() {
    let collector = Collector::start(Duration::ZERO);
    let out = common::run::fresh_folder("traces_flags_win");
    let flags = ["--otlp-endpoint", &collector.http_url(), "--trace-ratio", "1", "--no-metrics"];
    let mut command = common::run::prove_command(&out, &flags);
    command.env("OTEL_SDK_DISABLED", "true").env("OTEL_TRACES_SAMPLER", "always_off");
    let output = command.output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(collector.count("spanload") > 0 && collector.count("spanload-mock") > 0);
}

#[test]
fn what_cannot_be_sent_to_the_collector_is_a_usage_error_before_a_folder_is_made() {
    let header = ["--otlp-endpoint", "http://127.0.0.1:1", "--otlp-header", "x key: s3cret"];
    for flags in [&header[..], &["--otlp-endpoint", "http://me:s3cret@127.0.0.1:1"]] {
        let run = Run::prove("traces_refused", flags);
        assert_eq!(run.code(), 2, "{}", run.stderr());
        assert!(
            run.stderr().contains("--otlp-header") && !run.stderr().contains("s3cret"),
            "{}",
            run.stderr()
        );
        assert!(!run.out.join("runs").exists(), "found out before a folder is made");
    }
}
