//! An exposition against the logs of the same run: every figure that both have.

use crate::common::exposition::Exposition;
use crate::common::run::{Results, Table, count};

pub fn check_against_the_logs(written: &Exposition, results: &Results) {
    for phase in ["before", "after"] {
        let summary = &results.comparison()["phases"][phase];
        let of =
            |name: &str, labels: &[(&str, &str)]| written.sum(name, &[&[("phase", phase)], labels].concat());
        assert_eq!(of("spanload_requests_total", &[]), count(&summary["planned"]) as f64);
        assert_eq!(
            of("spanload_requests_total", &[("outcome", "success")]),
            count(&summary["succeeded"]) as f64
        );
        assert_eq!(of("spanload_errors_total", &[]), count(&summary["failed"]) as f64);
        let table = results.table(&format!("{phase}.csv"));
        let sum = |column: &str| -> f64 {
            table.column(column).iter().filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 1e3
        };
        let near = |one: f64, other: f64| assert!((one - other).abs() < 1e-6, "{one} and {other}");
        near(of("spanload_latency_seconds_sum", &[]), sum("latency_ms"));
        near(of("spanload_stage_seconds_sum", &[]), sum("latency_ms"));
        near(of("spanload_stage_seconds_sum", &[("stage", "wait")]), sum("wait_ms"));
        let batches: std::collections::HashSet<_> =
            table.pairs("repetition", "batch_id").into_iter().collect();
        let exchanges = if phase == "after" { batches.len() } else { table.rows.len() };
        assert_eq!(of("spanload_batch_size_count", &[]), exchanges as f64);
        assert_eq!(of("http_client_request_duration_seconds_count", &[]), exchanges as f64);
        let slow = table
            .column("latency_ms")
            .iter()
            .filter(|field| field.parse::<f64>().is_ok_and(|ms| ms > 60.0))
            .count();
        assert_eq!(of("spanload_slow_requests_total", &[]), slow as f64);
        check_errors(written, phase, &table);
        check_slow_stages(written, phase, &table);
        check_exchanges(written, phase, &table);
        check_quantile(written, phase, summary["latency_ms"]["p95"].as_f64());
    }
}

fn number(field: &str) -> f64 {
    if field.is_empty() { 0.0 } else { field.parse().unwrap_or_else(|_| panic!("{field:?} is no number")) }
}

fn check_errors(written: &Exposition, phase: &str, table: &Table) {
    let words = table.column("error");
    let distinct: std::collections::BTreeSet<_> = words.iter().filter(|word| !word.is_empty()).collect();
    assert!(!distinct.is_empty(), "{phase} has errors");
    for word in distinct {
        let rows = words.iter().filter(|other| *other == word).count();
        let counted = written.value("spanload_errors_total", &[("phase", phase), ("error", word)]);
        assert_eq!(counted, rows as f64, "{word} of {phase}");
    }
}

fn check_slow_stages(written: &Exposition, phase: &str, table: &Table) {
    let latencies = table.column("latency_ms");
    for stage in ["queue", "retry", "dns", "connect", "tls", "send", "wait", "receive"] {
        let lengths = table.column(&format!("{stage}_ms")).into_iter().map(number);
        let slow = lengths.zip(&latencies).filter(|(_, latency)| number(latency) > 60.0);
        let sum: f64 = slow.map(|(length, _)| length / 1e3).sum();
        let counted = written.sum("spanload_slow_stage_seconds_total", &[("phase", phase), ("stage", stage)]);
        assert!((sum - counted).abs() < 1e-6, "{stage} of {phase}: {counted} s, {sum} s in the log");
    }
}

/// What is counted once an exchange, against the rows that lead one: the first of each batch.
fn check_exchanges(written: &Exposition, phase: &str, table: &Table) {
    let mut seen = std::collections::HashSet::new();
    let batches = table.pairs("repetition", "batch_id");
    let leads: Vec<bool> =
        batches.into_iter().map(|batch| batch.1.is_empty() || seen.insert(batch)).collect();
    let column = |name: &str| -> Vec<&str> {
        let all = table.column(name).into_iter().zip(&leads);
        all.filter(|(_, leads)| **leads).map(|(field, _)| field).collect()
    };
    let opened: Vec<bool> = column("conn_reused").into_iter().map(|reused| reused == "false").collect();
    let of = |name: &str| written.sum(name, &[("phase", phase)]);
    let established = column("wait_ms").into_iter().zip(column("send_ms")).zip(&opened);
    let established =
        established.filter(|((wait, send), opened)| **opened && !(wait.is_empty() && send.is_empty()));
    assert_eq!(of("spanload_connects_total"), established.count() as f64, "{phase}");
    let syn = column("syn_retransmits").into_iter().zip(&opened).filter(|(_, opened)| **opened);
    let syn: f64 = syn.map(|(count, _)| number(count)).sum();
    assert_eq!(of("spanload_syn_retransmits_total"), syn, "{phase}");
    let data: f64 = column("retransmits").into_iter().map(number).sum();
    assert_eq!(of("spanload_retransmits_total"), data, "{phase}");
    for part in ["queue", "compute"] {
        let told: Vec<f64> = column(&format!("server_{part}_ms"))
            .into_iter()
            .filter(|field| !field.is_empty())
            .map(|field| number(field) / 1e3)
            .collect();
        assert!(!told.is_empty(), "the mock says its times");
        assert_eq!(
            of(&format!("spanload_server_{part}_seconds_count")),
            told.len() as f64,
            "{part} of {phase}"
        );
        let (sum, counted) = (told.iter().sum::<f64>(), of(&format!("spanload_server_{part}_seconds_sum")));
        assert!((sum - counted).abs() < 1e-6, "{part} of {phase}: {counted} s, {sum} s in the log");
    }
}

/// The exact P95 over all planned lies in the bucket in which the exposition puts it.
pub fn check_quantile(written: &Exposition, phase: &str, p95: Option<f64>) {
    let (low, high) = written.bucket_of("spanload_latency_seconds", phase, 0.95);
    match p95 {
        Some(p95) => assert!(low < p95 / 1e3 && p95 / 1e3 <= high, "{phase}: {p95} ms in {low}–{high} s"),
        None => assert!(high.is_infinite(), "{phase}: a rank that is no success"),
    }
}
