//! How the collector is spoken to: as whom, compressed, and whom TLS trusts.

use crate::common;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::common::otlp::Collector;
use crate::common::run::{Run, count, fresh_folder, prove_command, text};

fn prove(name: &str, flags: &[&str], variables: &[(&str, &str)]) -> Run {
    let out = fresh_folder(name);
    let mut command = prove_command(&out, &[&["--no-metrics"], flags].concat());
    Run { output: command.envs(variables.iter().copied()).output().expect("the binary starts"), out }
}

#[test]
fn name_and_resource_arrive_compressed_over_both_protocols() {
    for (protocol, header) in [("grpc", "grpc-encoding"), ("http/protobuf", "content-encoding")] {
        let collector = Collector::start(Duration::ZERO);
        let url = if protocol == "grpc" { collector.grpc_url() } else { collector.http_url() };
        let flags = [
            "--otlp-endpoint",
            &url,
            "--otlp-protocol",
            protocol,
            "--service-name",
            "checkout-load",
            "--resource",
            "team=search",
            "--resource",
            "deployment.environment=staging",
        ];
        let name = format!("settings_gzip_{}", &protocol[..4]);
        let run = prove(&name, &flags, &[("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        let manifest = run.results().manifest();
        let own: Vec<_> =
            collector.spans().into_iter().filter(|one| one.service == "checkout-load").collect();
        assert_eq!(own.len() as u64, count(&manifest["telemetry"]["spans"]["created"]));
        let expected = [
            ("team", "search"),
            ("deployment.environment", "staging"),
            ("service.version", env!("CARGO_PKG_VERSION")),
            ("spanload.run_id", &text(&manifest["run_id"])),
        ];
        for (key, value) in expected {
            assert!(own.iter().all(|one| one.resource.get(key).is_some_and(|own| own == value)), "{key}");
        }
        assert!(collector.count("spanload-mock") > 0 && collector.count("spanload") == 0);
        let headers = collector.headers();
        assert!(headers.iter().all(|all| all.get(header).is_some_and(|how| how == "gzip")), "{headers:?}");
    }
}

#[test]
fn a_compression_that_is_not_spoken_is_a_usage_error_before_a_folder_is_made() {
    let run = prove(
        "settings_zstd",
        &["--otlp-endpoint", "http://127.0.0.1:1"],
        &[("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd")],
    );
    assert_eq!(run.code(), 2, "{}", run.stderr());
    let said = "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: `zstd` is not spoken here; use gzip or none";
    assert!(run.stderr().contains(said), "{}", run.stderr());
    assert!(!run.out.join("runs").exists());
}

#[test]
fn variables_that_end_traces_are_heeded_and_what_is_not_is_said_once() {
    for (name, off) in
        [("off_sdk", ("OTEL_SDK_DISABLED", "true")), ("off_exporter", ("OTEL_TRACES_EXPORTER", "none"))]
    {
        let collector = Collector::start(Duration::ZERO);
        let url = collector.http_url();
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str());
        let run = prove(name, &[], &[endpoint, off]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        assert_eq!(
            (collector.spans().len(), run.stderr().contains("not heeded")),
            (0, false),
            "{}",
            run.stderr()
        );
        let asked = prove(name, &["-n", "8", "--otlp-endpoint", &url], &[off]);
        assert!(collector.count("spanload") > 0, "a flag asks for them: {}", asked.stderr());
        assert_eq!(asked.stderr().matches("not heeded").count(), 1, "{}", asked.stderr());
        assert!(
            asked.stderr().contains(off.0) && asked.stderr().contains("--otlp-endpoint"),
            "{}",
            asked.stderr()
        );
    }
    let collector = Collector::start(Duration::ZERO);
    let url = collector.http_url();
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str());
    let others = [endpoint, ("OTEL_PROPAGATORS", "b3"), ("OTEL_METRICS_EXPORTER", "otlp")];
    let run = prove("off_others", &["-n", "8"], &others);
    for words in ["OTEL_PROPAGATORS=b3", "OTEL_METRICS_EXPORTER=otlp"] {
        assert_eq!(run.stderr().matches(words).count(), 1, "{}", run.stderr());
    }
}

/// An authority that nobody knows, and a certificate of it for 127.0.0.1: both in PEM form, the second with its key.
fn authority(folder: &Path) -> Option<(PathBuf, PathBuf, PathBuf)> {
    let [ca, ca_key, own, key] =
        ["ca.pem", "ca.key", "own.pem", "own.key"].map(|name| folder.join(name).display().to_string());
    let new =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    let make = |more: &[&str]| Command::new("openssl").args(new).args(more).output();
    let made = make(&["-subj", "/CN=tests", "-out", &ca, "-keyout", &ca_key]).ok()?;
    assert!(made.status.success(), "{made:?}");
    let more = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=IP:127.0.0.1"];
    let signed = ["-CA", &ca, "-CAkey", &ca_key, "-subj", "/CN=collector", "-out", &own, "-keyout", &key];
    let made = make(&[&signed[..], &more].concat()).ok()?;
    assert!(made.status.success(), "{made:?}");
    Some((ca.into(), own.into(), key.into()))
}

#[test]
fn an_authority_that_a_variable_names_is_trusted_and_no_other() {
    let folder = fresh_folder("settings_certificates");
    let Some((ca, own, key)) = authority(&folder) else {
        common::cannot("there is no openssl to make a certificate with");
        return;
    };
    let read = |path: &Path| std::fs::read_to_string(path).expect("it was made");
    let collector = Collector::start_secure(&read(&own), &read(&key));
    let url = format!("https://{}", collector.grpc);
    let flags = ["--otlp-endpoint", &url, "--otlp-protocol", "grpc"];
    let run = prove("settings_untrusted", &flags, &[]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.results().all_caveats().contains(&"telemetry_loss".to_string()));
    assert!(collector.spans().is_empty(), "nobody vouches for it");
    let ca = ca.display().to_string();
    let run = prove("settings_trusted", &flags, &[("OTEL_EXPORTER_OTLP_CERTIFICATE", &ca)]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(collector.count("spanload") > 0 && collector.count("spanload-mock") > 0, "{}", run.stderr());
}

#[test]
fn a_collector_on_an_odd_port_is_asked_what_it_speaks() {
    let collector = Collector::start(Duration::ZERO);
    for (name, url, protocol) in [
        ("collector_odd_grpc", collector.grpc_url(), Some("grpc")),
        ("collector_odd_http", collector.http_url(), None),
    ] {
        let before = collector.count("spanload");
        let run = Run::prove(name, &["--no-metrics", "-n", "8", "--otlp-endpoint", &url]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        assert!(collector.count("spanload") > before, "{name}: {}", run.stderr());
        let lesson = protocol.map(|protocol| format!("--otlp-protocol {protocol}"));
        assert_eq!(run.stderr().contains("--otlp-protocol"), lesson.is_some(), "{}", run.stderr());
        assert!(lesson.is_none_or(|lesson| run.stderr().contains(&lesson)), "{}", run.stderr());
        assert!(!run.results().all_caveats().contains(&"spans_lost".to_string()));
    }
}
