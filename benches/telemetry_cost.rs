//! What telemetry costs, each against the same load without it, interleaved in one run:
//! - processor time a request, with metrics and 1 % of the traces
//! - whether 100 % of the traces at 2,000 requests a second are all exported
//! - how far P95 moves, with metrics and 100 % of the traces, against a server that takes 50 ms
//!
//! `cargo bench --bench telemetry_cost` prints them and fails where an aim is missed. The collector is in this
//! process, the load in another.

#[path = "common/load.rs"]
mod load;
#[path = "../tests/common/otlp.rs"]
mod otlp;
#[path = "common/outcome.rs"]
mod outcome;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use load::{Cost, Load, Server, serve_if_asked};
use otlp::Collector;

/// Student's t, two-sided 95 %, 9 degrees of freedom.
const T_9: f64 = 2.262;
const PAIRS: usize = 10;
const OFF: [&str; 1] = ["--no-metrics"];

fn main() -> ExitCode {
    outcome::exit_code(serve_if_asked().unwrap_or_else(measure))
}

fn measure() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let collector = Collector::start(Duration::ZERO);
    let url = collector.grpc_url();
    let with = |ratio: &'static str| {
        ["--metrics-port", "0", "--otlp-endpoint", &url, "--otlp-protocol", "grpc", "--trace-ratio", ratio]
    };
    processor_time(folder.path(), &with("0.01"))?;
    all_traces(folder.path(), &with("1"))?;
    shift(folder.path(), &with("1"))
}

/// Pairs of one and the other, which comes first in turns, as logarithms of their ratio.
fn interleaved(
    on: impl Fn() -> anyhow::Result<f64>,
    off: impl Fn() -> anyhow::Result<f64>,
) -> anyhow::Result<Vec<(f64, f64)>> {
    let pair = |index: usize| {
        if index.is_multiple_of(2) {
            let on = on()?;
            Ok((on, off()?))
        } else {
            let off = off()?;
            Ok((on()?, off))
        }
    };
    (0..PAIRS).map(pair).collect()
}

/// Mean ratio − 1 and its 95 % interval, in percent.
fn change(pairs: &[(f64, f64)]) -> [f64; 3] {
    let n = pairs.len() as f64;
    let logs: Vec<f64> = pairs.iter().map(|(on, off)| (on / off).ln()).collect();
    let mean = logs.iter().sum::<f64>() / n;
    let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let half = T_9 * (variance / n).sqrt();
    [mean, mean - half, mean + half].map(|log| log.exp_m1() * 100.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn processor_time(folder: &Path, on: &[&str]) -> anyhow::Result<()> {
    let server = Server::start(Duration::ZERO)?;
    let load = |flags| Load { server: &server, folder, requests: 100_000, connections: 32, flags };
    let cost = |flags| load(flags).run().map(|cost| cost.cpu_us);
    let pairs = interleaved(|| cost(on), || cost(&OFF))?;
    let [mean, low, high] = change(&pairs);
    let (with, without) = pairs.into_iter().unzip();
    println!(
        "processor time a request, metrics and 1 % of traces against neither, {PAIRS} interleaved pairs: median \
         {:.2} and {:.2} µs, {mean:+.1} % [{low:+.1}, {high:+.1}] (aim: at most +10 %)",
        median(with),
        median(without)
    );
    ensure!(mean <= 10.0, "telemetry costs more processor time than it may");
    Ok(())
}

fn all_traces(folder: &Path, on: &[&str]) -> anyhow::Result<()> {
    let server = Server::start(Duration::from_millis(15))?;
    let requests = 20_000;
    let Cost { log, said, .. } =
        Load { server: &server, folder, requests, connections: 34, flags: on }.run()?;
    let rate = requests as f64 / length_s(&log)?;
    let account =
        said.lines().find(|line| line.starts_with("traces: ")).context("it accounts for its spans")?;
    println!("100 % of traces at {rate:.0} requests/s: {account} (aim: at 2000 requests/s none dropped)");
    ensure!(rate >= 1_900.0, "only {rate:.0} requests/s were reached; the machine is too busy to tell");
    ensure!(account.ends_with(" 0 failed + 0 dropped"), "spans were lost");
    Ok(())
}

fn shift(folder: &Path, on: &[&str]) -> anyhow::Result<()> {
    let server = Server::start(Duration::from_millis(50))?;
    let p95 = |flags| {
        let Cost { log, .. } =
            Load { server: &server, folder, requests: 1_600, connections: 32, flags }.run()?;
        let mut latencies = column(&log, "latency_ms")?;
        latencies.sort_by(f64::total_cmp);
        Ok(latencies[(latencies.len() * 95).div_ceil(100) - 1])
    };
    let pairs = interleaved(|| p95(on), || p95(&OFF))?;
    let [mean, low, high] = change(&pairs);
    let (with, without) = pairs.into_iter().unzip();
    println!(
        "P95 against a server that takes 50 ms, metrics and 100 % of traces against neither, {PAIRS} interleaved pairs: \
         median {:.2} and {:.2} ms, {mean:+.2} % [{low:+.2}, {high:+.2}] (aim: below +5 %)",
        median(with),
        median(without)
    );
    ensure!(high < 5.0, "P95 may have moved by more than 5 %");
    Ok(())
}

/// From the first due to the last end.
fn length_s(log: &Path) -> anyhow::Result<f64> {
    let ends = column(log, "due_ms")?
        .into_iter()
        .zip(column(log, "latency_ms")?)
        .map(|(due, latency)| due + latency);
    Ok(ends.fold(0.0, f64::max) / 1e3)
}

fn column(log: &Path, name: &str) -> anyhow::Result<Vec<f64>> {
    let mut reader = csv::Reader::from_path(log)?;
    let at =
        reader.headers()?.iter().position(|column| column == name).context("a column of the contract")?;
    reader.records().map(|row| row?.get(at).context("a field")?.parse().context("a number")).collect()
}
