//! docs/scenario.md knows every key of a scenario, with its default.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use super::baseline::{LATENCY_FROM, SCRIPT_TIMEOUT};
use super::endpoints::WEIGHT;
use super::given_script::GivenScript;
use super::quality::RawQuality;
use super::raw::{Raw, RawLoad, RawPhase, RawTarget, Runs};
use super::raw_endpoint::RawEndpoint;
use super::raw_secret::{RawHeaderValues, RawSecret};
use super::settings::resolve;
use super::success::RawSuccess;
use crate::mock::MockSettings;
use crate::model::{Connections, HttpChoice, Metric, Strategy};
use crate::telemetry::TelemetrySettings;

/// A row of the page: the key without its backticks, and the default as it stands there.
fn rows() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenario.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let row = |line: &str| {
        let cells: Vec<&str> = line.strip_prefix("| `")?.split(" | ").collect();
        Some((cells[0].trim_end_matches('`').to_string(), cells[2].to_string()))
    };
    page.lines().filter_map(row).collect()
}

/// Every key that can be written, those without a default too. No struct is filled up by `..`, so that a new field does
/// not compile without a value here.
fn all_keys() -> Raw {
    let (path, text, number) = (Some("file".into()), Some("text".to_string()), Some(1));
    let headers: BTreeMap<_, _> = [("NAME".to_string(), "VALUE".to_string())].into();
    Raw {
        target: RawTarget {
            url: text.clone(),
            method: "GET".into(),
            path: "/path".into(),
            batch_path: "/batch".into(),
            batch_request_key: "items".into(),
            batch_response_key: "answers".into(),
            headers: [("NAME".to_string(), RawHeaderValues(vec![RawSecret("VALUE".into())]))].into(),
            bearer: Some(RawSecret("TOKEN".into())),
            queue_header: text.clone(),
            compute_header: text.clone(),
            queue_pointer: text.clone(),
            compute_pointer: text.clone(),
            server_times: "auto".into(),
            timeout_ms: 1,
            max_answer_bytes: 1,
            http: text.clone(),
            ca: path.clone(),
            insecure: true,
            client_cert: path.clone(),
            client_key: path.clone(),
            server_name: text.clone(),
            resolve: vec!["text".into()],
            connect_timeout_ms: Some(1),
            attempt_delay_ms: 1,
            probe: true,
            transport: "reqwest".into(),
            proxy: text.clone(),
            redirects: 1,
            accept_encoding: text.clone(),
            success: RawSuccess {
                equals: [("/a".into(), 1.into())].into(),
                present: vec!["/b".into()],
                absent: vec!["/c".into()],
            },
            endpoints: Some(vec![RawEndpoint {
                path: "/path".into(),
                weight: Some(1.0),
                method: text.clone(),
                payloads: path.clone(),
                batch_path: text.clone(),
            }]),
        },
        load: RawLoad {
            requests: Some(1),
            workers: Some(1),
            think_ms: 1,
            threads: 1,
            seed: 1,
            abort_after: "1s".into(),
            payloads: path.clone(),
            arrival: text.clone(),
            rate: Some(1.0),
            duration: text.clone(),
            shape: Some(1.0),
            steps: Some(vec!["text".into()]),
            trace: path.clone(),
            trace_scale: Some(1.0),
            trace_jitter: text.clone(),
            warmup: "all".into(),
            template: path.clone(),
            columns: path.clone(),
            order: "random".into(),
            max_error_rate: text.clone(),
        },
        sla: Metric::ALL.iter().map(|metric| (metric.to_string(), "limit".to_string())).collect(),
        before: RawPhase {
            strategy: text.clone(),
            connections: number,
            batch: number,
            streams: number,
            http: text.clone(),
            tls_resumption: Some(true),
            script: Some(GivenScript::Text("command".into())),
            script_timeout: text.clone(),
            log: path,
            map: Some(vec!["text".into()]),
            latency_from: text.clone(),
        },
        // Refused wherever it stands.
        after: RawPhase {
            strategy: text.clone(),
            connections: number,
            batch: number,
            streams: number,
            http: text.clone(),
            tls_resumption: Some(true),
            script: None,
            script_timeout: None,
            log: None,
            map: None,
            latency_from: None,
        },
        runs: Runs { repetitions: 1 },
        mock: MockSettings {
            backlog: 1,
            max_connections: 1,
            replicas: 1,
            fixed_ms: 1.0,
            item_ms: 1.0,
            item_sigma: 1.0,
            queue_limit: 1,
            keep_alive_ms: 1,
            error_rate: 1.0,
            reset_rate: 1.0,
            degraded_rate: 1.0,
        },
        telemetry: TelemetrySettings {
            otlp_endpoint: text.clone(),
            otlp_protocol: text.clone(),
            otlp_headers: headers.clone(),
            jaeger_url: text.clone(),
            service_name: text,
            resource: headers,
            trace_ratio: Some(1.0),
            metrics: true,
            metrics_port: Some(1),
        },
        quality: RawQuality {
            ignore: vec!["/a".into()],
            content: vec!["/b".into()],
            tolerance: Some(0.1),
            cosine: Some(0.9),
            length_ratio: Some(0.5),
            command: vec!["judge".into()],
            command_timeout: "1s".into(),
        },
    }
}

