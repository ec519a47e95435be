//! How often the 95 % intervals hold the truth, and how wide they are: 2,000 simulated runs of each process.
//!
//! `cargo bench --bench interval_coverage` prints it and fails below the aim. The processes are
//! autoregressive log-normal latencies (correlation φ of neighbours, spread of the level between
//! repetitions) without and with 7 % of the requests 1,000 ms slower.

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/common/coverage.rs"]
mod coverage;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/common/latencies.rs"]
mod latencies;

use std::process::ExitCode;

use coverage::{Count, Counts, Process, measure};

const DRAWS: u32 = 2_000;
const REPETITIONS: u32 = 3;
/// The least coverage.
const AIM: f64 = 0.92;

fn main() -> ExitCode {
    let mut reached = true;
    for (title, slow) in [("log-normal", 0.0), ("7 % of the requests 1,000 ms slower", 0.07)] {
        head(&format!("{title}, t over {REPETITIONS} repetitions"));
        for (process, counts) in all(Process::grid(slow), REPETITIONS) {
            row(process, &counts);
            reached &= counts.named().iter().all(|(_, count)| count.coverage() >= AIM);
        }
    }
    head("log-normal, blocks of one repetition, which knows nothing of the spread between");
    for (process, counts) in all(Process::grid(0.0), 1) {
        row(process, &counts);
        reached &= process.between > 0.0 || counts.p95.coverage() >= AIM;
    }
    println!("\naim: at least {} % in each line with repetitions, and of P95 within one", AIM * 1e2);
    if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One thread for each process, in the order given.
fn all(processes: Vec<Process>, repetitions: u32) -> Vec<(Process, Counts)> {
    std::thread::scope(|scope| {
        let start = |(seed, process): (u64, Process)| {
            scope.spawn(move || (process, measure(process, repetitions, DRAWS, seed)))
        };
        let threads: Vec<_> = (1..).zip(processes).map(start).collect();
        threads.into_iter().map(|thread| thread.join().expect("a simulation does not panic")).collect()
    })
}

fn head(title: &str) {
    println!(
        "\n{title}: coverage % (mean width, % of the truth), in the share of runs that state an interval"
    );
    println!(
        "{:>4}{:>9}{:>20}{:>20}{:>20}{:>20}{:>20}",
        "φ", "between", "P50", "P95", "P99", "difference", "ratio"
    );
}

fn row(process: Process, counts: &Counts) {
    let figure = |count: Count| {
        let stated = count.stated() * 1e2;
        let rare = if stated < 99.95 { format!("{stated:.0} %: ") } else { String::new() };
        format!("{rare}{:.1} ({:.1})", count.coverage() * 1e2, count.width() * 1e2)
    };
    let figures: String = counts.named().iter().map(|(_, count)| format!("{:>20}", figure(*count))).collect();
    println!("{:>4}{:>7} %{figures}", process.phi, process.between * 1e2);
}
