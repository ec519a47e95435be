//! What telemetry costs, each against the same load without it, interleaved in one run:
//! - processor time a request, with metrics and 1 % of the traces
//! - whether 100 % of the traces at 2,000 requests a second are all exported, for half a minute, without a queue that
//!   only hides that the exporter is too slow
//! - how far P95 moves, with metrics and 100 % of the traces, against a server that takes 50 ms
//!
//! With metrics means: read each second, as Prometheus might. `cargo bench --bench telemetry_cost` prints the figures
//! and fails where an aim is missed. The collector and the scraper are in this process, the load in another.

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/common/exposition.rs"]
mod exposition;
#[path = "common/load.rs"]
mod load;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/common/otlp.rs"]
mod otlp;
#[path = "common/outcome.rs"]
mod outcome;
#[path = "common/scraper.rs"]
mod scraper;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use load::{Cost, Load, Server, serve_if_asked};
use otlp::Collector;
use scraper::{Reading, Scraper};

/// Student's t, two-sided 95 %, 9 degrees of freedom.
const T_9: f64 = 2.262;
const PAIRS: usize = 10;
const OFF: [&str; 1] = ["--no-metrics"];
/// What must be reached, and for how long.
const RATE: f64 = 2_000.0;
const SECONDS: f64 = 30.0;

fn main() -> ExitCode {
    outcome::exit_code(serve_if_asked().unwrap_or_else(measure))
}

fn measure() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let collector = Collector::start(Duration::ZERO);
    let url = collector.grpc_url();
    let scraper = Scraper::start()?;
    let port = scraper.port().to_string();
    let with = |ratio: &'static str| {
        ["--metrics-port", &port, "--otlp-endpoint", &url, "--otlp-protocol", "grpc", "--trace-ratio", ratio]
    };
    processor_time(folder.path(), &with("0.01"))?;
    all_traces(folder.path(), &with("1"), &scraper)?;
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

fn all_traces(folder: &Path, on: &[&str], scraper: &Scraper) -> anyhow::Result<()> {
    let server = Server::start(Duration::from_millis(15))?;
    let requests = 80_000;
    scraper.forget();
    let Cost { log, said, .. } =
        Load { server: &server, folder, requests, connections: 38, flags: on }.run()?;
    let length = length_s(&log)?;
    let rate = requests as f64 / length;
    let readings = scraper.readings();
    let last = readings.last().context("nobody read the metrics")?;
    println!(
        "100 % of traces at {rate:.0} requests/s for {length:.1} s: {} spans created = {} exported + {} failed + {} \
         dropped (aim: at {RATE:.0} requests/s for {SECONDS:.0} s none lost)",
        last.created, last.exported, last.failed, last.dropped
    );
    ensure!(rate >= RATE, "only {rate:.0} requests/s were reached; the machine is too busy to tell");
    ensure!(length >= SECONDS, "it lasted {length:.1} s, too short to tell");
    ensure!(last.created > 0.0 && last.exported == last.created, "spans were lost");
    ensure!(!said.contains("did not reach the collector"), "{said}");
    nothing_piles_up(&readings, last.created / length)
}

/// A queue that grows hides for a while that the exporter is too slow; `a_second` is how many spans are made in one.
fn nothing_piles_up(readings: &[Reading], a_second: f64) -> anyhow::Result<()> {
    let last = readings.last().map_or(0.0, |last| last.created);
    // Without the readings before the first span and after the last one, when nothing can pile up.
    let on = readings.iter().filter(|reading| reading.created > 0.0 && reading.created < last);
    let waiting: Vec<f64> = on.map(Reading::waiting).collect();
    ensure!(waiting.len() as f64 >= SECONDS / 2.0, "the metrics were read only {} times", waiting.len());
    let (early, late) = waiting.split_at(waiting.len() / 2);
    let [early, late] = [early, late].map(|half| half.iter().sum::<f64>() / half.len() as f64);
    let most = waiting.iter().copied().fold(0.0, f64::max);
    println!(
        "spans on their way, read each second, {} times: at most {most:.0}, on average {early:.0} in the first half \
         and {late:.0} in the second (aim: never more than are made in a second, {a_second:.0})",
        waiting.len()
    );
    ensure!(most <= a_second, "spans pile up: the exporter is too slow");
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