/// `mock.backlog` and its value, for every leaf.
fn leaves(raw: &Raw) -> BTreeMap<String, String> {
    let table = Table::try_from(raw).expect("TOML");
    let of_section = |(section, value): (String, Value)| {
        let keys = value.as_table().expect("a section").clone().into_iter();
        // Of a list of sections the first one.
        let section_of = |value: Value| match value {
            Value::Array(list) if list.first().is_some_and(Value::is_table) => list[0].clone(),
            other => other,
        };
        keys.flat_map(move |(key, value)| match section_of(value) {
            Value::Table(inner) => {
                let name =
                    |(name, value): (String, Value)| (format!("{section}.{key}.{name}"), value.to_string());
                inner.into_iter().map(name).collect::<Vec<_>>()
            }
            leaf => vec![(format!("{section}.{key}"), leaf.to_string())],
        })
    };
    table.into_iter().flat_map(of_section).collect()
}

#[test]
fn the_page_has_exactly_the_keys_that_exist() {
    let (page, known) = (rows(), leaves(&all_keys()));
    let missing: Vec<_> = known.keys().filter(|key| !page.contains_key(*key)).collect();
    let unknown: Vec<_> = page.keys().filter(|key| !known.contains_key(*key)).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "not on the page: {missing:?}; not in the code: {unknown:?}"
    );
}

#[test]
fn every_default_is_the_one_of_the_code() {
    let page = rows();
    let defaults = leaves(&Raw::default());
    for (key, default) in &defaults {
        assert_eq!(page.get(key), Some(&format!("`{default}`")), "{key}");
    }
    let shown = |key: &str| page[key].trim_matches('`').to_string();
    let sla = [("p95".to_string(), "800ms".to_string())].into();
    let resolved = resolve(Raw { sla, ..Raw::default() }).expect("a scenario");
    for (section, Strategy { connections, batch, streams, http, resume_tls }) in
        [("before", resolved.before), ("after", resolved.after)]
    {
        let name = if connections == Connections::PerRequest { "\"per_request\"" } else { "\"pool\"" };
        assert_eq!(shown(&format!("{section}.strategy")), name);
        assert_eq!(shown(&format!("{section}.batch")), batch.to_string());
        assert_eq!(shown(&format!("{section}.streams")), streams.to_string());
        assert_eq!(shown(&format!("{section}.tls_resumption")), resume_tls.to_string());
        assert_eq!((shown(&format!("{section}.http")), http), ("\"1.1\"".into(), HttpChoice::Http1));
    }
    let Connections::Pool(size) = resolved.after.connections else { panic!("{:?}", resolved.after) };
    assert_eq!([shown("before.connections"), shown("after.connections")], [(); 2].map(|()| size.to_string()));
    assert_eq!(shown("load.requests"), resolved.load.requests.expect("a closed loop has one").to_string());
    assert_eq!(shown("load.workers"), resolved.load.workers.to_string());
    assert_eq!(shown("target.endpoints.weight"), Value::from(WEIGHT).to_string());
    assert_eq!(shown("before.script_timeout"), Value::from(SCRIPT_TIMEOUT).to_string());
    assert_eq!(shown("before.latency_from"), Value::from(LATENCY_FROM.name()).to_string());
    let of_a_phase = ["strategy", "connections", "batch", "streams", "http", "tls_resumption"];
    for (key, default) in &page {
        let resolved = key.split_once('.').is_some_and(|(section, key)| {
            ["before", "after"].contains(&section) && of_a_phase.contains(&key)
        });
        let others = [
            "load.requests",
            "load.workers",
            "target.endpoints.weight",
            "before.script_timeout",
            "before.latency_from",
        ];
        let resolved = resolved || others.contains(&key.as_str());
        assert!(defaults.contains_key(key) || resolved || default == "none", "{key}: {default}");
    }
}
